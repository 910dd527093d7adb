"""Any mixture of landings, lost, late and repeated events, overwrites, deletions, runs: hypothesis tries to break it.

Bucket, table, listing, matching, pairing and claims are the real ones; only the service is a list here, the queue, too,
and the moments at which S3 says that something landed are the model's.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from retrain.deadline import Deadline
from retrain.errors import ObjectSupersededError
from retrain.landing.envelopes import landed_objects
from retrain.landing.landed_object import LandedObject
from retrain.landing.landed_pair import Landing, files_of
from retrain.ledger.attempts import JobLedger
from retrain.ledger.known_versions import KnownVersions
from retrain.ledger.pairs import PairRecords
from retrain.ledger.status import Status
from retrain.moments import iso_utc
from retrain.reconciling.position import Bookmark
from retrain.reconciling.run import reconcile
from retrain.reconciling.wiring import ReconcileDependencies
from retrain.uploading.pairing import landings
from retrain.uploading.source import LandedFile
from tests.conftest import eventbridge_event, landed_as
from tests.examples import examples
from tests.functional.conftest import CSV, LandingBucket

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

NAMES = ("m/a.csv", "m/b +ペ.csv", "m/d/train_src/t.csv", "m/d/eval_src/e.csv")
CONTENTS = (CSV, CSV + b"Gentoo,Biscoe,5000\n")
"""Two, so that the same content lands again."""

MINUTES_BETWEEN_LANDINGS = 1
"""More than what `EVENT_TOLERANCE` takes for the same moment."""

FATES = ("at once", "late", "twice", "lost")


@dataclass(frozen=True)
class Write:
    """Something that landed, and what became of its event."""

    landed: LandedObject
    fate: str


class DatedS3:
    """S3, which says of everything that it landed when the model says so."""

    def __init__(self, bucket: LandingBucket) -> None:
        self._s3: Any = bucket.s3
        self.moments: dict[tuple[str, str | None], datetime] = {}

    def __getattr__(self, name: str) -> Any:
        """Return what is the real client's."""
        return getattr(self._s3, name)

    def list_object_versions(self, **request: Any) -> Any:
        """List versions with the model's moments."""
        answer = self._s3.list_object_versions(**request)
        for version in answer.get("Versions", []):
            version_id = None if version["VersionId"] == "null" else version["VersionId"]
            version["LastModified"] = self.moments[version["Key"], version_id]
        return answer

    def head_object(self, **request: Any) -> Any:
        """Describe an object with the model's moment."""
        answer = self._s3.head_object(**request)
        return {**answer, "LastModified": self.moments[request["Key"], answer.get("VersionId")]}


class Reconciliation(RuleBasedStateMachine):
    """Files that land, and everything that may happen to their events."""

    def __init__(self, table: Table, bucket: LandingBucket) -> None:
        super().__init__()
        self.table, self.bucket, self.s3 = table, bucket, DatedS3(bucket)
        self.keeps_versions = "Status" in bucket.s3.get_bucket_versioning(Bucket=bucket.name)
        self.prefix = f"{uuid.uuid4().hex}/"
        self.begin = self.now = datetime(2026, 11, 1, tzinfo=UTC)
        self.writes: list[Write] = []
        self.on_their_way: list[dict[str, Any]] = []
        self.trained: list[Landing] = []
        self.ledger = JobLedger(table, self.epoch_seconds)
        self.pairs = PairRecords(table, self.epoch_seconds)
        self.deps = self.dependencies()

    def epoch_seconds(self) -> float:
        """Return the model's time."""
        return self.now.timestamp()

    def dependencies(self) -> ReconcileDependencies:
        """Return what a run works with."""
        return ReconcileDependencies(
            s3=cast("Any", self.s3),
            sqs=cast("Any", SimpleNamespace(send_message_batch=self.queue, get_queue_attributes=self.count_messages)),
            sns=cast("Any", SimpleNamespace(publish=lambda **_: None)),
            bucket=self.bucket.name,
            landing_prefix=self.prefix,
            queue_url="queue",
            topic_arn="topic",
            days=7,
            versions=KnownVersions(self.table),
            pairs=self.pairs,
            bookmark=Bookmark(self.table, f"{self.bucket.name}/{self.prefix}"),
            clock=self.epoch_seconds,
        )

    def queue(self, **request: Any) -> dict[str, Any]:
        """Be the queue that a run sends to."""
        self.on_their_way += [json.loads(entry["MessageBody"]) for entry in request["Entries"]]
        return {}

    def count_messages(self, **_: Any) -> dict[str, Any]:
        """Say how many messages wait."""
        return {"Attributes": {"ApproximateNumberOfMessages": str(len(self.on_their_way))}}

    @rule(name=st.sampled_from(NAMES), content=st.sampled_from(CONTENTS), fate=st.sampled_from(FATES))
    def land(self, name: str, content: bytes, fate: str) -> None:
        """Let a file land; its event comes at once, later, twice or never."""
        self.now += timedelta(minutes=MINUTES_BETWEEN_LANDINGS)
        key = self.prefix + name
        put = self.bucket.land(key, content)
        described = {"version_id": put.version_id, "sequencer": put.sequencer, "etag": put.etag}
        moment = {"size_bytes": len(content), "landed_at": iso_utc(self.now)}
        landed = landed_as(key, bucket=self.bucket.name, **described, **moment)
        self.s3.moments[key, put.version_id] = self.now
        self.writes.append(Write(landed, fate))
        event = {**eventbridge_event(landed), "time": landed.landed_at}
        if fate in ("at once", "twice"):
            self.take(event)
        if fate in ("late", "twice"):
            self.on_their_way.append(event)

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str) -> None:
        """Delete a file: in a bucket with versions, hide it."""
        self.bucket.s3.delete_object(Bucket=self.bucket.name, Key=self.prefix + name)

    @rule(data=st.data(), comes_again=st.booleans())
    def deliver(self, data: st.DataObject, comes_again: bool) -> None:  # noqa: FBT001 - hypothesis passes it by name
        """Let some event arrive, in any order, and perhaps once more later."""
        if self.on_their_way:
            event = data.draw(st.sampled_from(self.on_their_way))
            if not comes_again:
                self.on_their_way.remove(event)
            self.take(event)

    @rule()
    def run_daily(self) -> None:
        """Have the schedule invoke the function, two hours later."""
        self.now += timedelta(hours=2)
        reconcile(self.deps, {}, Deadline(float("inf")))

    @rule()
    def backfill(self) -> None:
        """Have a person ask for everything."""
        reconcile(self.deps, {"since": self.begin.isoformat()}, Deadline(float("inf")))

    @invariant()
    def nothing_is_trained_on_twice(self) -> None:
        """Never does a second upload of one version, or of one pair of versions, complete."""
        doubled = {what: times for what, times in Counter(map(self.identity, self.trained)).items() if times > 1}
        assert doubled == {}

    def teardown(self) -> None:
        """However it stands: after what is on its way, and daily runs, everything is trained on or says why not."""
        for _ in range(3):
            while self.on_their_way:
                self.take(self.on_their_way.pop())
            self.run_daily()
        answer = reconcile(self.deps, {"dry_run": True}, Deadline(float("inf")))

        self.nothing_is_trained_on_twice()
        assert (answer["missing"], self.on_their_way) == (0, [])
        for write in self.writes:
            assert self.is_accounted_for(write.landed, answer["unsure"]), write

    def is_accounted_for(self, landed: LandedObject, unsure: list[str]) -> bool:
        """Return whether a landed file is trained on, or an item or the last run says why not.

        Of a file without a version id that was overwritten or deleted, and whose event was lost, nobody can know.
        """
        if any(landed in files_of(each) for each in self.trained):
            return True
        if landed.half:
            records = self.pairs.of_dataset(landed)
            return any(record.has_landing(landed) for record in records) or self.is_gone(landed)
        items = self.table.query(
            KeyConditionExpression="object_uri = :uri", ExpressionAttributeValues={":uri": landed.uri}
        )["Items"]
        if self.keeps_versions:
            return any(item["object_version"] == landed.version for item in items)
        reported = any(text.startswith(f"{landed.uri} (landed {landed.landed_at})") for text in unsure)
        return reported or any(item["landed_at"] == landed.landed_at for item in items) or self.is_gone(landed)

    def is_gone(self, landed: LandedObject) -> bool:
        """Return whether S3 has nothing of it."""
        if self.keeps_versions:
            return False
        newest = [write.landed for write in self.writes if write.landed.key == landed.key][-1]
        listed = self.bucket.s3.list_objects_v2(Bucket=self.bucket.name, Prefix=landed.key)
        return newest != landed or "Contents" not in listed

    def take(self, event: dict[str, Any]) -> None:
        """Do what the upload function does with an event, with a service that takes everything at once."""
        deps: Any = SimpleNamespace(s3=self.s3, pairs=self.pairs)
        for landed in landed_objects(event, self.prefix):
            for landing in landings(deps, landed):
                self.attempt(landing)
                if landing is not landed:
                    self.pairs.end_waits(cast("Any", landing))

    def attempt(self, landing: Landing) -> None:
        """Claim a landed file or pair, read it, and train on it."""
        claim = self.ledger.claim(landing, uuid.uuid4().hex, self.epoch_seconds() + 900)
        if claim is None:
            return
        try:
            for file in files_of(landing):
                LandedFile(cast("Any", self.s3), file).first_chunk()
        except ObjectSupersededError as error:
            self.ledger.close(claim, Status.SUPERSEDED, error)
            return
        job_id = uuid.uuid4().hex
        self.ledger.record_job_id(claim, job_id)
        self.trained.append(landing)
        self.ledger.mark_training(claim, job_id)

    def identity(self, landing: Landing) -> tuple[str, ...]:
        """Return what was trained on, whoever named it: each file by its version, else by content and moment."""
        return tuple(f"{file.key} {file.version_id or file.etag + file.landed_at}" for file in files_of(landing))


@pytest.mark.parametrize("bucket", ["landing_bucket", "unversioned_bucket"])
def test_no_mixture_misses_or_doubles_a_file(bucket: str, jobs_table: Table, request: pytest.FixtureRequest) -> None:
    """Each version is trained on exactly once, or an item or an `unsure` line says why not."""
    run_state_machine_as_test(
        cast("type[Reconciliation]", partial(Reconciliation, jobs_table, request.getfixturevalue(bucket))),
        settings=settings(
            max_examples=examples(20), stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
