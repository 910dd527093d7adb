"""What all tests share: the sample events, made to tell of any object, and no network for unit tests."""

from __future__ import annotations

import copy
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Never
from urllib.parse import quote_plus

import hypothesis
import pytest

from retrain.landing.envelopes import landed_objects, queued_messages
from retrain.landing.landed_object import LandedObject

REPOSITORY = Path(__file__).resolve().parents[1]
EVENTS = REPOSITORY / "events"
DATA = REPOSITORY / "tests" / "data"

ENVELOPES = ("eventbridge", "s3_notification", "sqs_eventbridge", "sqs_s3_notification")
"""In which an S3 event can reach the upload function: `events/upload_{envelope}.json`."""

SAMPLE = LandedObject(
    bucket="landing-bucket",
    key="penguins/2026/ペンギン 1+1 100% 🐧.csv",
    path="penguins/2026/ペンギン 1+1 100% 🐧.csv",
    version_id="IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
    sequencer="00617F08299329D189",
    etag="b1946ac92492d2347c6235b4d2611184",
    size_bytes=15241,
    landed_at="2026-11-23T01:02:03.000Z",
)
"""The object in every sample event."""

AWKWARD_NAMES = (
    "a b.csv",
    "a+b.csv",
    "100%.csv",
    "a%2Bb%20c.csv",
    "ペンギン.csv",
    "🐧.csv",
    "a&b=c?d#e;f.csv",
    "é.csv",
)
"""File names that a client or server that escapes once too often, or not at all, would change."""


LAMBDA_RUNTIME = "lambda_runtime"
"""Under this name, a test notes what the built functions ran in."""

NOT_TESTED = "NOT TESTED"
"""In the reason for which tests are skipped that should not be: the last lines of a run repeat it."""

# The logger and the metrics read these, which the template sets, when they are imported.
os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "PredictionOneRetrain", "POWERTOOLS_SERVICE_NAME": "upload"}

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse sockets, loopback included, to everything in `unit/`."""

    def refuse(*_: object, **__: object) -> Never:
        raise AssertionError("a unit test opens no socket")

    if Path(__file__).with_name("unit") in request.path.parents:
        monkeypatch.setattr(socket.socket, "__init__", refuse)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in which runtime client, and so on which Python, the built functions ran, if they did; and what did not."""
    teardowns = terminalreporter.stats.get("", [])
    for name, value in sorted({noted for report in teardowns for noted in report.user_properties}):
        if name == LAMBDA_RUNTIME:
            terminalreporter.write_line(f"The built functions ran in {value}")
    reasons = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if report.longrepr}
    for reason in sorted(reason for reason in reasons if NOT_TESTED in reason):
        terminalreporter.write_line(reason.removeprefix("Skipped: "), red=True, bold=True)


def load_event(name: str) -> dict[str, Any]:
    """Return the sample event `events/upload_{name}.json`."""
    event: dict[str, Any] = json.loads((EVENTS / f"upload_{name}.json").read_text())
    return event


def landed_as(key: str, **changes: Any) -> LandedObject:
    """Return the sample object under another key, with other values if asked for."""
    return replace(SAMPLE, **{"key": key, "path": key, **changes})


def eventbridge_event(landed: LandedObject) -> dict[str, Any]:
    """Return the sample EventBridge event, telling of `landed`; its time stays."""
    event = load_event("eventbridge")
    event["detail"]["bucket"]["name"] = landed.bucket
    described = {"key": landed.key, "size": landed.size_bytes, "etag": landed.etag, "sequencer": landed.sequencer}
    event["detail"]["object"] = described | ({"version-id": landed.version_id} if landed.version_id else {})
    return event


def s3_notification(*objects: LandedObject) -> dict[str, Any]:
    """Return the sample S3 notification, telling of each of `objects`; its time stays."""
    event = load_event("s3_notification")
    event["Records"] = [_notification_record(event["Records"][0], landed) for landed in objects]
    return event


def in_sqs(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sample SQS event with `event` as its one message."""
    wrapped = load_event("sqs_eventbridge")
    wrapped["Records"][0]["body"] = json.dumps(event)
    return wrapped


def event_in(envelope: str, landed: LandedObject) -> dict[str, Any]:
    """Return an event in one of the `ENVELOPES`, telling of `landed`."""
    event = eventbridge_event(landed) if "eventbridge" in envelope else s3_notification(landed)
    return in_sqs(event) if envelope.startswith("sqs_") else event


def objects_in(event: Mapping[str, Any], landing_prefix: str = "") -> list[LandedObject]:
    """Return the objects in an event, in any envelope."""
    messages = queued_messages(event)
    events = [message.body for message in messages] if messages else [event]
    return [landed for each in events for landed in landed_objects(each, landing_prefix)]


def _notification_record(sample: Mapping[str, Any], landed: LandedObject) -> dict[str, Any]:
    record: dict[str, Any] = copy.deepcopy(dict(sample))
    record["s3"]["bucket"] = {"name": landed.bucket, "arn": f"arn:aws:s3:::{landed.bucket}"}
    described = {"key": quote_plus(landed.key, safe="/"), "size": landed.size_bytes, "eTag": landed.etag}
    version = {"versionId": landed.version_id} if landed.version_id else {}
    record["s3"]["object"] = {**described, **version, "sequencer": landed.sequencer}
    return record
