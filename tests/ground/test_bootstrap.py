"""From a bare clone to an environment: what bootstrap.py does and what it refuses."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A workspace of one package and one pinned tool, so that a real bootstrap stays small."""
    shutil.copy(ROOT / "bootstrap.py", tmp_path)
    pinned = (ROOT / "requirements.lock").read_text()
    block = pinned[pinned.index("\nuv==") + 1 :]
    lines = block.splitlines()
    end = next((n for n, line in enumerate(lines[1:], 1) if not line.startswith(" ")), len(lines))
    (tmp_path / "requirements.lock").write_text("\n".join(lines[:end]) + "\n")
    source = tmp_path / "shared" / "src" / "parcel"
    source.mkdir(parents=True)
    (source / "__init__.py").write_text("")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "1"\n')
    (tmp_path / "shared" / "pyproject.toml").write_text(
        (ROOT / "tradepost" / "pyproject.toml")
        .read_text()
        .replace('name = "tradepost"', 'name = "parcel"')
        .replace('module-name = "tradepost"', 'module-name = "parcel"')
        .replace("tradepost.cli:main", "parcel:main")
    )
    return tmp_path


def started(clone: Path, **environment: str) -> subprocess.Popen[str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHON", "VIRTUAL_ENV")}
    return subprocess.Popen(
        [sys.executable, "bootstrap.py"],
        cwd=clone,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate()
    return process.returncode, err


def test_two_at_once_build_once_and_a_third_has_nothing_to_do(clone: Path) -> None:
    first, second = started(clone), started(clone)
    outcomes = [told(first), told(second)]
    assert [status for status, _ in outcomes] == [0, 0], outcomes
    assert sum(err.count("make .venv") for _, err in outcomes) == 1
    subprocess.run([clone / ".venv" / "bin" / "python", "-c", "import parcel"], check=True)
    assert told(started(clone)) == (0, "")

    (clone / "shared" / "pyproject.toml").open("a").close()
    assert told(started(clone)) == (0, "")
    with (clone / "shared" / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    status, err = told(started(clone))
    assert status == 0
    assert "make .venv" not in err
    assert "install" in err


def test_a_clone_that_moved_is_made_anew(clone: Path) -> None:
    assert told(started(clone))[0] == 0
    moved = clone / "moved"
    moved.mkdir()
    for name in (".venv", "bootstrap.py", "requirements.lock", "pyproject.toml", "shared"):
        (clone / name).rename(moved / name)
    status, _ = told(started(moved))
    assert status == 0
    subprocess.run([moved / ".venv" / "bin" / "uv", "--version"], check=True, capture_output=True)


def test_a_python_that_is_none_is_refused_in_one_sentence(clone: Path) -> None:
    status, err = told(started(clone, PYTHON="/bin/false"))
    assert status == 1
    assert err == (
        "bootstrap: PYTHON=/bin/false is no Python that runs; leave it away or name another\n"
    )


def test_an_old_python_hears_the_remedy(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text("#!/bin/sh\necho 3 8 18\necho complete\n")
    old.chmod(0o755)
    status, err = told(started(clone, PYTHON=str(old)))
    assert status == 1
    assert err.startswith("bootstrap: Python 3.8 is too old, 3.11 or newer is needed;")
    assert err.count("\n") == 1


def test_a_python_without_ensurepip_hears_the_remedy(clone: Path) -> None:
    bare = clone / "bare-python"
    bare.write_text("#!/bin/sh\necho 3 12 1\nexit 1\n")
    bare.chmod(0o755)
    status, err = told(started(clone, PYTHON=str(bare)))
    assert status == 1
    assert "apt install python3.12-venv" in err


def test_an_environment_that_is_not_ours_is_left_alone(clone: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / "thesis.txt").write_text("")
    status, err = told(started(clone))
    assert status == 1
    assert "move it away" in err
    assert (clone / ".venv" / "thesis.txt").exists()


def test_the_syntax_is_that_of_python_3_6() -> None:
    ast.parse((ROOT / "bootstrap.py").read_text(), feature_version=(3, 6))
