"""Programs that the tests of the ground start and kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tradepost.child import command_line, waited_for


class Programs:
    """Python programs in processes of their own; what still runs at the end of a test is ended."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[str]] = []

    def start(self, source: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", source, *arguments], stdout=subprocess.PIPE, text=True
        )
        self.running.append(process)
        return process

    def first_line(self, process: subprocess.Popen[str]) -> list[str]:
        """What a program tells about itself once it is ready."""
        assert process.stdout is not None
        return process.stdout.readline().split()

    def kill(self, process: subprocess.Popen[str]) -> None:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def is_gone(self, process: int) -> bool:
        """A zombie nobody has reaped yet has no command line and counts as gone."""
        return waited_for(lambda: command_line(process) == "", seconds=30)

    def end_all(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def programs() -> Iterator[Programs]:
    started = Programs()
    yield started
    started.end_all()
