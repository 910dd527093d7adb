"""`make demo`, and the tests' MiniStack, are ended by signals while they run: nothing is left of them."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Never

import pytest

from local.ministack import MiniStack
from local.processes import running_programs
from tests.functional.local.conftest import Launcher, for_each_signal


@pytest.mark.parametrize("running", [["local/aws_program.py"], ["bin/sam", "build"]], ids=["starting", "deploying"])
@for_each_signal
def test_an_interrupted_demo_leaves_nothing(
    launcher: Launcher, tmp_path: Path, ending: signal.Signals, running: list[str]
) -> None:
    """Neither processes nor, unless it is killed, files."""
    demo = launcher.start("-m", "local.demo")
    launcher.wait_until_runs(*running).suspend()  # so it cannot end by itself

    demo.send_signal(ending)
    status = demo.wait(30)
    launcher.wait_until_nothing_is_left()

    if ending == signal.SIGKILL:
        assert status == -ending
    else:
        assert (status, list(tmp_path.glob("prediction-one-demo-*"))) == (128 + ending, [])


@for_each_signal
def test_function_workers_end_with_the_process_that_started_ministack(
    launcher: Launcher, tmp_path: Path, ending: signal.Signals
) -> None:
    """A test run that is ended leaves neither MiniStack nor a function that ran in it."""
    tests = launcher.start_and_await("stack_starter.py", "a function worker", str(tmp_path))
    launcher.wait_until_runs("_worker.py").suspend()  # so it cannot end by itself, as it would with MiniStack

    tests.send_signal(ending)

    assert tests.wait(30) == -ending
    launcher.wait_until_nothing_is_left()


def test_ministack_that_does_not_start_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives up waiting for it can delete its files."""

    def give_up(*_: object) -> Never:
        raise TimeoutError

    monkeypatch.setattr("local.ministack.wait_for", give_up)

    with pytest.raises(TimeoutError):
        MiniStack(tmp_path)

    assert running_programs(tmp_path) == []
