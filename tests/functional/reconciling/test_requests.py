"""What a person can ask for: a backfill, one prefix, some files, or only to see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import reconcile_handler
from retrain.errors import NoTimeLeftError, RequestRefusedError, RetrainError
from retrain.moments import iso_utc
from tests.functional.conftest import CSV
from tests.functional.reconciling.conftest import ReconcileFunction, counts, messages_in

SINCE = {"since": iso_utc(datetime.now(UTC) - timedelta(days=1))}


@pytest.fixture(autouse=True)
def clean_output(no_secret_in_output: None) -> None:
    """Look for secrets in what every test here logs."""


def keys_in_queue(function: ReconcileFunction) -> list[str]:
    """Take all messages out of the queue, and return their keys, sorted."""
    return sorted(event["detail"]["object"]["key"] for event in messages_in(function))


def spread_in_time(function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Date each key by the number of minutes in the returned dictionary: a second holds many of these tests' files."""
    minutes: dict[str, int] = {}
    listed: Callable[..., Any] = function.bucket.s3.list_object_versions

    def list_dated(**request: Any) -> Any:
        answer = listed(**request)
        for version in answer.get("Versions", []):
            version["LastModified"] += timedelta(minutes=minutes[version["Key"]])
        return answer

    monkeypatch.setattr(reconcile_handler.dependencies().s3, "list_object_versions", list_dated)
    return minutes


def test_backfill_sends_current_versions_only(reconcile_function: ReconcileFunction, model: str) -> None:
    """What was overwritten or deleted before the stack was there is nobody's data any more."""
    reconcile_function.lose(f"{model}/a.csv")
    newest = reconcile_function.lose(f"{model}/a.csv", CSV + b"Gentoo,Biscoe,5000\n")
    reconcile_function.lose(f"{model}/gone.csv")
    reconcile_function.bucket.s3.delete_object(Bucket=newest.bucket, Key=f"{model}/gone.csv")

    answer = reconcile_function.handle(SINCE)

    (event,) = messages_in(reconcile_function)
    assert (counts(answer), event["detail"]["object"]["version-id"]) == ((1, 0, 1, 1), newest.version_id)


def test_backfill_looks_at_everything_until_now(reconcile_function: ReconcileFunction, model: str) -> None:
    """Also at what is younger than an hour, and older than the daily window; not at what landed before `since`."""
    landed = reconcile_function.lose(f"{model}/a.csv")
    (version,) = reconcile_function.bucket.s3.list_object_versions(Bucket=landed.bucket)["Versions"]
    at, answers = version["LastModified"], []
    for age, since in ((1, at - timedelta(seconds=1)), (20 * 86400, at), (20 * 86400, at + timedelta(seconds=1))):
        reconcile_function.clock.ahead_seconds = age
        answers.append(reconcile_function.handle({"since": since.isoformat(), "dry_run": True})["listed"])

    assert answers == [1, 1, 0]


def test_only_the_oldest_are_sent_in_order(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """`limit` of them, however the listing is sorted: each model's newest data lands last."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 2)
    moments = spread_in_time(reconcile_function, monkeypatch)
    for name in "edcbafg":
        reconcile_function.lose(f"{model}/{name}.csv")
        moments[f"{model}/{name}.csv"] = len(moments)

    answer = reconcile_function.handle({**SINCE, "limit": 3})

    sent = [call["Entries"] for name, call in reconcile_function.calls if name == "SendMessageBatch"]
    names = [entry["MessageBody"].split(f'"{model}/')[1][0] for entries in sent for entry in entries]
    assert (counts(answer), names) == ((7, 0, 7, 3), ["e", "d", "c"])


def test_prefix_is_below_the_landing_prefix(reconcile_function: ReconcileFunction, model: str) -> None:
    """One model's folder, for example."""
    for folder in (f"{model}/2025", f"{model}/2026", "other"):
        reconcile_function.lose(f"{folder}/a.csv")

    answer = reconcile_function.handle({"prefix": f"{model}/2026/"})

    assert (counts(answer), keys_in_queue(reconcile_function)) == ((1, 0, 1, 1), [f"{model}/2026/a.csv"])


def test_dry_run_sends_nothing(reconcile_function: ReconcileFunction, model: str) -> None:
    """It says how many retrainings of which models the same request would start."""
    for name in (f"{model}/a.csv", f"{model}/b.csv", "other/d/train_src/a.csv", "other/d/eval_src/b.csv"):
        reconcile_function.lose(name)

    answer = reconcile_function.handle({**SINCE, "dry_run": True})

    assert (counts(answer), answer["dry_run"]) == ((4, 0, 4, 0), True)
    assert answer["models"] == {model: 2, "other": 1}
    assert messages_in(reconcile_function) == []


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"since": "yesterday"}, "'since' cannot be 'yesterday'"),
        ({"since": 1700000000}, "'since' cannot be 1700000000"),
        ({"since": "2099-01-01"}, "'since' cannot be '2099-01-01'"),
        ({"prefix": None}, "'prefix' cannot be None"),
        ({"limit": 0}, "'limit' cannot be 0"),
        ({"limit": True}, "'limit' cannot be True"),
        ({"limit": "5"}, "'limit' cannot be '5'"),
        ({"dry_run": "false"}, "'dry_run' cannot be 'false'"),
        ({"dryrun": True}, "'dryrun' cannot be True"),
    ],
)
def test_unusable_request_is_refused(
    reconcile_function: ReconcileFunction, model: str, event: dict[str, Any], named: str
) -> None:
    """A misspelled dry run, above all, sends nothing."""
    reconcile_function.lose(f"{model}/a.csv")

    with pytest.raises(RequestRefusedError, match=named) as refused:
        reconcile_function.handle(event)

    assert '"since" (ISO 8601, not in the future)' in str(refused.value)
    assert messages_in(reconcile_function) == []


def test_answer_names_a_bounded_number_of_files(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """And says how many more there are."""
    monkeypatch.setattr("retrain.reconciling.report.MAX_UNSURE_NAMED", 2)
    s3 = reconcile_function.bucket.s3
    s3.put_bucket_versioning(Bucket=reconcile_function.bucket.name, VersioningConfiguration={"Status": "Suspended"})
    for name in "abcde":
        reconcile_function.lose(f"{model}/{name}.csv")

    unsure = reconcile_function.handle()["unsure"]

    assert (len(unsure), unsure[-1]) == (3, "and 3 more, which the log names")


def test_request_that_one_run_cannot_complete_sends_nothing(
    reconcile_function: ReconcileFunction, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """The oldest of all are not known before all are listed."""
    monkeypatch.setattr("retrain.reconciling.listing.PAGE_SIZE", 2)
    for name in "abc":
        reconcile_function.lose(f"{model}/{name}.csv")

    with pytest.raises(NoTimeLeftError, match='Ask for less at a time with "prefix"'):
        reconcile_function.handle(SINCE, remaining_seconds=60)

    assert messages_in(reconcile_function) == []


def test_bucket_that_cannot_be_listed_is_named(reconcile_function: ReconcileFunction) -> None:
    """The run fails, and the error says where to look."""
    reconcile_function.bucket.s3.delete_bucket(Bucket=reconcile_function.bucket.name)

    with pytest.raises(RetrainError, match=f"s3://{reconcile_function.bucket.name}/ .NoSuchBucket.. Check the bucket"):
        reconcile_function.handle()
