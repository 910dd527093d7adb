"""The command: `python -m local.prediction_one`."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from local.prediction_one import StandInControl
from local.processes import BackgroundProgram
from tests.conftest import REPOSITORY

COMMAND = [sys.executable, "-u", "-W", "error", "-m", "local.prediction_one"]


@dataclass(frozen=True)
class RunningCommand:
    """The command, running; its stdout and stderr go to files."""

    program: BackgroundProgram
    errors: Path

    @property
    def base_url(self) -> str:
        """Return the first line that it prints."""
        return self.program.first_line()

    def end(self, signal_number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send it a signal, and return its exit status and all that it wrote to stdout and to stderr."""
        (command,) = psutil.Process(self.program.supervisor_pid).children()
        command.send_signal(signal_number)
        return self.program.wait(10), self.program.output.read_text(), self.errors.read_text()


Start = Callable[..., RunningCommand]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the command with options: `start(*options)`."""
    with ExitStack() as running:

        def start_one(*options: str) -> RunningCommand:
            errors = tmp_path / f"errors-{len(list(tmp_path.iterdir()))}"
            command = ["/bin/sh", "-c", 'exec "$@" 2> "$0"', str(errors), *COMMAND, *options]
            program = BackgroundProgram(command, os.environ, errors.with_suffix(".out"), REPOSITORY)
            return RunningCommand(running.enter_context(program), errors)

        yield start_one


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_interrupted(start: Start, ending: signal.Signals) -> None:
    """The base URL comes first, all keys work, and the end is silent and clean."""
    command = start("--port", "0", "--api-key", "A=1001", "--api-key", "B==model-b", "--secret-key", "S")
    base_url = command.base_url
    url = f"{base_url}/v1/external/retrain_jobs/upload_url"

    for key in ("A", "B=", "S"):
        requests.get(url, {"filename": "a"}, headers={"x-api-key": key}, timeout=5)
    received = [(request.status, request.model) for request in StandInControl(base_url).requests]
    ended = command.end(ending)

    assert received == [(200, "1001"), (200, "model-b"), (400, None)]
    assert ended == (0, f"{base_url}\n", "")


def test_training_takes_as_long_as_told(start: Start) -> None:
    """--training-seconds reaches the service; without it two seconds pass."""
    settings = [StandInControl(start(*options).base_url).settings for options in ([], ["--training-seconds", "0.5"])]

    assert [one.training_seconds for one in settings] == [2.0, 0.5]


def test_verbose_shows_requests_without_secrets(start: Start) -> None:
    """With --verbose each request is a line on stderr, without its query and keys."""
    command = start("--verbose", "--api-key", "KEY=1")

    requests.get(f"{command.base_url}/anything?X-Amz-Signature=1", headers={"x-api-key": "KEY"}, timeout=5)
    _, _, stderr = command.end()

    assert "GET /anything 404" in stderr
    assert not any(secret in stderr for secret in ("Signature", "KEY"))


def test_a_key_without_a_model_is_refused() -> None:
    """A misspelt option ends the program with a word about it."""
    ended = subprocess.run(  # noqa: S603 - our own program, which ends by itself
        [*COMMAND, "--api-key", "KEY"], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=10
    )

    assert (ended.returncode, ended.stdout, "KEY=MODEL" in ended.stderr) == (2, "", True)
