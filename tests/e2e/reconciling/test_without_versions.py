"""A bucket that existed before the stack, and keeps no versions: what was lost is reported, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.stack import LocalStack
from tests.e2e.conftest import CSV, rule_disabled, send_to_upload_queue
from tests.e2e.tracking.tracking import invoke

BUCKET = "existing-bucket"


@pytest.fixture(scope="module")
def stack(start: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """Give a separate stack on a bucket of somebody's own."""
    with start(LandingBucketName=BUCKET) as running:
        s3 = running.aws.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        on: Any = {"EventBridgeConfiguration": {}}
        s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=on)
        yield running


def test_lost_file_is_reported_and_not_doubled(
    stack: LocalStack, model: str, wait_for_job: Callable[..., dict[str, Any]]
) -> None:
    """Its event comes after all, late: then it is trained on, once."""
    stack.add_model(model)
    wait_for_job(stack.land(f"{model}/noticed.csv", CSV), "TRAINING")
    with rule_disabled(stack):
        lost = stack.land(f"{model}/lost.csv", CSV)
    request = {"since": "2026-01-01", "prefix": f"{model}/"}

    answer = invoke(stack, "Reconcile", request)
    send_to_upload_queue(stack, late_event(stack, f"{model}/lost.csv"))
    wait_for_job(lost, "TRAINING")
    again = invoke(stack, "Reconcile", request)

    assert {name: answer[name] for name in ("listed", "known", "missing", "sent")} == {
        "listed": 2,
        "known": 1,
        "missing": 0,
        "sent": 0,
    }
    assert [text.split(" (")[0] for text in answer["unsure"]] == [lost]
    assert (again["known"], again["unsure"]) == (2, [])
    assert sorted(one.filename for one in stack.prediction_one.find_uploads(model=model)) == ["lost.csv", "noticed.csv"]


def late_event(stack: LocalStack, key: str) -> dict[str, Any]:
    """Return the event that S3 had sent of an object, with a sequencer that nobody could have guessed."""
    head = stack.aws.client("s3").head_object(Bucket=BUCKET, Key=key)
    described = {"key": key, "size": head["ContentLength"], "etag": head["ETag"].strip('"'), "sequencer": "00AB"}
    detail = {"bucket": {"name": BUCKET}, "object": described}
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": head["LastModified"].isoformat(),
        "detail": detail,
    }
