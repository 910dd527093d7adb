"""The upload function with everything that AWS repeats, in each situation whose AWS calls fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.errors import AttemptDiedError, OutcomeNeedsDecisionError, RetrainError
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import JobLedger
from retrain.ledger.escalations import Escalations
from retrain.ledger.status import Status, state_of
from tests.conftest import DATA, eventbridge_event
from tests.functional.conftest import API_KEY, CSV, SECRET_PREFIX, LandingBucket
from tests.functional.uploading.conftest import UploadFunction
from tests.tables import let_time_pass

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_secretsmanager import SecretsManagerClient

TIMES = 5
"""How often AWS, or a person, tries again in these tests."""


@dataclass
class Scene:
    """The upload function, and all that it works with.

    Attributes
    ----------
    raised
        What the function raised to whoever invoked it.
    written
        The items in the end.
    """

    function: UploadFunction
    jobs: Table
    bucket: LandingBucket
    secrets: SecretsManagerClient
    prediction_one: PredictionOneStandIn
    model: str
    monkeypatch: pytest.MonkeyPatch
    raised: list[str] = field(default_factory=list)
    written: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def secret(self) -> str:
        """Return the name of the model's secret."""
        return f"{SECRET_PREFIX}/{self.model}"

    def store_key(self) -> None:
        """Create the model's secret."""
        self.secrets.create_secret(Name=self.secret, SecretString=API_KEY)

    def land(self, name: str, body: bytes = CSV) -> LandedObject:
        """Land a file of the model."""
        return self.bucket.land(f"{self.model}/{name}", body)

    def items(self, uri: str) -> list[dict[str, Any]]:
        """Return the items of a file or a dataset."""
        return self.jobs.query(
            KeyConditionExpression="object_uri = :uri", ExpressionAttributeValues={":uri": uri}, ConsistentRead=True
        )["Items"]

    def deliver(self, landed: LandedObject) -> str:
        """Deliver a file's event until its message is consumed, and return the outcome."""
        self.function.queue(eventbridge_event(landed))
        return self.deliver_queued(landed)

    def deliver_queued(self, landed: LandedObject) -> str:
        """Deliver a file's message until it is consumed, and return the outcome.

        It returns before a lease can have ended, and then after all leases and waits.
        """
        uri = landed.dataset_uri if landed.half else landed.uri
        for _ in range(TIMES):
            if self.function.take_message() or self.function.take_message():
                return self.outcome(uri)
            let_time_pass(self.jobs, self.items(uri))
        raise AssertionError("the message returns without end")

    def ask(self, event: Mapping[str, Any], remaining_seconds: float = 900) -> None:
        """Invoke the function with an action until it succeeds."""
        for _ in range(TIMES):
            try:
                self.function.handle(event, remaining_seconds)
            except RetrainError as error:
                self.raised.append(f"{error.code} {error}")
            else:
                return
        raise AssertionError("the function fails without end")

    def look_for_dead_letters(self) -> None:
        """Have the schedule look twice. A letter is visible again each time, and one is read in the time that is left.

        In the queue it is hidden for a minute, and the schedule looks every 15 minutes.
        """
        self.monkeypatch.setattr("retrain.uploading.upload_queue.PEEK_SECONDS", 0)
        for _ in range(2):
            self.ask({"action": "record-dead-letters"}, remaining_seconds=59)

    def outcome(self, uri: str) -> str:
        """Return what became of a file or a dataset, and how often it was sent."""
        self.written = self.items(uri)
        uploads = self.prediction_one.uploads
        sent = {0: "not sent", 1: "sent once"}.get(len(uploads), f"sent {len(uploads)} times")
        followed = {item.get("retrain_job_id") for item in self.written if item["status"] == Status.TRAINING}
        lost = ["as a job that nobody follows"] if {each.retrain_job_id for each in uploads} - followed else []
        return ", ".join([*sorted(map(_shown, self.written)), sent, *lost])


def _shown(item: Mapping[str, Any]) -> str:
    reason = f" ({item['error_code']})" if "error_code" in item else ""
    leftovers = [name for name in ("lease_owner", "upload_ends_by") if name in item]
    return " and ".join([f"{state_of(item)}{reason}", *leftovers])


def send_a_file(scene: Scene) -> str:
    """Land a file."""
    scene.store_key()
    return scene.deliver(scene.land("a.csv"))


def fail_at_first(scene: Scene) -> str:
    """Have the service refuse the first call for an upload URL."""
    scene.prediction_one.add_fault(Fault("upload_url", "status", status=403))
    return send_a_file(scene)


def refuse_the_upload(scene: Scene) -> str:
    """Have the store refuse the first upload."""
    scene.prediction_one.add_fault(Fault("put", "status", status=403))
    return send_a_file(scene)


def lose_the_answer_of_the_store(scene: Scene) -> str:
    """Lose the first upload, and the answer to it."""
    scene.prediction_one.add_fault(Fault("put", "drop_unstored"))
    return send_a_file(scene)


def rotate_meanwhile(scene: Scene) -> str:
    """Revoke the key that is AWSCURRENT, as the service has issued the one that is AWSPENDING."""
    scene.store_key()
    pending = scene.prediction_one.issue_key(scene.model)
    scene.prediction_one.revoke_key(API_KEY)
    scene.secrets.put_secret_value(SecretId=scene.secret, SecretString=pending, VersionStages=["AWSPENDING"])
    return scene.deliver(scene.land("a.csv"))


def refuse_a_file(scene: Scene) -> str:
    """Land a file with too few rows."""
    return scene.deliver(scene.land("a.csv", b"".join(CSV.splitlines(keepends=True)[:5])))


def send_a_zip(scene: Scene) -> str:
    """Land a zip, whose end is read first."""
    scene.store_key()
    return scene.deliver(scene.land("a.zip", (DATA / "python.zip").read_bytes()))


def send_a_pair(scene: Scene) -> str:
    """Land both halves, then deliver their events one after the other."""
    scene.store_key()
    halves = [scene.land(f"d/{name}") for name in ("train_src/a.csv", "eval_src/b.csv")]
    return [scene.deliver(half) for half in halves][-1]


def wait_for_the_other_half(scene: Scene) -> str:
    """Land one half only."""
    return scene.deliver(scene.land("d/train_src/a.csv"))


def land_two_files_in_a_half(scene: Scene) -> str:
    """Land two files where one is expected."""
    scene.land("d/train_src/a.csv")
    return scene.deliver(scene.land("d/train_src/b.csv"))


def fail_at_the_last_receive(scene: Scene) -> str:
    """Land a file of a model without a secret; after the last receive, the schedule finds the dead letter."""
    scene.monkeypatch.setenv("MAX_RECEIVE_COUNT", "1")
    landed = scene.land("a.csv")
    scene.function.queue(eventbridge_event(landed))
    assert not scene.function.take_message()
    let_time_pass(scene.jobs, scene.items(landed.uri))
    return bury(scene, landed)


def bury(scene: Scene, landed: LandedObject) -> str:
    """Put an event into the dead-letter queue."""
    scene.function.bury(eventbridge_event(landed))
    scene.look_for_dead_letters()
    return scene.outcome(landed.dataset_uri if landed.half else landed.uri)


def bury_no_event(scene: Scene) -> str:
    """Put a message that is no S3 event into the dead-letter queue."""
    message_id = scene.function.bury({"hello": "world"})
    scene.look_for_dead_letters()
    return scene.outcome(f"message:{message_id}")


def _undecided(scene: Scene, retrain_job_id: str) -> LandedObject:
    landed = scene.land("a.csv")
    ledger = JobLedger(scene.jobs)
    claim = ledger.claim(landed, "an earlier invocation", time.time() + 900)
    assert claim
    ledger.record_job_id(claim, retrain_job_id)
    ledger.mark_retrying(claim, OutcomeNeedsDecisionError("Look at the model."), is_last=True)
    return landed


def decide_to_send_again(scene: Scene) -> str:
    """Decide that the file did not arrive."""
    scene.store_key()
    landed = _undecided(scene, "job-1")
    scene.ask({"action": "resolve", "object_uri": landed.uri, "object_version": landed.version, "send_again": True})
    outcome = scene.deliver_queued(landed)
    while scene.function.has_messages:  # the event was queued more than once
        outcome = scene.deliver_queued(landed)
    return outcome


def decide_that_it_arrived(scene: Scene) -> str:
    """Decide that the file arrived."""
    landed = _undecided(scene, "job-1")
    scene.ask({"action": "resolve", "object_uri": landed.uri, "object_version": landed.version, "arrived": "job-1"})
    return scene.outcome(landed.uri)


def redrive(scene: Scene) -> str:
    """Redrive a file that was given up."""
    scene.store_key()
    landed = scene.land("a.csv")
    Escalations(scene.jobs).give_up(landed, AttemptDiedError("The function timed out."))
    scene.function.bury(eventbridge_event(landed))
    scene.ask({"action": "redrive", "object_uri": landed.uri, "object_version": landed.version})
    outcome = scene.deliver_queued(landed)
    while scene.function.has_messages:  # the event was queued more than once
        outcome = scene.deliver_queued(landed)
    return outcome


RUNS: dict[str, Callable[[Scene], str]] = {
    "a file": send_a_file,
    "a first attempt that fails": fail_at_first,
    "an upload that the store refuses": refuse_the_upload,
    "an upload with an unknown outcome": lose_the_answer_of_the_store,
    "a file during a rotation of its key": rotate_meanwhile,
    "a file that the checks refuse": refuse_a_file,
    "a zip": send_a_zip,
    "a pair": send_a_pair,
    "a half without the other": wait_for_the_other_half,
    "two files in one half": land_two_files_in_a_half,
    "the last receive of a file": fail_at_the_last_receive,
    "a dead letter of a file": lambda scene: bury(scene, scene.land("a.csv")),
    "a dead letter of a half": lambda scene: bury(scene, scene.land("d/train_src/a.csv")),
    "a dead letter that is no S3 event": bury_no_event,
    "a decision: send it again": decide_to_send_again,
    "a decision: it arrived": decide_that_it_arrived,
    "a person's redrive": redrive,
}
