"""Every alarm fires by its real cause on the deployed template: one e-mail, which names the section of the runbook.

`local/cloudwatch.py` evaluates the alarms, as MiniStack does it wrongly. Two causes take longer than a test: that a
file is on its way for an hour (its item is dated back), and that nothing runs for two days (they are evaluated ahead).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from local.cloudwatch import ALARM, OK, CloudWatch
from local.environments import environment_with
from local.prediction_one.values import Fault
from local.processes import wait_for
from local.rotation import rotate, rotation_function, secret_of, stage, store_account, turn_rotation_on
from local.stack import LocalStack
from tests.e2e.conftest import CSV, given_up_at_once, rule_disabled, take_dead_letter
from tests.e2e.policies import without_action
from tests.e2e.telling.alarms import Rewriting, Scene, TwoHoursAgo, broken_import
from tests.e2e.tracking.tracking import begin, finish, invoke, make_due, schedule_paused
from tests.listener import Listener


@pytest.fixture(scope="module")
def stack(start: Callable[..., LocalStack]) -> Iterator[LocalStack]:
    """Give a stack of its own, as other tests' errors would be alarms, too."""
    with start(SwitchPolicy="Automatic") as running, schedule_paused(running):
        for function in ("Track", "Watch", "Reconcile"):
            running.invoke(function, {})
        yield running


@pytest.fixture(scope="module")
def cloudwatch(stack: LocalStack) -> CloudWatch:
    """Give what evaluates the alarms."""
    return CloudWatch(stack.aws)


@pytest.fixture
def scene(stack: LocalStack, cloudwatch: CloudWatch, model: str) -> Iterator[Scene]:
    """Give the scene; only what happens from here on is told."""
    before = {name for name, state in cloudwatch.evaluate().items() if state == ALARM}
    with Listener(stack.aws, stack.outputs["NotificationTopicArn"]) as listener:
        yield Scene(stack, cloudwatch, listener, model, before)


def test_every_alarm_is_ok_at_rest(scene: Scene) -> None:
    """After the schedules have run once; nobody gets an e-mail."""
    states = scene.states()

    assert {name for name, state in states.items() if state != OK} == set()
    assert len(states) == 20
    assert scene.mails() == []


def test_missing_and_refused_keys_are_one_alarm(scene: Scene) -> None:
    """At once, long before the files are given up; and once, though they are tried again every 15 minutes."""
    missing = scene.land()
    scene.wait_for_item(missing, "RETRYING")
    scene.stack.add_model(f"{scene.model}-2", api_key="refused-5ec4e7")
    refused = scene.stack.land(f"{scene.model}-2/data.csv", CSV)
    scene.wait_for_item(refused, "RETRYING")

    assert scene.firing() == {"CredentialRejections"}
    assert scene.states("CredentialRejections", seconds_ahead=16 * 60) == {"CredentialRejections": ALARM}
    assert scene.mails() == ["ALARM CredentialRejections"]


def test_service_that_is_down_is_an_alarm_after_an_hour(scene: Scene) -> None:
    """One e-mail, although its files, its jobs and its keys all fail."""
    scene.stack.add_model(scene.model)
    scene.stack.prediction_one.change_settings(down=True)
    job = scene.stuck_for_two_hours()
    during = scene.firing()
    fixed_at = scene.next_second()
    scene.stack.prediction_one.change_settings(down=False)
    scene.trained(job)

    assert during == {"OldestUnfinishedFile"}
    assert scene.state_since(fixed_at, "OldestUnfinishedFile") == OK
    assert scene.mails() == ["ALARM OldestUnfinishedFile", "OK OldestUnfinishedFile"]


def test_wrong_account_key_is_a_failed_rotation(scene: Scene) -> None:
    """Every repetition of the rotation fails; it is told once."""
    scene.stack.add_model(scene.model)
    turn_rotation_on(scene.stack.aws, secret_of(scene.model), scene.stack.outputs["RotateFunctionName"])
    with rotation_function(scene.stack):
        store_account(scene.stack, "wrong-5ec4e7")
        token = stage(scene.stack.aws, secret_of(scene.model))
        rotate(scene.stack, secret_of(scene.model), token)
        during = scene.firing()
        fixed_at = scene.next_second()
        store_account(scene.stack)
        (*_, last) = rotate(scene.stack, secret_of(scene.model), token)

    assert (during, last.failure) == ({"RotationFailures"}, None)
    assert scene.state_since(fixed_at, "RotationFailures") == OK
    assert scene.mails() == ["ALARM RotationFailures"]


def test_rule_that_is_off_is_told_with_the_files_it_missed(scene: Scene) -> None:
    """By the reconcile function alone, at its daily run; the alarm shows its state."""
    scene.stack.add_model(scene.model)
    with rule_disabled(scene.stack):
        uri = scene.land()
    with (
        TwoHoursAgo(Rewriting, scene.stack.aws.endpoint_url, scene.stack.aws.ca_bundle) as listing,
        environment_with(scene.stack, "reconcile", AWS_ENDPOINT_URL_S3=listing.url),
    ):
        answer = invoke(scene.stack, "Reconcile")
    scene.wait_for_item(uri, "TRAINING")

    assert answer["sent"] == 1
    assert scene.firing() == {"ReconcileMissing"}
    (subject,) = scene.mails()
    assert subject.startswith("Prediction One retrain: 1 files missing")


def test_table_that_refuses_is_an_error_of_the_upload_function(scene: Scene) -> None:
    """Three files, as one failure is no alarm. Afterwards they are sent."""
    scene.stack.add_model(scene.model)
    with without_action(scene.stack, "upload", "dynamodb:UpdateItem"):
        uris = [scene.land(str(number)) for number in range(3)]
        wait_for("the alarm", lambda: scene.states("UploadErrors") == {"UploadErrors": ALARM})

    assert scene.firing() == {"UploadErrors"}
    assert scene.mails() == ["ALARM UploadErrors"]
    invoke(scene.stack, "Reconcile", {"since": "2026-01-01T00:00:00Z", "prefix": f"{scene.model}/"})
    for uri in uris:
        scene.wait_for_item(uri, "TRAINING")


@pytest.mark.parametrize("function", ["Track", "Watch", "Reconcile"])
def test_handler_that_cannot_be_imported_is_an_error(scene: Scene, function: str) -> None:
    """A deployment broke it: no line of ours runs. The track function may fail twice."""
    with broken_import(scene.stack, function):
        failures = [invoke(scene.stack, function) for _ in range(3)]

    assert all("errorMessage" in failure for failure in failures)
    assert scene.firing() == {f"{function}Errors"}
    assert scene.mails() == [f"ALARM {function}Errors"]


def test_schedules_that_do_not_run_are_missed(scene: Scene) -> None:
    """Two days without a run; it is over with the next."""
    names = ("TrackHeartbeat", "WatchHeartbeat", "ReconcileHeartbeat")
    missed = scene.states(*names, seconds_ahead=3 * 86400)
    invoke(scene.stack, "Track")
    running = scene.states(*names)

    assert (set(missed.values()), set(running.values())) == ({ALARM}, {OK})
    assert sorted(scene.mails()) == sorted(f"{state} {name}" for state in (ALARM, OK) for name in names)


def test_given_up_file_is_a_dead_letter_until_it_is_redriven(scene: Scene) -> None:
    """The file has an e-mail of its own; the alarm stays until the queue is empty, and says when it is."""
    sqs, dead_letters = scene.stack.aws.client("sqs"), scene.stack.outputs["UploadDeadLetterQueueUrl"]
    with given_up_at_once(scene.stack):
        uri = scene.land()  # there is no secret
        # Other tests' files may be given up meanwhile, too: this one's letter is waited for.
        letter = wait_for("the dead letter", lambda: take_dead_letter(scene.stack, scene.model))
    wait_for("the alarm", lambda: scene.states("UploadDeadLetters") == {"UploadDeadLetters": ALARM})
    scene.stack.add_model(scene.model)
    fixed_at = scene.next_second()
    sqs.purge_queue(QueueUrl=dead_letters)
    sqs.send_message(QueueUrl=scene.stack.outputs["UploadQueueUrl"], MessageBody=letter["Body"])
    scene.wait_for_item(uri, "TRAINING")

    assert scene.state_since(fixed_at, "UploadDeadLetters") == OK
    given_up = f"Prediction One retrain: given up: {scene.model}"
    assert {"ALARM UploadDeadLetters", "OK UploadDeadLetters", given_up} <= set(scene.mails())
    assert scene.mails().count("ALARM UploadDeadLetters") == 1


def test_refused_email_is_a_dead_letter_of_the_announce_function(scene: Scene) -> None:
    """The letter keeps its text; the alarm's own e-mail goes another way."""
    with without_action(scene.stack, "announce", "sns:Publish"):
        scene.stack.land(f"{scene.model}/data.xlsx", b"refused")
        wait_for("the alarm", lambda: scene.states("AnnounceDeadLetters") == {"AnnounceDeadLetters": ALARM})
    scene.stack.aws.client("sqs").purge_queue(QueueUrl=scene.stack.outputs["AnnounceDeadLetterQueueUrl"])

    assert scene.firing() == {"AnnounceDeadLetters", "NotificationsFailed"}
    assert scene.mails() == ["ALARM AnnounceDeadLetters"]


def test_events_that_are_refused_for_long_are_errors_of_the_announce_function(scene: Scene) -> None:
    """Each is retried; one failure only shows its state."""
    with without_action(scene.stack, "announce", "events:PutEvents"):
        scene.stack.land(f"{scene.model}/data.xlsx", b"refused")
        wait_for("the alarm", lambda: scene.states("AnnounceErrors") == {"AnnounceErrors": ALARM}, 120)

    assert scene.firing() == {"AnnounceErrors", "AnnouncementsFailed"}
    wait_for("what was retried", lambda: len(scene.mails()) == 2)
    assert sorted(scene.mails()) == ["ALARM AnnounceErrors", f"Prediction One retrain: file refused: {scene.model}"]


def test_status_changes_that_wait_are_an_alarm(scene: Scene) -> None:
    """MiniStack does not measure their age: it is sent here as Lambda sends it."""
    states = []
    for age_hours, seconds_ahead in ((2, 0), (0, 400)):
        datum = {
            "MetricName": "IteratorAge",
            "Dimensions": [{"Name": "FunctionName", "Value": scene.stack.outputs["AnnounceFunctionName"]}],
            "Timestamp": datetime.now(UTC) + timedelta(seconds=seconds_ahead),
            "Value": age_hours * 3_600_000,
        }
        scene.stack.aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[datum])
        states.append(scene.states("AnnounceIteratorAge", seconds_ahead=seconds_ahead + 1)["AnnounceIteratorAge"])

    assert states == [ALARM, OK]
    assert scene.mails() == ["ALARM AnnounceIteratorAge", "OK AnnounceIteratorAge"]


def test_failed_switches_are_told_by_those_who_know_of_them(scene: Scene) -> None:
    """By the answer to whoever asked, and by the e-mail that names the file."""
    scene.stack.add_model(scene.model)
    job = begin(scene.stack, scene.model)
    scene.stack.prediction_one.add_fault(Fault("switch", "status", status=503, times=5, model=scene.model))
    finish(scene.stack, job)
    make_due(scene.stack, job)
    invoke(scene.stack, "Track")
    refused = invoke(scene.stack, "Switch", {"retrain_job_id": "no-such-job"})

    wait_for("both e-mails", lambda: len(scene.mails()) == 2)
    assert "no-such-job" in refused["errorMessage"]
    assert scene.firing() == {"SwitchErrors", "SwitchesFailed"}
    subjects = [f"Prediction One retrain: {what}: {scene.model}" for what in ("finished", "not live")]
    assert sorted(scene.mails()) == subjects


def test_key_that_ends_soon_is_told_with_its_model(scene: Scene) -> None:
    """By the watch function, daily; the alarm shows its state."""
    soon = (datetime.now(UTC) + timedelta(days=3, hours=1)).isoformat()
    scene.stack.aws.client("secretsmanager").create_secret(
        Name=secret_of(scene.model), SecretString=json.dumps({"api_key": "5ec4e7-key", "end_date": soon})
    )
    invoke(scene.stack, "Watch")

    assert scene.firing() == {"ApiKeyDaysLeft"}
    assert scene.mails() == [f"The API key of {scene.model} ends in 3 days"]


def test_nobody_else_writes_to_people(stack: LocalStack) -> None:
    """Not even an administrator: whoever reads such an e-mail follows it. MiniStack asks no policy for alarms."""
    with pytest.raises(ClientError, match="AuthorizationError"):
        stack.aws.client("sns").publish(TopicArn=stack.outputs["NotificationTopicArn"], Message="Click here")
