"""What happens when the upload function has to do without one action of its role."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from local.processes import wait_for
from tests.e2e.conftest import CSV, given_up_at_once, rule_disabled, send_to_upload_queue
from tests.e2e.scene import Scene
from tests.e2e.tracking.tracking import invoke
from tests.tables import BY_HAND


def file_is_retried(scene: Scene, error_code: str) -> None:
    """Show that the file's item says what was refused."""
    scene.stack.add_model(scene.model)
    with scene.without_action():
        job = scene.wait_for_job(scene.stack.land(f"{scene.model}/data.csv", CSV), "RETRYING")

    assert job["error_code"] == error_code
    assert "AccessDenied" in job["error_message"]


def unversioned_file_is_retried(scene: Scene, error_code: str) -> None:
    """Show that an event without a version, as of a bucket that keeps none, needs its own action."""
    scene.stack.add_model(scene.model)
    bucket, key = scene.stack.outputs["LandingBucketName"], f"{scene.model}/data.csv"
    with rule_disabled(scene.stack), scene.without_action():
        landed = scene.stack.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=CSV)
        s3_object = {"key": key, "size": len(CSV), "etag": landed["ETag"].strip('"'), "sequencer": "-"}
        detail = {"bucket": {"name": bucket}, "object": s3_object}
        time = datetime.now(UTC).isoformat()
        event = {"source": "aws.s3", "detail-type": "Object Created", "time": time, "detail": detail}
        send_to_upload_queue(scene.stack, event)

        assert scene.wait_for_job(f"s3://{bucket}/{key}", "RETRYING")["error_code"] == error_code


def pair_is_not_sent(scene: Scene, log_text: str) -> None:
    """Show in the log that the halves do not find each other, or that their own items stay."""
    scene.stack.add_model(scene.model)
    scene.stack.land(f"{scene.model}/d/train_src/a.csv", CSV)
    wait_for("the half", lambda: scene.stack.jobs(f"s3://{scene.stack.outputs['LandingBucketName']}/{scene.model}/d/"))

    with scene.without_action():
        scene.stack.land(f"{scene.model}/d/eval_src/b.csv", CSV)
        scene.wait_for_log(log_text, scene.model)


def failure_is_logged(scene: Scene, log_text: str) -> None:
    """Show in the log that a failed attempt is not recorded, or its message not delayed."""
    with scene.without_action():
        scene.stack.land(f"{scene.model}/data.csv", CSV)  # the model has no secret, so the attempt fails
        scene.wait_for_log(log_text)


def dead_letters_stay_untold(scene: Scene, error: str) -> None:
    """Show that the scheduled look at the dead-letter queue fails."""
    with scene.without_action():
        answer = invoke(scene.stack, "Upload", {"action": "record-dead-letters"})

    assert error in answer["errorMessage"]


def file_is_not_sent_again(scene: Scene, error: str) -> None:
    """Show that a person's decision fails, and that the same command succeeds once it is allowed."""
    scene.stack.add_model(scene.model)
    uri = f"s3://{scene.stack.outputs['LandingBucketName']}/{scene.model}/data.csv"
    with rule_disabled(scene.stack):
        scene.stack.land(f"{scene.model}/data.csv", CSV)
    undecided = {"status": "RETRYING", "error_code": "OUTCOME_NEEDS_DECISION", "retrain_job_id": "unknown"}
    landed = {"object_uri": uri, "object_version": "-", "etag": hashlib.md5(CSV, usedforsecurity=False).hexdigest()}
    described: dict[str, Any] = {"size_bytes": len(CSV), "landed_at": "2026-11-23T01:02:03.000Z", BY_HAND: 1}
    jobs = scene.stack.aws.dynamodb().Table(scene.stack.outputs["JobsTableName"])
    jobs.put_item(Item={**landed, **undecided, **described})
    command = {"action": "resolve", "object_uri": uri, "object_version": "-", "send_again": True}
    with scene.without_action():
        answer = invoke(scene.stack, "Upload", command)

    assert error in answer["errorMessage"]
    invoke(scene.stack, "Upload", command)
    scene.wait_for_job(uri, "TRAINING")


def letter_stays(scene: Scene, error: str) -> None:
    """Show that a person's redrive says that the message stays in the dead-letter queue."""
    sqs, queue_url = scene.stack.aws.client("sqs"), scene.stack.outputs["UploadDeadLetterQueueUrl"]

    def is_there() -> bool:
        found = sqs.receive_message(QueueUrl=queue_url, VisibilityTimeout=0, MaxNumberOfMessages=10)
        return any(scene.model in letter["Body"] for letter in found.get("Messages", []))

    with given_up_at_once(scene.stack):
        uri = scene.stack.land(f"{scene.model}/data.csv", CSV)  # no key is there
        wait_for("its message", is_there)
    (job,) = scene.stack.jobs(uri)
    request = {"action": "redrive", **{name: job[name] for name in ("object_uri", "object_version")}}
    with scene.without_action():
        answer = invoke(scene.stack, "Upload", request)

    assert error in answer["errorMessage"]
