"""From a bare clone to a working `.venv`: run by `make`, needs nothing but a Python.

    python3 bootstrap.py               make or refresh .venv; quick when there is nothing to do
    python3 bootstrap.py lock [NAME…]  rewrite requirements.lock; raise only NAME… (or ALL)
    python3 bootstrap.py check-lock    refuse a requirements.lock that does not match pyproject.toml

The syntax is that of Python 3.6, so that an old Python hears one sentence and not a SyntaxError.
"""

import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
UV = os.path.join(VENV, "bin", "uv")
LOCK = os.path.join(ROOT, "requirements.lock")
STAMP = os.path.join(VENV, "tradepost-stamp.json")
OLDEST = (3, 11)
NEWER_NAMES = ("python3.13", "python3.12", "python3.11", "python3.14")
EXPORT = (
    "export",
    "--format",
    "requirements-txt",
    "--no-emit-workspace",
    "--all-groups",
    "--all-extras",
)


class Refusal(Exception):
    """One sentence for people: what is missing, and the remedy."""


def main(arguments):
    task = arguments[0] if arguments else "sync"
    if task not in ("sync", "lock", "check-lock"):
        raise Refusal("bootstrap.py knows sync, lock and check-lock, not {!r}".format(task))
    if not up_to_date():
        with alone():
            if not up_to_date():  # another make may have done it while we waited
                build()
    if task == "lock":
        write_lock(arguments[1:])
    elif task == "check-lock":
        check_lock()


# --- is there anything to do?


def members():
    found = [os.path.join(ROOT, name) for name in ("shared", "tradepost", "console")]
    found += sorted(glob.glob(os.path.join(ROOT, "services", "*")))
    return [folder for folder in found if os.path.exists(os.path.join(folder, "pyproject.toml"))]


def fingerprint():
    """What `.venv` depends on; the place too, for its scripts hold absolute paths."""
    digest = hashlib.sha256(ROOT.encode())
    for folder in [None] + members():
        path = os.path.join(folder, "pyproject.toml") if folder else LOCK
        with open(path, "rb") as file:
            digest.update(path.encode() + b"\0" + file.read())
    return digest.hexdigest()


def up_to_date():
    try:
        with open(STAMP) as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return False
    asked = os.environ.get("PYTHON")
    if asked and tuple(stamp["python"][:2]) != probe(shutil.which(asked))[0][:2]:
        return False
    return stamp["fingerprint"] == fingerprint() and os.path.exists(VENV_PYTHON)


@contextmanager
def alone():
    """Two makes at once: the second waits for the first."""
    cache = os.path.join(ROOT, ".cache")
    try:
        os.makedirs(cache, exist_ok=True)
        descriptor = os.open(os.path.join(cache, "bootstrap.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Refusal(
            "the clone {} is not yours to write ({}); clone it where you may, or: "
            "sudo chown -R {} {}".format(ROOT, error.strerror, os.getuid(), ROOT)
        )
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another bootstrap of this clone")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# --- making it


def build():
    python, found = find_python()
    keep = os.path.exists(VENV_PYTHON) and probe(VENV_PYTHON)[0] == found
    if not keep or pinned_uv().split("==")[1].split()[0] not in output_of(UV, "--version"):
        with step("make .venv with Python {}.{}.{}".format(*found)):
            remove_own_venv()
            run(python, "-m", "venv", VENV)
        with step("install uv, which installs the rest"):
            install_uv()
    with step("install what requirements.lock names"):
        run_uv("pip", "sync", "--require-hashes", LOCK)
    with step("install the {} packages of this clone".format(len(members()))):
        editable = [part for folder in members() for part in ("-e", folder)]
        run_uv("pip", "install", "--no-deps", *editable)
    with open(STAMP + ".new", "w") as file:
        json.dump({"fingerprint": fingerprint(), "python": found}, file)
    os.replace(STAMP + ".new", STAMP)


def find_python():
    """The Python asked for by PYTHON; else this one, or a newer one beside it."""
    asked = os.environ.get("PYTHON")
    names = (asked,) if asked else ("python3",) + NEWER_NAMES
    old = bare = None
    for name in names:
        path = sys.executable if not asked and name == "python3" else shutil.which(name)
        version, complete = probe(path)
        if version >= OLDEST and complete:
            return path, version
        if version >= OLDEST:
            bare = bare or version
        elif version > (0,):
            old = old or version
    if bare:
        raise Refusal(
            "Python {0}.{1} lacks the module venv or ensurepip; install it, on Debian and Ubuntu "
            "with: apt install python{0}.{1}-venv".format(*bare)
        )
    if old:
        raise Refusal(
            "Python {}.{} is too old, {}.{} or newer is needed; install one and name it: "
            "make run PYTHON=/path/to/python3.12".format(*(old[:2] + OLDEST))
        )
    raise Refusal("PYTHON={} is no Python that runs; leave it away or name another".format(asked))


def probe(path):
    """Version of a Python (() when it does not run), and whether it can make environments."""
    code = "import sys; print(*sys.version_info[:3]); import ensurepip, venv; print('complete')"
    lines = output_of(path, "-I", "-c", code).split("\n") if path else []
    if not lines or not re.match(r"\d+ \d+ \d+$", lines[0]):
        return (0,), False
    return tuple(int(part) for part in lines[0].split()), "complete" in lines


def remove_own_venv():
    if os.path.lexists(VENV):
        if os.path.isdir(VENV) and os.listdir(VENV) and not os.path.exists(VENV + "/pyvenv.cfg"):
            raise Refusal(
                "{0} is no environment of ours; move it away: mv {0} {0}.old".format(VENV)
            )
        if os.path.islink(VENV):
            os.unlink(VENV)
        else:
            shutil.rmtree(VENV)


def pinned_uv():
    """The lines of requirements.lock that pin uv, with its hashes."""
    with open(LOCK) as file:
        block = re.search(r"^uv==.*(?:\n    --hash.*)*", file.read(), re.MULTILINE)
    return block.group(0)


def install_uv():
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(pinned_uv() + "\n")
        file.flush()
        pip = (VENV_PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes")
        run(*(pip + ("-r", file.name)))


def run_uv(*arguments, **options):
    return run(UV, *arguments, env=uv_environment(), **options)


def uv_environment():
    """Our Python and no other; and the index and certificate that pip is told to use."""
    mine = dict(clean_environment(), UV_PYTHON=VENV_PYTHON, UV_PYTHON_DOWNLOADS="never")
    mine.update(VIRTUAL_ENV=VENV, UV_QUIET="1", UV_NO_PROGRESS="1")
    told = dict(
        re.findall(
            r"^[\w:]*\.([\w-]+)='(.*)'$",
            output_of(VENV_PYTHON, "-m", "pip", "config", "list"),
            re.MULTILINE,
        )
    )
    wanted = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "cert": "SSL_CERT_FILE",
        "find-links": "UV_FIND_LINKS",
    }
    for option, variable in wanted.items():
        if option in told:
            mine.setdefault(variable, told[option].replace("\\n", " ").strip())
    if not writable(os.environ.get("UV_CACHE_DIR") or os.path.expanduser("~/.cache/uv")):
        mine["UV_CACHE_DIR"] = os.path.join(ROOT, ".cache", "uv")
    return mine


def writable(folder):
    while folder and not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return bool(folder) and os.access(folder, os.W_OK | os.X_OK)


# --- the lock


def members_copied(folder, released):
    """The workspace without its code, each package of the lock held to its version."""
    with open(LOCK) as file:
        pins = re.findall(
            r"^([A-Za-z0-9_.-]+)(==[^ \\\n]+(?: ;[^\\\n]*)?)", file.read(), re.MULTILINE
        )
    held = [
        name + pin.strip() for name, pin in pins if "ALL" not in released and name not in released
    ]
    for source in [ROOT] + members():
        target = os.path.join(folder, os.path.relpath(source, ROOT))
        os.makedirs(target, exist_ok=True)
        shutil.copy(os.path.join(source, "pyproject.toml"), target)
    with open(os.path.join(folder, "pyproject.toml")) as file:
        text = file.read()
    with open(os.path.join(folder, "pyproject.toml"), "w") as file:
        constraints = "[tool.uv]\nconstraint-dependencies = " + json.dumps(held) + "\n"
        file.write(text.replace("[tool.uv]\n", constraints, 1))


def exported(released=()):
    with tempfile.TemporaryDirectory() as folder:
        members_copied(folder, released)
        try:
            run_uv("lock", cwd=folder)
        except Refusal as refusal:
            raise Refusal(
                "{}\nrequirements.lock does not meet pyproject.toml; mend it with: make lock "
                "UPGRADE=name (or UPGRADE=ALL)".format(refusal)
            )
        return run_uv(*EXPORT, cwd=folder)


def write_lock(released):
    with step("resolve requirements.lock"):
        text = exported(released)
    with open(LOCK + ".new", "w") as file:
        file.write(text)
    os.replace(LOCK + ".new", LOCK)


def check_lock():
    """A new wheel of an old version may add hashes in the meantime; everything else must agree."""
    with step("check requirements.lock against pyproject.toml"):
        wanted = exported()
    with open(LOCK) as file:
        present = file.read()
    pattern = r"^    --hash=.*$"
    same = (
        re.sub(pattern, "", wanted, flags=re.MULTILINE).split()
        == re.sub(pattern, "", present, flags=re.MULTILINE).split()
    )
    hashes = [set(re.findall(r"sha256:\w+", text)) for text in (present, wanted)]
    if not same or not hashes[0] <= hashes[1]:
        raise Refusal(
            "requirements.lock is not what pyproject.toml asks for; mend it with: make lock"
        )


# --- running and telling


@contextmanager
def step(what):
    begun = time.time()
    yield
    say("{} ({:.1f} s)".format(what, time.time() - begun))


def say(sentence):
    sys.stderr.write("bootstrap: " + sentence + "\n")
    sys.stderr.flush()


def clean_environment():
    foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX")
    return {name: value for name, value in os.environ.items() if name not in foreign}


def run(*command, **options):
    """The output of a command; its failure is a refusal with what it said."""
    options.setdefault("env", clean_environment())
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )
    out, err = (text.decode("utf-8", "replace") for text in process.communicate())
    if process.returncode:
        raise Refusal("this failed: {}\n{}{}".format(" ".join(command[:6]), out, err.rstrip()))
    return out


def output_of(*command):
    """What a command printed; nothing if it cannot run. A failing one may have printed, too."""
    try:
        quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        environment = clean_environment()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, **quiet)
    except OSError:
        return ""
    return process.communicate()[0].decode("utf-8", "replace")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refusal as refusal:
        say(str(refusal))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
