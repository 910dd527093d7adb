"""The Runtime API and the function's process do what AWS documents, as far as handlers can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import requests

from local.lambda_function import Definition, LambdaFunction
from local.runtime_api import Invocation, RuntimeApi

HANDLERS = """
import os, time

def pid(event, context):
    return os.getpid()

def tell(event, context):
    left = context.get_remaining_time_in_millis()
    return [event, context.aws_request_id, context.invoked_function_arn, context.memory_limit_in_mb, left]

def hang(event, context):
    print("before", flush=True)
    open(event, "w").close()
    time.sleep(600)

def end(event, context):
    os._exit(3)
"""


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Callable[[str], LambdaFunction]]:
    """Give a function that makes one of the `HANDLERS` a Lambda function."""
    (tmp_path / "handlers.py").write_text(HANDLERS)
    (tmp_path / "broken.py").write_text("import no_such_module\n")
    with ExitStack() as running:

        def make(handler: str) -> LambdaFunction:
            definition = Definition("f", tmp_path, handler, memory_mb=256, timeout_seconds=60)
            return running.enter_context(LambdaFunction(definition, tmp_path, {}))

        yield make


def test_event_and_context_are_those_of_the_invocation(function: Callable[[str], LambdaFunction]) -> None:
    """The deadline is the one that was announced, and text is UTF-8."""
    outcome = function("handlers.tell").invoke({"file": "ペンギン 🐧"}, timeout_seconds=900)

    event, request_id, arn, memory_mb, left_milliseconds = outcome.payload
    assert not outcome.failed
    assert (event, request_id) == ({"file": "ペンギン 🐧"}, outcome.request_id)
    assert (arn, memory_mb) == ("arn:aws:lambda:us-east-1:000000000000:function:f", "256")
    assert 60_000 < left_milliseconds <= 900_000


def test_process_stays_for_the_next_event(function: Callable[[str], LambdaFunction]) -> None:
    """It is one process that serves both."""
    kept = function("handlers.pid")

    outcomes = [kept.invoke(None), kept.invoke(None)]

    assert [outcome.payload for outcome in outcomes] == [kept.pid] * 2
    assert kept.user_agent.startswith("aws-lambda-python/3.")


def test_process_is_killed_when_its_time_is_over(function: Callable[[str], LambdaFunction], tmp_path: Path) -> None:
    """What it did and wrote until then stays; the next event gets a new process."""
    hanging, marks = function("handlers.hang"), (tmp_path / "first", tmp_path / "second")
    pids: list[int | None] = []

    def hangs() -> bool:
        pids.append(hanging.pid)
        return marks[len(set(pids)) - 1].exists()

    outcomes = [hanging.invoke(str(mark), timeout_seconds=0.1, hangs=hangs) for mark in marks]

    assert [outcome.payload["errorType"] for outcome in outcomes] == ["Sandbox.Timedout"] * 2
    assert "Error: Task timed out after 0.10 seconds" in outcomes[0].payload["errorMessage"]
    assert (hanging.output(), hanging.pid) == ("before\nbefore\n", None)
    assert len(set(pids)) == 2
    assert not [pid for pid in pids if pid and psutil.pid_exists(pid)]


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        ("handlers.end", "Runtime.ExitError"),
        ("broken.handler", "Runtime.ImportModuleError"),
        ("handlers.missing", "Runtime.HandlerNotFound"),
    ],
)
def test_process_that_ends_is_a_function_error(
    function: Callable[[str], LambdaFunction], handler: str, error_type: str
) -> None:
    """In the middle of an event, or before it could take one: then the runtime client says why."""
    ending = function(handler)

    outcome = ending.invoke({})

    assert (outcome.failed, outcome.payload["errorType"]) == (True, error_type)
    assert ending.pid is None


def test_answer_to_another_invocation_is_refused() -> None:
    """And so is a second one, and whatever is no part of the API."""
    api, invocation = RuntimeApi(), Invocation({"an": "event"}, "arn", 60)
    api.hand_in(invocation)
    base = f"http://{api.address}/2018-06-01/runtime"
    taken = requests.get(f"{base}/invocation/next", timeout=5)
    of_this, of_another = f"{base}/invocation/{invocation.request_id}", f"{base}/invocation/another"

    answers = [
        requests.post(url, data=b"{}", timeout=5).status_code
        for url in (f"{of_another}/response", f"{of_this}/response", f"{of_this}/error", f"{base}/elsewhere")
    ]

    api.close()
    assert taken.json() == {"an": "event"}
    assert taken.headers["Lambda-Runtime-Aws-Request-Id"] == invocation.request_id
    assert answers == [400, 202, 400, 404]
    assert invocation.outcome
    assert not invocation.outcome.failed
