"""The command: `python -m local.prediction_one`."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import requests

from local.prediction_one import StandInControl
from tests.conftest import REPOSITORY

COMMAND = [sys.executable, "-W", "error", "-m", "local.prediction_one"]


Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the program: `start(*options)` gives the process and the first line it printed."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*options: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen([*COMMAND, *options], cwd=REPOSITORY, stdout=-1, stderr=-1, text=True)  # noqa: S603 - our own program
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_interrupted(start: Start, ending: signal.Signals) -> None:
    """The base URL comes first, all keys work, and the end is silent and clean."""
    process, base_url = start("--port", "0", "--api-key", "A=1001", "--api-key", "B==model-b", "--secret-key", "S")
    url = f"{base_url}/v1/external/retrain_jobs/upload_url"

    for key in ("A", "B=", "S"):
        requests.get(url, {"filename": "a"}, headers={"x-api-key": key}, timeout=5)
    received = [(request.status, request.model) for request in StandInControl(base_url).requests]
    process.send_signal(ending)
    rest_of_stdout, stderr = process.communicate(timeout=10)

    assert received == [(200, "1001"), (200, "model-b"), (400, None)]
    assert (process.returncode, rest_of_stdout, stderr) == (0, "", "")


def test_training_takes_as_long_as_told(start: Start) -> None:
    """--training-seconds reaches the service; without it two seconds pass."""
    settings = [StandInControl(start(*options)[1]).settings for options in ([], ["--training-seconds", "0.5"])]

    assert [one.training_seconds for one in settings] == [2.0, 0.5]


def test_verbose_shows_requests_without_secrets(start: Start) -> None:
    """With --verbose each request is a line on stderr, without its query and keys."""
    process, base_url = start("--verbose", "--api-key", "KEY=1")

    requests.get(f"{base_url}/anything?X-Amz-Signature=1", headers={"x-api-key": "KEY"}, timeout=5)
    process.terminate()
    _, stderr = process.communicate(timeout=10)

    assert "GET /anything 404" in stderr
    assert not any(secret in stderr for secret in ("Signature", "KEY"))


def test_a_key_without_a_model_is_refused(start: Start) -> None:
    """A misspelt option ends the program with a word about it."""
    process, first_line = start("--api-key", "KEY")

    _, stderr = process.communicate(timeout=10)

    assert (process.returncode, first_line, "KEY=MODEL" in stderr) == (2, "", True)
