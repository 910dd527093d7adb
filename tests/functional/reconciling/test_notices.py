"""A person is told when a daily run has found something: that says that notifications do not work."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.functional.reconciling.conftest import ReconcileFunction, event_of, turn_notifications
from tests.listener import Listener

Stdout = Callable[[], list[dict[str, Any]]]


def the_notice(listener: Listener, function: ReconcileFunction) -> dict[str, Any]:
    """Return the one e-mail about a function's bucket."""
    (notice,) = [each for each in listener.notifications if function.bucket.name in each["Subject"]]
    return notice


def test_missing_files_are_told_once_per_run(
    reconcile_function: ReconcileFunction, listener: Listener, model: str
) -> None:
    """With the first of them, how many there are, what happens to them, and where to look."""
    lost = [reconcile_function.lose(f"{model}/{number:02}.csv") for number in range(12)]
    reconcile_function.upload_function.queue(event_of(lost[0]))

    reconcile_function.handle()

    notice = the_notice(listener, reconcile_function)
    assert notice["Subject"] == f"Prediction One retrain: 12 files missing, 0 undecided: {lost[0].bucket}"
    assert [landed.uri in notice["Message"] for landed in lost] == [True] * 10 + [False] * 2
    assert "... and 2 more. The function's log names them." in notice["Message"]
    assert "We queue 12 of them now" in notice["Message"]
    assert "The upload queue held 1 messages before" in notice["Message"]
    assert "LandedObjectRule is enabled" in notice["Message"]


def test_undecided_files_are_told(reconcile_function: ReconcileFunction, listener: Listener, model: str) -> None:
    """With what a person can do about each."""
    suspended: Any = {"Status": "Suspended"}
    bucket = reconcile_function.bucket
    bucket.s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=suspended)
    lost = reconcile_function.lose(f"{model}/a.csv")

    reconcile_function.handle()

    notice = the_notice(listener, reconcile_function)
    assert "0 files missing, 1 undecided" in notice["Subject"]
    assert f"{lost.uri} (landed 20" in notice["Message"]
    assert "If the model was not trained on it, land it again." in notice["Message"]


def test_notifications_that_are_off_are_told(
    reconcile_function: ReconcileFunction, listener: Listener, stdout: Stdout
) -> None:
    """Although nothing is missing yet: the next file will be."""
    bucket = reconcile_function.bucket
    turn_notifications(bucket.s3, bucket.name, on=False)

    reconcile_function.handle()

    notice = the_notice(listener, reconcile_function)
    assert "notifications off, 0 files missing, 0 undecided" in notice["Subject"]
    assert f"aws s3api get-bucket-notification-configuration --bucket {bucket.name}" in notice["Message"]
    assert [line["level"] for line in stdout() if "notifications are off" in line.get("message", "")] == ["ERROR"]


def test_nobody_is_told_when_all_is_well_or_a_person_asked(
    reconcile_function: ReconcileFunction, listener: Listener, model: str
) -> None:
    """Who asks reads the answer."""
    reconcile_function.handle()
    reconcile_function.lose(f"{model}/a.csv")
    reconcile_function.handle({"since": "2026-01-01"})
    reconcile_function.handle({"dry_run": True})

    assert [each for each in listener.notifications if reconcile_function.bucket.name in each["Subject"]] == []


def test_log_and_metrics_name_what_was_found(reconcile_function: ReconcileFunction, stdout: Stdout, model: str) -> None:
    """A line for each missing file, and numbers for an alarm."""
    lost = [reconcile_function.lose(f"{model}/{name}.csv") for name in "ab"]

    reconcile_function.handle()

    lines = stdout()
    named = [
        (line["key"], line["version"], line["model"]) for line in lines if "has no item" in line.get("message", "")
    ]
    (counted,) = [line for line in lines if "ReconcileSent" in json.dumps(line.get("_aws", {}))]
    metrics = {name: counted[name] for name in ("ReconcileListed", "ReconcileMissing", "ReconcileSent")}
    assert named == [(landed.key, landed.version_id, model) for landed in lost]
    assert metrics == {"ReconcileListed": [2], "ReconcileMissing": [2], "ReconcileSent": [2]}
