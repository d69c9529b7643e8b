"""The revisions bring a database to the tables, and coming again changes nothing."""

import pytest

from shared.kit.migrate import check, upgrade
from tradepost.platform import NAMES
from tradepost.postgres import EmbeddedPostgres


@pytest.mark.parametrize("service", NAMES)
async def test_revisions_and_tables_agree(service: str, postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database(f"{service}_migrated", service)

    first, second = await upgrade(service, url), await upgrade(service, url)

    assert (first, second) == (True, False)
    assert await check(service, url) == []
