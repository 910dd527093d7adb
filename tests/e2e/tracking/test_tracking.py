"""The jobs of the deployed stack are followed to their results, by the real schedule and by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.stack import STACK_NAME, LocalStack
from tests.e2e.conftest import CSV
from tests.e2e.tracking.tracking import begin, finish, invoke, item, make_due, schedule_of, schedule_paused, stored

WaitForJob = Callable[..., dict[str, Any]]


@pytest.fixture
def by_hand(stack: LocalStack) -> Iterator[None]:
    """Keep the schedule away."""
    with schedule_paused(stack):
        yield


def test_schedule_follows_a_job_to_its_results(stack: LocalStack, model: str, wait_for_job: WaitForJob) -> None:
    """Nobody invokes anything: at the schedule's next minute the results are there."""
    stack.add_model(model)
    job = begin(stack, model)
    finish(stack, job)

    finished = wait_for_job(job["object_uri"], "FINISHED", timeout_seconds=150)

    key = f"{model}/{job['retrain_job_id']}/results.zip"
    assert finished["result_uri"] == f"s3://{stack.outputs['ResultsBucketName']}/{key}"
    assert stored(stack, job) == [key]
    assert finished["service_status"] == "job_finished"
    assert "open_job" not in finished


def test_run_that_fails_is_not_repeated(stack: LocalStack) -> None:
    """Neither by Lambda, which repeats an asynchronous invocation twice by default, nor by the schedule."""
    name = stack.outputs["TrackFunctionName"]

    functions = stack.aws.client("lambda")
    by_lambda = functions.get_function_event_invoke_config(FunctionName=name, Qualifier="$LATEST")
    by_schedule = schedule_of(stack, name)["Target"]["RetryPolicy"]

    assert by_lambda["MaximumRetryAttempts"] == 0
    assert by_schedule["MaximumRetryAttempts"] == 0


@pytest.mark.parametrize("function", ["Track", "Watch"])
def test_schedule_is_named_after_its_stack(stack: LocalStack, function: str) -> None:
    """A fixed name, as SAM gives by default, would keep a second stack out of the account and region."""
    assert schedule_of(stack, stack.outputs[f"{function}FunctionName"])["Name"].startswith(f"{STACK_NAME}-")


@pytest.mark.usefixtures("by_hand")
def test_results_and_other_files_in_the_results_bucket_are_never_uploaded(
    stack: LocalStack, model: str, wait_for_job: WaitForJob
) -> None:
    """Not even a training file under a model's name: what landed after it in the landing bucket is sent, it is not."""
    stack.add_model(model)
    job = begin(stack, model)
    finish(stack, job)
    make_due(stack, job)
    invoke(stack, "Track")
    wait_for_job(job["object_uri"], "FINISHED")
    bucket = stack.outputs["ResultsBucketName"]
    stack.aws.client("s3").put_object(Bucket=bucket, Key=f"{model}/in-the-wrong-bucket.csv", Body=CSV)

    begin(stack, model, "later")

    assert [upload.filename for upload in stack.prediction_one.find_uploads(model=model)] == ["data.csv", "later.csv"]
    assert stack.jobs(f"s3://{bucket}/{model}/in-the-wrong-bucket.csv") == []
    assert stack.jobs(finished_uri := item(stack, job)["result_uri"]) == [], finished_uri


@pytest.mark.usefixtures("by_hand")
def test_deleted_job_is_failed_with_the_reason(stack: LocalStack, model: str) -> None:
    """As the service words it."""
    stack.add_model(model)
    job = begin(stack, model)
    stack.prediction_one.delete_job(job["retrain_job_id"])
    make_due(stack, job)

    invoke(stack, "Track")

    failed = item(stack, job)
    assert (failed["status"], failed["error_code"]) == ("FAILED", "DELETED_AT_SERVICE")
    assert "This job may be deleted." in failed["error_message"]
