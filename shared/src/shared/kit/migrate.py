"""Migrations: one environment for all services; revisions live in each service's package.

`upgrade` brings a database to the head of its service, `check` says what the tables and the
revisions disagree on, `revision` writes a new one. Alembic is imported only when there is work to
do (a second to import), so that a start with nothing to migrate is fast.
"""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.kit.external import ExternalKey
from shared.kit.http.requests import IdempotencyRow
from shared.kit.inbox import DeadLetter, InboxRow
from shared.kit.jobs import Job
from shared.kit.outbox import OutboxRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSIONS = "alembic_version"


KIT_ROWS = (OutboxRow, InboxRow, DeadLetter, IdempotencyRow, Job, ExternalKey)
"""The kit's tables, all of them in every service's database, whichever a service uses."""


def versions_folder(service: str) -> Path:
    """Where the revisions of a service lie, inside its package."""
    return Path(str(resources.files(service))) / "migrations" / "versions"


def head_revision(service: str) -> str:
    """The newest revision: the one that no other names as its predecessor."""
    revisions: dict[str, str | None] = {}
    for file in versions_folder(service).glob("*.py"):
        found = dict(_assigned(ast.parse(file.read_text())))
        if "revision" in found:
            revisions[found["revision"]] = found.get("down_revision")
    heads = set(revisions) - set(revisions.values())
    if len(heads) != 1:
        raise RuntimeError(f"{service} has {len(heads)} heads of migration: {sorted(heads)}")
    return heads.pop()


def _assigned(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant):
                yield target.id, node.value.value


async def current_revision(connection: AsyncConnection) -> str | None:
    """The revision of a database; None when it was never migrated."""
    there = await connection.scalar(text("select to_regclass('alembic_version') is not null"))
    if not there:
        return None
    found: str | None = await connection.scalar(text("select version_num from alembic_version"))
    return found


async def upgrade(service: str, url: str) -> bool:
    """Brings the database to the head. Returns whether there was anything to do."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            # Two processes may start at once; the second finds the work done.
            await connection.execute(text("select pg_advisory_xact_lock(7305002)"))
            if await current_revision(connection) == head_revision(service):
                return False
            await connection.run_sync(_run, service, "head")
            return True
    finally:
        await engine.dispose()


def target_metadata(service: str) -> list[MetaData]:
    """The tables of a service and those of the kit."""
    main = import_module(f"{service}.main")
    return [main.service.tables, *{row.metadata for row in KIT_ROWS}]


def _run(connection: "Connection", service: str, target: str) -> None:
    from alembic.runtime.environment import EnvironmentContext  # a second to import

    config, script = _script(service)

    def steps(revision: Any, _: Any) -> Any:
        return script._upgrade_revs(target, revision)  # noqa: SLF001  # alembic's own command does so

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=target_metadata(service))
        environment.run_migrations()


def _script(service: str) -> tuple[Any, Any]:
    from alembic.config import Config  # a second to import
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", str(versions_folder(service)))
    config.set_main_option("path_separator", "newline")
    return config, ScriptDirectory.from_config(config)


@contextmanager
def _comparing(connection: "Connection") -> Iterator[Any]:
    from alembic.runtime.migration import MigrationContext  # a second to import

    yield MigrationContext.configure(connection, opts={"compare_type": True})


async def check(service: str, url: str) -> list[str]:
    """What the migrated database and the tables disagree on, in words. Empty when nothing."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_differences, service)
    finally:
        await engine.dispose()


def _differences(connection: "Connection", service: str) -> list[str]:
    from alembic.autogenerate import compare_metadata  # a second to import

    with _comparing(connection) as context:
        return [str(item) for item in compare_metadata(context, target_metadata(service))]  # type: ignore[arg-type]  # a list of metadata is allowed


async def revision(service: str, url: str, message: str) -> Path:
    """Writes a revision that brings the database at `url` (migrated to the head) to the tables."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_write, service, message)
    finally:
        await engine.dispose()


def _write(connection: "Connection", service: str, message: str) -> Path:
    from alembic.autogenerate import produce_migrations, render_python_code

    with _comparing(connection) as context:
        operations = produce_migrations(context, target_metadata(service))  # type: ignore[arg-type]  # a list of metadata is allowed
        assert operations.upgrade_ops is not None
        code = render_python_code(operations.upgrade_ops)
    folder = versions_folder(service)
    folder.mkdir(parents=True, exist_ok=True)
    previous = head_revision(service) if any(folder.glob("*.py")) else None
    number = f"{len(list(folder.glob('*.py'))) + 1:04d}"
    slug = "_".join(message.lower().split())
    file = folder / f"{number}_{slug}.py"
    file.write_text(
        f'"""{message}."""\n\n'
        "import sqlalchemy as sa\nfrom alembic import op\nfrom sqlalchemy import Text\n"
        "from sqlalchemy.dialects import postgresql\n\n"
        f'revision = "{number}"\ndown_revision = {previous!r}\n\n\n'
        f"def upgrade() -> None:\n{_prelude(service) if previous is None else ''}    {code}\n"
    )
    return file


def _prelude(service: str) -> str:
    """What autogenerate does not see: extensions and sequences."""
    lines = []
    tables = [table for metadata in target_metadata(service) for table in metadata.sorted_tables]
    if any(isinstance(c, ExcludeConstraint) for table in tables for c in table.constraints):
        lines.append('op.execute("create extension if not exists btree_gist")')
    names = [name for metadata in target_metadata(service) for name in metadata._sequences]  # noqa: SLF001  # no public list of them
    lines += [f'op.execute("create sequence {name}")' for name in sorted(names)]
    return "".join(f"    {line}\n" for line in lines)
