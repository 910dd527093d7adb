"""What the page has to show: files in every state, written into the deployed tables by hand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from local.stack import LocalStack
from retrain.moments import iso_utc
from tests.tables import BY_HAND

STOPS = ("landed_at", "uploaded_at", "finished_at", "switched_at")

AWKWARD_NAMES = {
    "markup": """<img src=x onerror="window.broken=1"><svg onload="window.broken=1">&lt;b&gt;.csv""",
    "quotes": """it's "quoted" `{{ 7*7 }}` \\ ; $(ls) | #.csv""",
    "emoji": "ペンギン 🐧👩‍👩‍👧‍👦 é.csv",
    "right to left": "\u202eشركة البطريق مبيعات\u202c نوفمبر.csv",
    "900 characters": "x" * 896 + ".csv",
}


def put(stack: LocalStack, model: str, name: str, status: str, *hours_ago: float, **values: Any) -> dict[str, Any]:
    """Write an item, and return it. `hours_ago`: when it landed, arrived, finished and went live, as far as it came."""
    now = datetime.now(UTC)
    moments = {stop: iso_utc(now - timedelta(hours=ago)) for stop, ago in zip(STOPS, hours_ago, strict=False)}
    item = {
        "object_uri": f"s3://{stack.outputs['LandingBucketName']}/{model}/{name}",
        "object_version": uuid.uuid4().hex,
        "model": model,
        "filename": name.rpartition("/")[2],
        "size_bytes": 15_241_000,
        "attempts": 1,
        "status": status,
        "updated_at": max(moments.values()),
        BY_HAND: uuid.uuid4().hex,
        **moments,
        **({"retrain_job_id": str(uuid.uuid4())} if "uploaded_at" in moments else {}),
        **values,
    }
    stack.aws.dynamodb().Table(stack.outputs["JobsTableName"]).put_item(Item=item)
    return item


def put_live(stack: LocalStack, model: str, name: str, *hours_ago: float, by: str) -> None:
    """Write the items of a model that is live."""
    item = put(stack, model, name, "SWITCHED", *hours_ago, in_service=True, switched_by=by)
    names = ("model", "object_uri", "object_version", "landed_at", "switched_at", "switched_by", "retrain_job_id")
    stack.aws.dynamodb().Table(stack.outputs["ModelsTableName"]).put_item(Item={key: item[key] for key in names})


def put_a_week(stack: LocalStack) -> None:
    """Write what a team may see on a Wednesday morning: one model well, one to check, two with trouble, a half."""
    for model in ("churn-eu", "demand-forecast", "penguins", "pricing"):
        stack.add_model(model)
    automatic, by_hand = "track function (SwitchPolicy Automatic)", "switch function (dashboard)"
    put_live(stack, "penguins", "2026-11-25/daily.csv", 9.2, 9.18, 6.1, 5.9, by=automatic)
    put(stack, "penguins", "2026-11-25/evening.csv", "TRAINING", 1.3, 1.29, open_job="open", next_check_at=2**33)
    put_live(stack, "churn-eu", "2026-10/customers.csv", 790, 789.9, 784, 760, by=by_hand)
    results = f"s3://{stack.outputs['ResultsBucketName']}/churn-eu/results.zip"
    put(stack, "churn-eu", "2026-11/customers.csv", "FINISHED", 9.2, 9.19, 5.2, result_uri=results)
    put_live(stack, "demand-forecast", "week-46.tsv", 168, 167.9, 164, 163.9, by=automatic)
    too_few = "The file has 12 rows of data. Prediction One needs at least 20."
    refused = {"error_code": "TOO_FEW_ROWS", "error_message": too_few, "expires_at": 2**33}
    put(stack, "demand-forecast", "week-47.tsv", "REJECTED", 3.1, **refused)
    given_up = {"given_up_at": iso_utc(datetime.now(UTC) - timedelta(hours=6)), "etag": "-", "sequencer": "-"}
    down = {"error_code": "SERVICE_UNAVAILABLE", "error_message": "Prediction One answered HTTP 503."}
    put(stack, "pricing", "prices.csv", "RETRYING", 20, attempts=60, **given_up, **down)
    half = {"waits_for": "eval_src/", "pending_since": iso_utc(datetime.now(UTC) - timedelta(hours=2))}
    put(stack, "pricing", "week-47/", "WAITING", 2, **half)
