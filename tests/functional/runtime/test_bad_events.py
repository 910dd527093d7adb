"""What Lambda hears of an event that a built function can do nothing with: an error with its type and our text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.built_functions import BuiltFunctions
from tests.functional.runtime.conftest import sample
from tests.functional.runtime.logged import log_of
from tests.functional.tracking.conftest import Tracking

pytestmark = pytest.mark.usefixtures("no_secret_in_output")

REFUSED = {
    "upload": ({"no": "S3 event"}, "UnreadableEventError", "neither an S3 notification nor an EventBridge event"),
    "switch": ({"retrain_job_id": None}, "RequestRefusedError", "The request has no retrain_job_id"),
    "announce": ({"no": "stream records"}, "UnreadableEventError", "not an event of the jobs table's stream"),
    "rotate": ({"Step": "rotate"}, "RotationRefusedError", "Only Secrets Manager may invoke this function"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_event_is_a_function_error(functions: BuiltFunctions, name: str) -> None:
    """Lambda gets the class and the text; the traceback shows that the code is the built one; the process stays."""
    event, error_type, text = REFUSED[name]
    function = functions[name]

    outcome = function.invoke(event)
    pid = function.pid
    again = function.invoke(event)

    assert (outcome.failed, outcome.payload["errorType"]) == (True, error_type)
    assert text in outcome.payload["errorMessage"]
    assert f'File "{functions.definition(name).task_root}/{name}_handler.py"' in "".join(outcome.payload["stackTrace"])
    assert f"[ERROR] {error_type}: " in function.output()
    assert (again.failed, function.pid) == (True, pid)


def test_message_that_is_no_event_comes_again(
    functions: BuiltFunctions, queued: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Through the queue it is no function error, but a batch item failure, and the log says why."""
    event = queued({"no": "S3 event"})

    outcome = functions["upload"].invoke(event)

    failed = [{"itemIdentifier": event["Records"][0]["messageId"]}]
    assert (outcome.failed, outcome.payload) == (False, {"batchItemFailures": failed})
    assert "UNREADABLE_EVENT" in [line.get("error_code") for line in log_of(functions["upload"], outcome)]


def test_item_that_makes_no_sense_is_a_function_error_of_track(
    functions: BuiltFunctions, tracking: Tracking, model: str, api_key: str
) -> None:
    """The schedule's event says nothing, so what can be wrong is an item: Lambda gets the group of defects."""
    job = tracking.begin(model, key=api_key)
    tracking.change(job, uploaded_at="yesterday")

    outcome = functions["track"].invoke(sample("track_schedule"))

    tracking.delete(job)
    assert (outcome.failed, outcome.payload["errorType"]) == (True, "ExceptionGroup")
    assert "ended with unexpected errors" in outcome.payload["errorMessage"]


@pytest.mark.parametrize("event", [None, [], "by hand"])
def test_scheduled_functions_take_any_event(functions: BuiltFunctions, event: Any) -> None:
    """Somebody invokes them by hand, with whatever payload."""
    outcomes = [functions[name].invoke(event) for name in ("track", "watch")]

    assert [outcome.failed for outcome in outcomes] == [False, False]


def test_watch_fails_if_the_secrets_cannot_be_listed(functions: BuiltFunctions) -> None:
    """Lambda gets our text, and invokes it again."""
    watch = functions.another("watch", AWS_ACCESS_KEY_ID="unknown")

    outcome = watch.invoke(sample("watch_schedule"))

    assert (outcome.failed, outcome.payload["errorType"]) == (True, "SecretsUnavailableError")
    assert "Secrets Manager" in outcome.payload["errorMessage"]
    assert "The API keys could not be checked" in [line["message"] for line in log_of(watch, outcome)]
