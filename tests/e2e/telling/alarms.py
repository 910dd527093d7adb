"""What the tests of the alarms work with: a stack whose alarms are evaluated, and ways to break it."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any, cast

from local.cloudwatch import ALARM, CloudWatch
from local.loopback_proxy import LoopbackProxy
from local.processes import wait_for
from local.stack import STACK_NAME, LocalStack
from tests.e2e.conftest import CSV, repeat_event
from tests.e2e.tracking.tracking import invoke
from tests.listener import Listener


@dataclass(frozen=True)
class Scene:
    """The stack, what evaluates its alarms, who gets its e-mails, and a model of the test's own."""

    stack: LocalStack
    cloudwatch: CloudWatch
    listener: Listener
    model: str
    before: set[str]

    def states(self, *names: str, seconds_ahead: float = 0) -> dict[str, str]:
        """Evaluate alarms, all or some, and return their states."""
        return self.cloudwatch.evaluate(seconds_ahead, names)

    def firing(self) -> set[str]:
        """Return the alarms that are in ALARM now and were not when the test began."""
        return {name for name, state in self.states().items() if state == ALARM} - self.before

    def next_second(self) -> int:
        """Wait for a second in which nothing has been measured, and return it."""
        second = math.ceil(time.time())
        wait_for("the next second", lambda: time.time() >= second)
        return second

    def state_since(self, second: int, name: str) -> str:
        """Return an alarm's state when its last period begins with a second: what was before has passed."""
        found = self.stack.aws.client("cloudwatch").describe_alarms(AlarmNames=[f"{STACK_NAME}-{name}"])
        (alarm,) = found["MetricAlarms"]
        ahead = second + int(alarm["Period"]) - 0.5 - time.time()
        return self.states(name, seconds_ahead=ahead)[name]

    def mails(self) -> list[str]:
        """Return what the alarms' e-mails say, each with its state, and the subjects of other e-mails."""
        return [_told(mail) for mail in self.listener.notifications]

    def land(self, name: str = "data") -> str:
        """Land a good file of the model, and return its URI."""
        return self.stack.land(f"{self.model}/{name}.csv", CSV)

    def wait_for_item(self, uri: str, status: str) -> dict[str, Any]:
        """Wait until the file's item has a status, and return it."""

        def look() -> dict[str, Any] | None:
            return next((job for job in self.stack.jobs(uri) if job["status"] == status), None)

        return wait_for(f"{uri} to be {status}", look, timeout_seconds=180)

    def stuck_for_two_hours(self) -> dict[str, Any]:
        """Return the item of a file that is retried, dated back, once the track function has measured its age."""
        job = self.wait_for_item(self.land(), "RETRYING")
        self.stack.aws.dynamodb().Table(self.stack.outputs["JobsTableName"]).update_item(
            Key={name: job[name] for name in ("object_uri", "object_version")},
            UpdateExpression="SET pending_since = :then",
            ExpressionAttributeValues={":then": (datetime.now(UTC) - timedelta(hours=2)).isoformat()},
        )
        invoke(self.stack, "Track")
        return job

    def trained(self, job: dict[str, Any]) -> None:
        """Have the file's event come again, and wait until it is in training."""
        repeat_event(self.stack, job, CSV)
        self.wait_for_item(job["object_uri"], "TRAINING")
        invoke(self.stack, "Track")


def _told(mail: dict[str, Any]) -> str:
    try:
        message = json.loads(mail["Message"])
    except ValueError:
        return str(mail["Subject"])
    name = message["AlarmName"].rpartition("-")[2]
    assert message["AlarmDescription"].strip().endswith(f"Runbook: docs/runbook.md#{name.lower()}")
    return f"{message['NewStateValue']} {name}"


class TwoHoursAgo(LoopbackProxy):
    """S3, which says of everything that it landed two hours ago: a daily run leaves younger files alone."""


class Rewriting(BaseHTTPRequestHandler):
    """Passes a listing on, with other dates."""

    def do_GET(self) -> None:
        """Pass it on."""
        proxy: TwoHoursAgo = cast("Any", self.server).proxy
        upstream = proxy.connect()
        upstream.request("GET", self.path, headers=dict(self.headers.items()))
        answer = upstream.getresponse()
        then = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        body = re.sub(rb"(<LastModified>)[^<]+", rb"\g<1>" + then.encode(), answer.read())
        self.send_response_only(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        upstream.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def broken_import(stack: LocalStack, function: str) -> Iterator[None]:
    """Name a handler that is not there for a while."""
    functions, name = stack.aws.client("lambda"), stack.outputs[f"{function}FunctionName"]
    handler = functions.get_function_configuration(FunctionName=name)["Handler"]
    functions.update_function_configuration(FunctionName=name, Handler="not_there.handler")
    yield
    functions.update_function_configuration(FunctionName=name, Handler=handler)
