"""`p1-retrain` on the deployed stack, by a viewer and by an operator, whose policies are enforced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.processes import wait_for
from local.stack import STACK_NAME, LocalStack
from tests.e2e.command_line.conftest import Terminal
from tests.e2e.conftest import CSV, given_up_at_once, notifications_off, rule_disabled
from tests.e2e.tracking.tracking import begin, finish, in_service, invoke, make_due

WaitForJob = Callable[..., dict[str, Any]]

WELL, NEEDS_A_PERSON, NOT_DONE = 0, 1, 2


def test_all_is_well_at_rest(viewer: Terminal) -> None:
    """On an empty stack; the first test here."""
    assert viewer.run("status")[0] == WELL
    assert viewer.ask("status")["is_well"] is True
    assert viewer.run("keys") == (WELL, "There is no model yet. Set one up: p1-retrain keys add MODEL --model-id ID\n")
    assert viewer.run("dead-letters") == (WELL, "Both dead-letter queues are empty.\n")


def test_file_with_an_awkward_name_is_explained(
    stack: LocalStack, viewer: Terminal, model: str, wait_for_job: WaitForJob
) -> None:
    """Where it stands, what comes next, and its log, without a key or a URL."""
    key = stack.add_model(model)
    uri = stack.land(f"{model}/ペンギン 1+1 %41.csv", CSV)
    job = wait_for_job(uri, "TRAINING")

    exit_status, printed = viewer.run("why", uri)
    (file,) = viewer.ask("files", model)["files"]

    assert exit_status == WELL
    assert f"retrain_job_id: {job['retrain_job_id']}" in printed
    assert "The service retrains the model" in printed
    assert "The next check is due at 20" in printed
    assert "Upload complete" in printed
    assert (key in printed, "X-Amz" in printed) == (False, False)
    assert (file["state"], file["item"]["object_uri"]) == ("TRAINING", uri)


def test_refused_file_needs_a_person(stack: LocalStack, viewer: Terminal, model: str, wait_for_job: WaitForJob) -> None:
    """The reason and what to do, in the words of the e-mail; the status says so, too."""
    uri = stack.land(f"{model}/empty.csv", b"")
    wait_for_job(uri, "REJECTED")
    stack.add_model(model)

    exit_status, printed = viewer.run("why", uri)
    (finding,) = [each for each in viewer.ask("status")["findings"] if each["about"] == f"model {model}"]

    assert exit_status == NEEDS_A_PERSON
    assert "EMPTY_FILE: empty.csv is empty" in printed
    assert "What to do: correct the file and land it again." in printed
    assert (finding["is_well"], finding["to_do"]) == (False, f"p1-retrain why '{uri}'")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("{model}/_hidden.csv", "It is ignored"),
        ("{model}/folder/", "It is ignored"),
        ("{model}/never.csv", "There is no such object in the bucket"),
        ("stray.csv", "stray.csv is in no model's folder"),
    ],
)
def test_file_without_an_item_is_explained(
    stack: LocalStack, viewer: Terminal, model: str, key: str, says: str
) -> None:
    """Ignored, not there, or in the wrong place."""
    assert says in viewer.run("why", f"s3://{stack.outputs['LandingBucketName']}/{key.format(model=model)}")[1]


def test_file_whose_event_has_not_come_is_explained(
    stack: LocalStack, viewer: Terminal, operator: Terminal, model: str, wait_for_job: WaitForJob
) -> None:
    """It may be on its way; when it is not, a backfill shows what it would start, and does it if told to."""
    stack.add_model(model)
    with rule_disabled(stack):
        uri = stack.land(f"{model}/lost.csv", CSV)
    today = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")

    assert "Its event may be on its way" in viewer.run("why", uri)[1]
    refused = operator.run("backfill", "--since", today, "--prefix", f"{model}/")
    done = operator.run("backfill", "--since", today, "--prefix", f"{model}/", "--yes")
    wait_for_job(uri, "TRAINING")

    assert (refused[0], done[0]) == (NOT_DONE, WELL)
    assert "Nothing was changed. It would start 1 retrainings" in refused[1]
    assert "Queued 1 files." in done[1]


def test_given_up_file_is_sent_again(
    stack: LocalStack, viewer: Terminal, operator: Terminal, model: str, wait_for_job: WaitForJob
) -> None:
    """The letter says which file and why; it is deleted when the file is sent."""
    with given_up_at_once(stack):
        uri = stack.land(f"{model}/data.csv", CSV)  # there is no secret
        letters = wait_for("the letter", lambda: viewer.ask("dead-letters")["dead_letters"])
    stack.add_model(model)
    looked = viewer.run("why", uri)
    wait_for("the letter again", lambda: viewer.ask("dead-letters")["dead_letters"])  # a look hides it for 2 s

    done = wait_for("the redrive", lambda: _redriven(operator, uri))
    wait_for_job(uri, "TRAINING")

    assert [(each["queue"], each["what"]) for each in letters] == [("upload", uri)]
    assert "API_KEY_UNAVAILABLE" in letters[0]["reason"]
    assert (looked[0], "given up since" in looked[1]) == (NEEDS_A_PERSON, True)
    assert "Sent 1 files again." in done
    assert viewer.run("dead-letters")[0] == WELL


def _redriven(operator: Terminal, uri: str) -> str | None:
    exit_status, printed = operator.run("redrive", uri, "--yes")
    return printed if exit_status == WELL else None


def test_finished_job_is_switched_by_its_file(
    stack: LocalStack, viewer: Terminal, operator: Terminal, model: str
) -> None:
    """Not by a viewer, and not without being asked; the record names who did it."""
    stack.add_model(model)
    job = begin(stack, model)
    finish(stack, job)
    make_due(stack, job)
    invoke(stack, "Track")

    denied = viewer.run("switch", job["object_uri"], "--yes")
    unasked = operator.run("switch", job["object_uri"])
    done = operator.run("switch", job["object_uri"], "--yes")

    assert (denied[0], "You may not do lambda:InvokeFunction" in denied[1]) == (NOT_DONE, True)
    assert (unasked[0], "To do it, add --yes." in unasked[1]) == (NOT_DONE, True)
    assert (done[0], in_service(stack, model)) == (WELL, [job["retrain_job_id"]])
    (file,) = viewer.ask("files", model)["files"]
    assert file["item"]["switched_by"].endswith(":user/operator)")


def test_decision_is_recorded(stack: LocalStack, operator: Terminal, model: str, wait_for_job: WaitForJob) -> None:
    """Of an upload whose outcome nobody can find out; a file without one is told where it stands."""
    job = wait_for_job(stack.land(f"{model}/data.csv", CSV), "RETRYING")
    unneeded = operator.run("resolve", job["object_uri"], "--send-again", "--yes")
    stack.aws.dynamodb().Table(stack.outputs["JobsTableName"]).update_item(
        Key={name: job[name] for name in ("object_uri", "object_version")},
        UpdateExpression="SET error_code = :code, given_up_at = :now, retrain_job_id = :job",
        ExpressionAttributeValues={
            ":code": "OUTCOME_NEEDS_DECISION",
            ":job": "a-job",
            ":now": job["updated_at"],
        },
    )
    done = operator.run("resolve", job["object_uri"], "--arrived", "a-job", "--yes")

    assert (unneeded[0], "waits for a decision" in unneeded[1]) == (NOT_DONE, True)
    assert (done[0], "is now TRAINING" in done[1]) == (WELL, True)
    wait_for_job(job["object_uri"], "TRAINING")


def test_model_is_set_up_without_a_secret_on_the_command_line(
    stack: LocalStack, operator: Terminal, model: str
) -> None:
    """MiniStack's RotateSecret calls no function, so only the secret and its rotation are seen here."""
    done = operator.run("keys", "add", model, "--model-id", "id-1", "--yes")
    again = operator.run("keys", "add", model, "--model-id", "id-1", "--yes")

    described = stack.aws.client("secretsmanager").describe_secret(SecretId=f"prediction-one/{model}")
    assert (done[0], described["RotationEnabled"]) == (WELL, True)
    assert (again[0], "exists already" in again[1]) == (NOT_DONE, True)


def test_notifications_that_are_off_are_no_good_health(stack: LocalStack, viewer: Terminal) -> None:
    """The status says so, and what to do."""
    with notifications_off(stack):
        exit_status, printed = viewer.run("status")

    assert (exit_status, "off: no landed file is noticed" in printed) == (NEEDS_A_PERSON, True)


def test_costs_are_what_was_measured_times_the_price_list(stack: LocalStack, viewer: Terminal) -> None:
    """Lambda's calls are MiniStack's; what MiniStack does not measure is sent here as AWS sends it."""
    own = f"PredictionOneRetrain/{STACK_NAME}"
    for namespace, name, dimensions, value in (
        ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", {"TableName": stack.outputs["JobsTableName"]}, 1_000_000),
        ("AWS/Logs", "IncomingBytes", {"LogGroupName": f"/aws/lambda/{STACK_NAME}/upload"}, 2_000_000_000),
        (own, "FilesUploaded", {"service": "upload"}, 1000),
        (own, "BytesUploaded", {"service": "upload"}, 10 * 1024**3),
    ):
        described = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        datum = {"MetricName": name, "Dimensions": described, "Value": float(value)}
        stack.aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])

    found = viewer.ask("costs", "--days", "1")
    exit_status, printed = viewer.run("costs", "--days", "1")

    dollars = {cost["component"]: cost["dollars"] for cost in found["traffic"]}
    assert (found["files"], found["gib"], exit_status) == (1000, 10.0, WELL)
    assert dollars["tables"] == pytest.approx(0.625)
    assert dollars["logs"] == pytest.approx(1.0)
    assert dollars["data sent to the service"] == pytest.approx(0.9)
    assert dollars["function upload"] > 0
    assert found["per_file"] == pytest.approx(sum(dollars.values()) / 1000)
    assert {cost["component"]: cost["dollars"] for cost in found["at_rest_month"]}["alarms"] == pytest.approx(2.0)
    assert "Prices of us-east-1" in printed


def test_unknown_stack_is_one_sentence(viewer: Terminal) -> None:
    """A viewer may not even ask for another stack."""
    exit_status, printed = viewer.run("--stack", "no-such-stack", "status")

    assert exit_status == NOT_DONE
    assert printed.startswith(("There is no stack no-such-stack", "You may not do cloudformation:DescribeStacks"))
