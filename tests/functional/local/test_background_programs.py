"""A program in the background ends when it is told to, and at the latest with the process that started it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import BackgroundProgram, end_programs, running_programs
from tests.functional.local.conftest import MARK, Launcher, for_each_signal
from tests.functional.local.family_starter import FAMILY


@pytest.mark.parametrize("moment", ["starting", "running", "stopping"])
@for_each_signal
def test_nothing_outlives_the_process_that_started_it(
    launcher: Launcher, tmp_path: Path, ending: signal.Signals, moment: str
) -> None:
    """Two programs and their children end: as soon as they are started, later, and when one is stopped already."""
    starter = launcher.start_and_await("family_starter.py", moment, str(tmp_path))

    starter.send_signal(ending)

    assert starter.wait(30) == -ending
    launcher.wait_until_nothing_is_left()


@pytest.fixture
def family(launcher: Launcher, tmp_path: Path) -> Iterator[BackgroundProgram]:
    """Run a program in the background, and wait for its children."""
    (tmp_path / "work").mkdir()
    environment = {**os.environ, MARK: str(launcher.directory)}
    with BackgroundProgram([sys.executable, "-c", FAMILY], environment, tmp_path / "work" / "family.log") as program:
        program.first_line()
        yield program


def test_stop_ends_the_children_too(launcher: Launcher, family: BackgroundProgram) -> None:
    """Neither a child without its environment is left, nor one with a session of its own."""
    before = launcher.processes()

    family.stop()

    assert len(before) == 4
    launcher.wait_until_nothing_is_left()


def test_children_end_with_their_program(launcher: Launcher, family: BackgroundProgram) -> None:
    """A program that crashes leaves no children, and is reported with the end of its output."""
    (program,) = [process for process in launcher.processes() if process.ppid() == family.supervisor_pid]

    program.kill()

    assert family.wait(30) != 0
    launcher.wait_until_nothing_is_left()
    with pytest.raises(RuntimeError, match="complete"):
        family.require_running()


@pytest.mark.parametrize("status", [0, 3])
def test_exit_status_is_that_of_the_program(tmp_path: Path, status: int) -> None:
    """Whoever waits for it learns whether it succeeded."""
    command = [sys.executable, "-c", f"raise SystemExit({status})"]

    with BackgroundProgram(command, os.environ, tmp_path / "output") as program:
        assert program.wait(30) == status


def test_programs_are_found_and_ended_by_their_directory(
    launcher: Launcher, family: BackgroundProgram, tmp_path: Path
) -> None:
    """Whoever started them; programs of other directories are left alone."""
    command, environment = [sys.executable, "-c", FAMILY], {**os.environ, MARK: "another"}
    with BackgroundProgram(command, environment, tmp_path / "other.log") as other:
        running = running_programs(family.output.parent)
        ended = end_programs(family.output.parent)
        launcher.wait_until_nothing_is_left()

        other.require_running()
        assert (running, ended, running_programs(family.output.parent)) == (["family"], ["family"], [])
        assert running_programs(tmp_path) == ["other"]
