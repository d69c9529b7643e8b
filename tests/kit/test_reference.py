"""The reference page works offline, and what it serves is what was vendored."""

import hashlib
import re

import pytest

from shared.kit.testing import Bench

VENDORED = {
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "a6a4cf68f069eb89984d5d43644e6a812e749df08d2b1320c6e06e6973847d10",
}


async def test_the_page_names_no_other_host_and_all_it_needs_is_there(orders: Bench) -> None:
    page = await orders.client.get("/orders/docs", headers={"Authorization": ""})

    links = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)
    assert len(links) == 4
    for link in links:
        assert link.startswith("/orders/")
        assert (await orders.client.get(link, headers={"Authorization": ""})).status_code == 200


@pytest.mark.parametrize(("name", "digest"), VENDORED.items())
async def test_vendored_files_are_as_published(orders: Bench, name: str, digest: str) -> None:
    answer = await orders.client.get(f"/orders/assets/{name}")

    assert hashlib.sha256(answer.content).hexdigest() == digest


async def test_no_other_file_is_served(orders: Bench) -> None:
    assert (await orders.client.get("/orders/assets/README.md")).status_code == 404
    assert (await orders.client.get("/orders/assets/..%2fdoors.py")).status_code == 404
