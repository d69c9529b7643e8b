"""`tradepost migrate`: bring databases to the head, write a revision, compare tables and database."""

import asyncio
import sys
import tempfile
from pathlib import Path

from cyclopts import App

from shared.kit.migrate import check, revision, upgrade
from shared.kit.settings import Settings
from tradepost.postgres import EmbeddedPostgres

app = App(name="migrate", help="Bring databases to the head of their service.")


@app.command(name="up")
def up(service: str) -> None:
    """Bring the service's database (TRADEPOST_DATABASE_URL) to the head."""
    changed = asyncio.run(upgrade(service, Settings().database_url_for(service)))
    state = "migrated" if changed else "already at the head"
    sys.stderr.write(f"{service}: {state}\n")


@app.command(name="revision")
def write(service: str, message: str) -> None:
    """Write a revision that brings the last one to the tables as they are in the code."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "data", settings={"fsync": "off"})
        server.start()
        try:
            url = server.create_database(service, service)
            sys.stdout.write(f"{asyncio.run(_revision(service, url, message))}\n")
        finally:
            server.stop()


async def _revision(service: str, url: str, message: str) -> Path:
    try:
        await upgrade(service, url)
    except RuntimeError:
        sys.stderr.write(f"{service} has no revision yet; this is its first.\n")
    return await revision(service, url, message)


@app.command(name="check")
def compare(service: str) -> None:
    """Say what tables and revisions disagree on; exit 1 if anything."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "data", settings={"fsync": "off"})
        server.start()
        try:
            url = server.create_database(service, service)
            found = asyncio.run(_check(service, url))
        finally:
            server.stop()
    sys.stdout.write("\n".join(found or [f"{service}: tables and revisions agree"]) + "\n")
    sys.exit(1 if found else 0)


async def _check(service: str, url: str) -> list[str]:
    await upgrade(service, url)
    return await check(service, url)
