"""`make up` and `make down` after a crash; a stack that came up is left running, on purpose."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from local.processes import running_programs, wait_for
from tests.functional.local.conftest import Launcher

RUN = "import pathlib, sys; from local import up; sys.exit(getattr(up, sys.argv[1])(pathlib.Path(sys.argv[2])))"
"""`make up` or `make down`, with its files in another directory."""


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """Give where `make up` puts its files."""
    return tmp_path / ".local"


def output_of(process: subprocess.Popen[str]) -> str:
    """Return all that a process wrote once it has ended."""
    return process.communicate(timeout=30)[0]


def test_down_ends_what_a_crashed_up_left(launcher: Launcher, state_dir: Path) -> None:
    """A stack of which a part is left keeps `make up` from starting, and `make down` ends and deletes it."""
    state_dir.mkdir()
    crashed = launcher.start_and_await("stack_starter.py", "half left running", str(state_dir))
    crashed.kill()
    crashed.wait(30)
    wait_for("the stand-in to end", lambda: running_programs(state_dir) == ["ministack"])

    refused = output_of(launcher.start("-c", RUN, "up", str(state_dir)))
    said = output_of(launcher.start("-c", RUN, "down", str(state_dir)))

    assert refused == "A local stack is running or starting: ministack. `make down` ends it.\n"
    assert said == f"Ended: ministack. Deleted {os.path.relpath(state_dir)}.\n"
    assert (launcher.processes(), state_dir.exists()) == ([], False)


def test_up_starts_again_after_it_was_killed(launcher: Launcher, state_dir: Path) -> None:
    """SIGKILL leaves files alone, which the next one replaces; when that is interrupted, it deletes them."""
    killed = launcher.start("-c", RUN, "up", str(state_dir))
    launcher.wait_until_runs("local/aws_program.py")
    killed.kill()
    killed.wait(30)
    launcher.wait_until_nothing_is_left()
    (state_dir / "outdated").touch()

    again = launcher.start("-c", RUN, "up", str(state_dir))
    launcher.wait_until_runs("local/aws_program.py")
    is_outdated = (state_dir / "outdated").exists()
    again.send_signal(signal.SIGHUP)

    assert (again.wait(30), is_outdated, state_dir.exists()) == (128 + signal.SIGHUP, False, False)
    launcher.wait_until_nothing_is_left()


def test_down_deletes_the_files_of_a_killed_up(launcher: Launcher, state_dir: Path) -> None:
    """It says what it did, also when it had nothing to do."""
    state_dir.mkdir()

    said = [output_of(launcher.start("-c", RUN, "down", str(state_dir))) for _ in range(2)]

    assert said == [
        f"Nothing was running. Deleted {os.path.relpath(state_dir)}.\n",
        "No stack is up.\n",
    ]
