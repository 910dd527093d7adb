"""Least privilege: without any one action of its role, a function fails in a way that people see.

MiniStack does not check what Lambda itself does under a role: `policies.UNCHECKED_ACTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.prediction_one.values import Fault
from local.processes import wait_for
from local.rotation import ACCOUNT, rotate, rotation_function, store_account
from local.stack import LocalStack
from tests.e2e.keys.rotating import rotating_secret
from tests.e2e.policies import UNCHECKED_ACTIONS, allowed_actions, is_allowed, policy_of, without_action
from tests.e2e.reconciling.missing_actions import (
    check_is_logged,
    file_is_not_found,
    half_is_not_found,
    pass_is_not_completed,
)
from tests.e2e.scene import Scene
from tests.e2e.tracking.tracking import invoke, item, make_due, schedule_paused, switch
from tests.e2e.uploading.missing_actions import (
    dead_letters_stay_untold,
    failure_is_logged,
    file_is_not_sent_again,
    file_is_retried,
    letter_stays,
    pair_is_not_sent,
    unversioned_file_is_retried,
)
from tests.listener import Listener

MIB = 1024 * 1024
REFUSED = "An error occurred (A"  # AccessDenied, AccessDeniedException, AuthorizationError


def check_is_repeated(scene: Scene, error_code: str) -> None:
    """Show that the job's item says what was refused."""
    job = scene.finished_job()
    with scene.without_action():
        invoke(scene.stack, "Track")

    found = item(scene.stack, job)
    assert (found["status"], found["error_code"]) == ("TRAINING", error_code)
    assert "AccessDenied" in found["error_message"]


def run_fails(scene: Scene, error: str) -> None:
    """Show that the function's answer says what was refused."""
    with scene.without_action():
        answer = invoke(scene.stack, scene.function.capitalize())

    assert error in answer["errorMessage"]
    assert "(AccessDenied" in answer["errorMessage"]


def no_job_is_taken(scene: Scene, operation: str) -> None:
    """Show that the service is not even asked."""
    job = scene.finished_job()
    with scene.without_action():
        invoke(scene.stack, "Track")

    asked = [request.retrain_job_id for request in scene.stack.prediction_one.find_requests(operation)]
    assert job["retrain_job_id"] not in asked


def parts_stay(scene: Scene, _: str) -> None:
    """Show that the parts of a broken download stay in the bucket, unseen and paid for."""
    job, stand_in = scene.finished_job(), scene.stack.prediction_one
    stand_in.change_settings(results_padding_bytes=20 * MIB)
    stand_in.add_fault(Fault("download", "drop", at="mid_body", after_bytes=18 * MIB, model=scene.model, times=2))
    s3, bucket = scene.stack.aws.client("s3"), {"Bucket": scene.stack.outputs["ResultsBucketName"]}
    left = []
    for action in (scene.action, "none:None"):
        make_due(scene.stack, job)
        with without_action(scene.stack, scene.function, action):
            invoke(scene.stack, "Track")
        uploads = s3.list_multipart_uploads(**bucket).get("Uploads", [])
        left.append(len(uploads))
        for upload in uploads:
            s3.abort_multipart_upload(**bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    stand_in.change_settings(results_padding_bytes=0)

    assert left == [1, 0]


def switch_fails(scene: Scene, error: str) -> None:
    """Show that the answer says what was refused, and that with the action the same call succeeds."""
    job = scene.finished_job()
    invoke(scene.stack, "Track")
    with scene.without_action():
        refused = switch(scene.stack, job)

    assert error in refused["errorMessage"]
    assert "AccessDenied" in refused["errorMessage"]
    assert switch(scene.stack, job)["status"] == "SWITCHED"


def event_is_late(scene: Scene, log_text: str) -> None:
    """Show that the log says what was refused, and that event and e-mail arrive once it is allowed."""
    with scene.without_action():
        uri = scene.stack.land(f"{scene.model}/data.xlsx", b"refused")
        scene.wait_for_log(log_text + REFUSED, uri)
        assert scene.listener.notifications_of(uri) == []

    wait_for("the e-mail", lambda: scene.listener.notifications_of(uri))
    assert scene.listener.steps_of(uri)[-1] == ("UPLOADING", "REJECTED")


def e_mail_is_late(scene: Scene, log_text: str) -> None:
    """Try it with SNS refusing, as SQS is called only then; SNS's policy comes back first."""
    with scene.without_action(), without_action(scene.stack, scene.function, "sns:Publish"):
        uri = scene.stack.land(f"{scene.model}/data.xlsx", b"refused")
        scene.wait_for_log(log_text + REFUSED, uri)

    wait_for("the e-mail", lambda: scene.listener.notifications_of(uri))


def e_mail_is_kept(scene: Scene, log_text: str) -> None:
    """Show that people get no e-mail, that the log says why, and that programs get their event."""
    with scene.without_action():
        uri = scene.stack.land(f"{scene.model}/data.xlsx", b"refused")
        scene.wait_for_log(log_text, REFUSED, uri)

    wait_for("the event", lambda: scene.listener.steps_of(uri)[-1:] == [("UPLOADING", "REJECTED")])
    assert scene.listener.notifications_of(uri) == []


def rotation_stops(scene: Scene, step: str) -> None:
    """Show that the step fails and says that a policy may forbid it, and that the live key stays."""
    old = scene.stack.prediction_one.issue_key(scene.model)
    secret = rotating_secret(scene.stack, scene.model, api_key=old, model_id=scene.model)
    store_account(scene.stack)
    with rotation_function(scene.stack), scene.without_action():
        last = rotate(scene.stack, secret.name, attempts=1)[-1]

    assert last.step == step
    assert "AccessDenied" in str(last.failure)
    assert "Does a policy forbid it?" in str(last.failure)
    assert secret.value()["api_key"] == old


def warning_is_logged(scene: Scene, log_text: str) -> None:
    """Show that the log says what could not be done for which model."""
    end_date = (datetime.now(UTC) + timedelta(days=5.5)).strftime("%Y/%m/%d %H:%M:%S")
    key = scene.stack.prediction_one.issue_key(scene.model)
    secret = rotating_secret(scene.stack, scene.model, api_key=key, end_date=end_date)
    with scene.without_action():
        invoke(scene.stack, "Watch")
    secret.client.delete_secret(SecretId=secret.name, ForceDeleteWithoutRecovery=True)

    scene.wait_for_log(scene.model, log_text, "A")


def page_says_so(scene: Scene, what: str) -> None:
    """Show that the page is there, and names what it lacks."""
    scene.stack.add_model(scene.model)
    with scene.without_action():
        html = scene.stack.invoke("Page", {})

    assert what in html
    assert f"must allow {scene.action}" in html


NEEDED: dict[tuple[str, str], tuple[Callable[[Scene, str], None], str]] = {
    ("upload", "s3:GetObject"): (unversioned_file_is_retried, "OBJECT_UNREADABLE"),
    ("upload", "s3:GetObjectVersion"): (file_is_retried, "OBJECT_UNREADABLE"),
    ("upload", "secretsmanager:GetSecretValue"): (file_is_retried, "API_KEY_UNAVAILABLE"),
    ("upload", "s3:ListBucket"): (pair_is_not_sent, "AccessDenied) when calling the ListObjectsV2"),
    ("upload", "dynamodb:Query"): (pair_is_not_sent, "could not be read (AccessDenied"),
    ("upload", "dynamodb:DeleteItem"): (pair_is_not_sent, "refused to delete an item (AccessDenied"),
    ("upload", "dynamodb:UpdateItem"): (failure_is_logged, "TABLE_UNAVAILABLE"),
    ("upload", "sqs:ChangeMessageVisibility"): (failure_is_logged, "delay could not be set"),
    ("upload", "sqs:ReceiveMessage"): (dead_letters_stay_untold, "could not be read (AccessDenied"),
    ("upload", "sqs:SendMessage"): (file_is_not_sent_again, "refused a message (AccessDenied"),
    ("upload", "sqs:DeleteMessage"): (letter_stays, "refused to delete a message (AccessDenied"),
    ("track", "s3:PutObject"): (check_is_repeated, "RESULTS_NOT_STORED"),
    ("track", "s3:AbortMultipartUpload"): (parts_stay, ""),
    ("track", "secretsmanager:GetSecretValue"): (check_is_repeated, "API_KEY_UNAVAILABLE"),
    ("track", "dynamodb:Query"): (run_fails, "could not be read"),
    ("track", "dynamodb:UpdateItem"): (no_job_is_taken, "status"),
    ("switch", "dynamodb:Query"): (switch_fails, "could not be read"),
    ("switch", "dynamodb:GetItem"): (switch_fails, "could not be read"),
    ("switch", "dynamodb:UpdateItem"): (switch_fails, "refused a write"),
    ("switch", "secretsmanager:GetSecretValue"): (switch_fails, "did not return the secret"),
    ("announce", "events:PutEvents"): (event_is_late, "EventBridge refused the event: "),
    ("announce", "sqs:SendMessage"): (e_mail_is_late, "The dead-letter queue refused it, too: "),
    ("announce", "sns:Publish"): (e_mail_is_kept, "SNS refused"),
    ("rotate", "secretsmanager:DescribeSecret"): (rotation_stops, "createSecret"),
    ("rotate", "secretsmanager:GetSecretValue"): (rotation_stops, "createSecret"),
    ("rotate", "secretsmanager:PutSecretValue"): (rotation_stops, "createSecret"),
    ("rotate", "secretsmanager:UpdateSecretVersionStage"): (rotation_stops, "finishSecret"),
    ("watch", "secretsmanager:ListSecrets"): (run_fails, "did not list the secrets"),
    ("watch", "secretsmanager:GetSecretValue"): (warning_is_logged, "is unknown"),
    ("watch", "events:PutEvents"): (warning_is_logged, "EventBridge refused"),
    ("watch", "sns:Publish"): (warning_is_logged, "SNS refused"),
    ("reconcile", "s3:ListBucketVersions"): (file_is_not_found, "did not list the versions"),
    ("reconcile", "s3:GetBucketNotification"): (check_is_logged, "notifications could not be checked"),
    ("reconcile", "dynamodb:BatchGetItem"): (file_is_not_found, "could not be read (AccessDenied"),
    ("reconcile", "dynamodb:Query"): (half_is_not_found, "could not be read (AccessDenied"),
    ("reconcile", "dynamodb:UpdateItem"): (pass_is_not_completed, "refused a write (AccessDenied"),
    ("reconcile", "sqs:SendMessage"): (file_is_not_found, "refused messages (AccessDenied"),
    ("reconcile", "sqs:GetQueueAttributes"): (check_is_logged, "did not say how many messages wait"),
    ("reconcile", "sns:Publish"): (check_is_logged, "missing files could not be sent"),
    ("page", "secretsmanager:ListSecrets"): (page_says_so, "The models cannot be listed"),
    ("page", "dynamodb:Query"): (page_says_so, "Waiting files cannot be shown"),
    ("page", "dynamodb:BatchGetItem"): (page_says_so, "What is live cannot be shown"),
}
"""What happens without each function's each action, and what shows it."""

FUNCTIONS = ("upload", "track", "switch", "announce", "rotate", "watch", "reconcile", "page")


@pytest.fixture(scope="module", autouse=True)
def _no_scheduled_runs(stack: LocalStack) -> Iterator[None]:
    with schedule_paused(stack):
        yield


@pytest.mark.parametrize(("function", "action"), NEEDED)
def test_function_needs_the_action(  # noqa: PLR0913, PLR0917 - a scene is set with all of them
    stack: LocalStack,
    model: str,
    listener: Listener,
    wait_for_job: Callable[..., dict[str, Any]],
    function: str,
    action: str,
) -> None:
    """What fails without it is recorded or logged, and nothing is lost."""
    happens, shown = NEEDED[function, action]

    happens(Scene(stack, model, listener, wait_for_job, function, action), shown)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_action_is_tried_here(stack: LocalStack, function: str) -> None:
    """An action that nobody misses has no place in a role; a VPC's are not deployed here."""
    tried = {action for name, action in NEEDED if name == function}

    assert allowed_actions(stack, function) == tried | UNCHECKED_ACTIONS[function]


@pytest.mark.parametrize("function", ["upload", "track", "switch", "watch"])
def test_account_secret_key_is_out_of_reach(stack: LocalStack, function: str) -> None:
    """It can issue keys for every model; a model whose name begins with an underscore is the account's."""
    denied = [part for part in policy_of(stack, function)["Statement"] if part["Effect"] == "Deny"]

    assert [part["Action"] for part in denied] == ["secretsmanager:GetSecretValue"]
    assert denied[0]["Resource"].endswith(":secret:prediction-one/_*")


@pytest.mark.parametrize("name", ["prediction-one/penguins", ACCOUNT, "prediction-one-else/penguins", "penguins"])
def test_only_secrets_of_models_are_changed(stack: LocalStack, name: str) -> None:
    """The rotate function reads and describes the account's secret, the watch function does not; both keep inside."""
    arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-a1B2c3"
    reads = {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
    allowed = {"prediction-one/penguins": {a for f, a in NEEDED if f == "rotate"}, ACCOUNT: reads}.get(name, set())

    assert {a for f, a in NEEDED if f == "rotate" and is_allowed(stack, f, a, arn)} == allowed
    assert is_allowed(stack, "watch", "secretsmanager:GetSecretValue", arn) == (name == "prediction-one/penguins")
