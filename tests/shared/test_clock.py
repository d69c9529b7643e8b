"""The clock: aware, in UTC, and it never goes back."""

from datetime import UTC, timedelta
from pathlib import Path
from threading import Thread

import pytest

from shared.kit.clock import Clock, system


def test_now_is_aware_and_in_utc():
    assert system.now().tzinfo is UTC


def test_an_advance_moves_the_time_by_that_much():
    clock = Clock()
    before = clock.now()
    after = clock.advance(timedelta(days=30))
    assert after - before >= timedelta(days=30)
    assert clock.offset() == timedelta(days=30)


def test_a_clock_does_not_go_back():
    with pytest.raises(ValueError, match="forward only"):
        Clock().advance(timedelta(microseconds=-1))


def test_clocks_of_one_file_share_their_offset(tmp_path: Path):
    here, there = Clock(tmp_path / "clock"), Clock(tmp_path / "clock")
    assert there.offset() == timedelta()
    here.advance(timedelta(hours=2))
    there.advance(timedelta(minutes=5))
    assert here.offset() == there.offset() == timedelta(hours=2, minutes=5)


def test_advances_made_at_once_are_all_kept(tmp_path: Path):
    clocks = [Clock(tmp_path / "clock") for _ in range(8)]

    def move(clock: Clock) -> None:
        for _ in range(25):
            clock.advance(timedelta(seconds=1))

    threads = [Thread(target=move, args=(clock,)) for clock in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {clock.offset() for clock in clocks} == {timedelta(seconds=200)}
