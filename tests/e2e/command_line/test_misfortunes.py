"""Each misfortune on the deployed stack: `why` names cause and next step, and doing just that ends well."""

from __future__ import annotations

import json
import shlex
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.environments import environment_with
from local.prediction_one.values import Fault
from local.processes import wait_for
from local.stack import LocalStack
from retrain.landing.envelopes import object_created_event
from retrain.moments import iso_utc_at
from tests.e2e.command_line.misfortunes import MISFORTUNES
from tests.e2e.command_line.people import Person
from tests.e2e.conftest import CSV, rule_disabled, send_to_upload_queue
from tests.e2e.tracking.tracking import begin, finish, invoke, make_due, schedule_paused
from tests.tables import BY_HAND

NAME = "ペンギン 1+1 100%"


@dataclass
class Scene:
    """The stack, an operator, and the models of this run, one for each misfortune."""

    stack: LocalStack
    operator: Person
    run: str
    landed: dict[str, str] = field(default_factory=dict)

    def model(self, misfortune: str) -> str:
        """Return the model of a misfortune."""
        return f"{self.run}-{misfortune.replace(' ', '-')}"

    def land(self, misfortune: str, body: bytes = CSV, name: str = f"{NAME}.csv") -> str:
        """Land a file of a misfortune's model, and return its URI."""
        return self.stack.land(f"{self.model(misfortune)}/{name}", body)

    def event_of(self, uri: str) -> dict[str, Any]:
        """Return the event of a file's newest version, as S3 sends it."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        head = self.stack.aws.client("s3").head_object(Bucket=bucket, Key=key)
        version = {"version_id": head["VersionId"], "etag": head["ETag"].strip('"'), "sequencer": "00"}
        file = {"key": key, "size_bytes": head["ContentLength"], "landed_at": iso_utc_at(time.time()), **version}
        return object_created_event(bucket, file)

    def wait(self, uri: str, state: str, timeout_seconds: float = 90) -> None:
        """Wait until a file is in a state."""
        wait_for(
            f"{uri} to be {state}", lambda: state in [job["status"] for job in self.stack.jobs(uri)], timeout_seconds
        )


@pytest.fixture(scope="module")
def scene(stack: LocalStack, operator: Person) -> Iterator[Scene]:
    """Have all misfortunes happen at once: they then wait for their tests, and the tests not for them."""
    scene = Scene(stack, operator, f"m{uuid.uuid4().hex[:6]}")
    with schedule_paused(stack):
        for name, happens in PREPARED.items():
            scene.landed[name] = happens(scene, name)
        yield scene
        stack.prediction_one.clear_faults()


def _wrong_key(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name), "no-such-key")
    return scene.land(name)


def _key_ended(scene: Scene, name: str) -> str:
    scene.stack.prediction_one.expire_key(scene.stack.add_model(scene.model(name)))
    return scene.land(name)


def _service_down(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    fault = Fault("upload_url", "status", status=503, model=scene.model(name), times=None)
    scene.stack.prediction_one.add_fault(fault)
    return scene.land(name)


def _refused(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    return scene.land(name, b"")


def _superseded(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    with rule_disabled(scene.stack):
        uri = scene.land(name)
    event = scene.event_of(uri)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    version = event["detail"]["object"]["version-id"]
    scene.stack.aws.client("s3").delete_object(Bucket=bucket, Key=key, VersionId=version)
    send_to_upload_queue(scene.stack, event)
    return uri


def _lone_half(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    return scene.land(name, name="ds/train_src/a b.csv")


def _given_up(scene: Scene, name: str) -> str:
    """Put a message where it would be 14 hours later, with the item that says so."""
    scene.stack.add_model(scene.model(name))
    with rule_disabled(scene.stack):
        uri = scene.land(name)
    event = scene.event_of(uri)
    _put_item(scene, name, uri, event, error_code="SERVICE_UNAVAILABLE", error_message="It answered 503.")
    url = scene.stack.outputs["UploadDeadLetterQueueUrl"]
    scene.stack.aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))
    return uri


def _undecided(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    with rule_disabled(scene.stack):
        uri = scene.land(name)
    reason = {"error_code": "OUTCOME_NEEDS_DECISION", "error_message": "It is too old.", "retrain_job_id": "job-1"}
    _put_item(scene, name, uri, scene.event_of(uri), **reason)
    return uri


def _put_item(scene: Scene, name: str, uri: str, event: dict[str, Any], **attributes: str) -> None:
    file, now = event["detail"]["object"], iso_utc_at(time.time())
    scene.stack.aws.dynamodb().Table(scene.stack.outputs["JobsTableName"]).put_item(
        Item={
            "object_uri": uri,
            "object_version": file["version-id"],
            "version_id": file["version-id"],
            "etag": file["etag"],
            "model": scene.model(name),
            "filename": f"{NAME}.csv",
            "size_bytes": file["size"],
            "status": "RETRYING",
            "landed_at": event["time"],
            "updated_at": now,
            "given_up_at": now,
            BY_HAND: "yes",
            **attributes,
        }
    )


def _stalled(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    job = begin(scene.stack, scene.model(name), NAME)
    _set(scene, job, uploaded_at="2026-01-01T00:00:00.000Z")
    make_due(scene.stack, job)
    invoke(scene.stack, "Track")
    return str(job["object_uri"])


def _newer_is_live(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    older = begin(scene.stack, scene.model(name), NAME)
    _set(scene, older, landed_at="2026-01-01T00:00:00.000Z")
    newer = begin(scene.stack, scene.model(name), "newer")
    with environment_with(scene.stack, "track", SWITCH_POLICY="Automatic"):
        for job in (newer, older):
            finish(scene.stack, job)
            make_due(scene.stack, job)
            invoke(scene.stack, "Track")
    return str(older["object_uri"])


def _set(scene: Scene, job: dict[str, Any], **changes: str) -> None:
    (name,), (value,) = changes, changes.values()
    scene.stack.aws.dynamodb().Table(scene.stack.outputs["JobsTableName"]).update_item(
        Key={part: job[part] for part in ("object_uri", "object_version")},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )


def _rule_off(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    with rule_disabled(scene.stack):
        return scene.land(name)


def _never_landed(scene: Scene, name: str) -> str:
    scene.stack.add_model(scene.model(name))
    return f"s3://{scene.stack.outputs['LandingBucketName']}/{scene.model(name)}/{NAME}.csv"


PREPARED: dict[str, Callable[[Scene, str], str]] = {
    "wrong key": _wrong_key,
    "key ended": _key_ended,
    "no secret": lambda scene, name: scene.land(name),
    "service down": _service_down,
    "refused file": _refused,
    "lone half": _lone_half,
    "ignored name": lambda scene, name: scene.land(name, name="_SUCCESS"),
    "never landed": _never_landed,
    "superseded": _superseded,
    "given up": _given_up,
    "outcome unknown": _undecided,
    "stalled": _stalled,
    "newer is live": _newer_is_live,
    "rule off": _rule_off,
}
"""All but `outside the prefix`, which needs another stack: tests/unit/command_line has it."""


def _repeat(scene: Scene, name: str, _: dict[str, Any]) -> str:
    """Fix the key or the service; the message's return is not waited for."""
    if name == "service down":
        scene.stack.prediction_one.clear_faults()
    model, secrets = scene.model(name), scene.stack.aws.client("secretsmanager")
    key = scene.stack.prediction_one.issue_key(model)
    try:
        secrets.create_secret(Name=f"prediction-one/{model}", SecretString=key)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=f"prediction-one/{model}", SecretString=key)
    send_to_upload_queue(scene.stack, scene.event_of(scene.landed[name]))
    return scene.landed[name]


def _run_all(scene: Scene, _: str, told: dict[str, Any]) -> str:
    """Run the commands that `why` printed: ours, as the operator."""
    for command in told["commands"]:
        program, *words = shlex.split(command)
        if program == "p1-retrain":
            answer = scene.operator.run(*words, "--yes")
            assert answer.status == 0, answer
    return str(told["uri"])


def _run_first(scene: Scene, name: str, told: dict[str, Any]) -> str:
    return _run_all(scene, name, {**told, "commands": told["commands"][:1]})


def _land_again(scene: Scene, name: str, _: dict[str, Any]) -> str:
    return scene.land(name)


def _land_other_half(scene: Scene, name: str, _: dict[str, Any]) -> str:
    return scene.land(name, name="ds/eval_src/b.csv").removesuffix("eval_src/b.csv")


ENDS: dict[str, Callable[[Scene, str, dict[str, Any]], str]] = {
    "wrong key": _repeat,
    "key ended": _repeat,
    "no secret": _repeat,
    "service down": _repeat,
    "refused file": _land_again,
    "lone half": _land_other_half,
    "never landed": _land_again,
    "given up": _run_all,
    "outcome unknown": _run_first,
    "stalled": _land_again,
    "rule off": _run_all,
}
"""What is done, and then the URI that must be in training. Where nothing is to be done, nothing is."""


@pytest.mark.parametrize("name", PREPARED)
def test_misfortune_is_explained_and_ends_well(scene: Scene, name: str) -> None:
    """The cause, what to do, the command, the exit status; and the file is in training after just that."""
    expected, uri = MISFORTUNES[name], scene.landed[name]
    wait_for(f"{name}: {uri}", lambda: _is_expected(scene, name, uri))
    with rule_disabled(scene.stack) if name == "rule off" else nullcontext():
        told, shown = scene.operator.told("why", uri), scene.operator.run("why", uri)

    assert told["state"] == expected.state
    for words in (expected.cause, expected.next_step, expected.command):
        assert words in shown.text
    assert bool(told["commands"]) == bool(expected.command)
    assert shown.status == expected.status
    if name in ENDS:
        scene.wait(ENDS[name](scene, name, told), "TRAINING")


def _is_expected(scene: Scene, name: str, uri: str) -> bool:
    expected = MISFORTUNES[name]
    answer = scene.operator.run("why", uri)
    return name == "rule off" or (expected.state in answer.out and expected.cause in answer.text)
