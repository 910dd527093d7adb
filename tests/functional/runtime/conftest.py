"""The built functions, all but reconcile, each in AWS's own runtime client, between MiniStack and the stand-in."""

from __future__ import annotations

import json
import platform
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from local.built_functions import BuiltFunctions
from local.ministack import MiniStack
from local.prediction_one import PredictionOneStandIn
from local.sam import build
from local.strict_secrets import StrictSecrets
from tests.conftest import EVENTS, LAMBDA_RUNTIME
from tests.functional.tracking.conftest import Tracking
from tests.listener import Listener
from tests.tables import create_table, undeclared_steps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

PREFIX = "runtime"
RESULTS_BUCKET = "runtime-results"
SECRET_KEY = "5ec4e7-secret-key"


@pytest.fixture(autouse=True, scope="session")
def _on_linux() -> None:
    if platform.system() != "Linux":
        pytest.skip("AWS builds its runtime client for Linux only")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Any:
    """Build the functions, once for all test processes; give the built template."""
    own = tmp_path_factory.getbasetemp()
    return build((own if worker_id == "master" else own.parent) / "built-functions")


@pytest.fixture(scope="session")
def prediction_one() -> Iterator[PredictionOneStandIn]:
    """Run the stand-in for all tests, as the functions keep its address."""
    with PredictionOneStandIn({}, [SECRET_KEY], training_seconds=3600) as running:
        yield running


@pytest.fixture(scope="session")
def jobs_table(aws: MiniStack) -> Iterator[Table]:
    """Create the jobs table; at the end, no function has made a step that the table of transitions lacks."""
    table = create_table(aws, "JobsTable", f"{PREFIX}-jobs")
    yield table
    assert undeclared_steps(aws, table) == set()


@pytest.fixture(scope="session")
def topic_arn(aws: MiniStack) -> str:
    """Create the topic."""
    arn: str = aws.client("sns").create_topic(Name=f"{PREFIX}-notifications")["TopicArn"]
    return arn


@pytest.fixture(scope="session")
def tracking(aws: MiniStack, jobs_table: Table, prediction_one: PredictionOneStandIn) -> Tracking:
    """Give what begins jobs and looks at their items."""
    s3 = cast("S3Client", aws.client("s3"))
    s3.create_bucket(Bucket=RESULTS_BUCKET)
    return Tracking(jobs_table, create_table(aws, "ModelsTable", f"{PREFIX}-models"), s3, prediction_one, [])


@pytest.fixture(scope="session")
def strict_secrets(aws: MiniStack) -> Iterator[StrictSecrets]:
    """Run a Secrets Manager that is as strict as AWS's."""
    with StrictSecrets(aws) as running:
        yield running


@pytest.fixture(scope="session")
def functions(  # noqa: PLR0913, PLR0917 - what the functions work with
    template: Any,
    aws: MiniStack,
    tracking: Tracking,
    topic_arn: str,
    strict_secrets: StrictSecrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BuiltFunctions]:
    """Give the functions; nothing of them is left afterwards."""
    sqs = aws.client("sqs")
    known = {
        "AWS::StackName": PREFIX,
        "AnnounceDeadLetterQueue": sqs.create_queue(QueueName=f"{PREFIX}-letters")["QueueUrl"],
        "JobsTable": tracking.jobs.name,
        "LandingBucket": "runtime-landing",
        "ModelsTable": tracking.models.name,
        "NotificationTopic": topic_arn,
        "PredictionOneApiUrl": tracking.prediction_one.base_url,
        "ResultsBucket": RESULTS_BUCKET,
        "SecretPrefix": PREFIX,
        "SwitchFunction": "switch",
        "SwitchFunction.Arn": "arn:aws:lambda:us-east-1:000000000000:function:switch",
        "UploadDeadLetterQueue": sqs.create_queue(QueueName=f"{PREFIX}-uploads-dead")["QueueUrl"],
        "UploadFunction": "upload",
        "UploadFunction.Arn": "arn:aws:lambda:us-east-1:000000000000:function:upload",
        "UploadQueue": sqs.create_queue(QueueName=f"{PREFIX}-uploads")["QueueUrl"],
    }
    variables = {**aws.environment, "AWS_ENDPOINT_URL_SECRETS_MANAGER": strict_secrets.url}
    with BuiltFunctions(template, known, variables, tmp_path_factory.mktemp("functions")) as built:
        yield built


@pytest.fixture
def listener(aws: MiniStack, topic_arn: str) -> Iterator[Listener]:
    """Listen to everything that the functions tell during the test."""
    with Listener(aws, topic_arn) as listening:
        yield listening


@pytest.fixture
def api_key(secrets: SecretsManagerClient, prediction_one: PredictionOneStandIn, model: str) -> str:
    """Have a key issued for the model, store it, and return it."""
    key = prediction_one.issue_key(model)
    secrets.create_secret(Name=f"{PREFIX}/{model}", SecretString=json.dumps({"api_key": key, "model_id": model}))
    return key


@pytest.fixture
def no_secret_in_output(
    functions: BuiltFunctions, prediction_one: PredictionOneStandIn, record_property: Callable[[str, object], None]
) -> Iterator[None]:
    """Look, after a test, for keys and signed URLs in all that the functions wrote; note what they ran in."""
    yield
    written = functions.output()
    secrets = [*prediction_one.issued_keys(), SECRET_KEY, "X-Amz-", "upload-store", "results-store"]
    assert [secret for secret in secrets if secret in written] == []
    for user_agent in functions.user_agents:
        record_property(LAMBDA_RUNTIME, user_agent)


class SilentEndpoint:
    """A port that takes connections and never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def is_called(self) -> bool:
        """Return whether somebody waits for an answer."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """Break every connection off."""
        self._socket.close()


@pytest.fixture
def silent_endpoint() -> Iterator[SilentEndpoint]:
    """Give an AWS service that never answers."""
    endpoint = SilentEndpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture
def rotating(secrets: SecretsManagerClient, model: str, api_key: str) -> str:  # noqa: ARG001 - the secret must be there
    """Turn the rotation of the model's secret on, and return its name; the account's secret is there, too."""
    name = f"{PREFIX}/{model}"
    function = "arn:aws:lambda:us-east-1:000000000000:function:rotate"
    secrets.rotate_secret(SecretId=name, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 14})
    with suppress(secrets.exceptions.ResourceExistsException):
        secrets.create_secret(Name=f"{PREFIX}/_account", SecretString=json.dumps({"secret_key": SECRET_KEY}))
    return name


@pytest.fixture
def ending_key(secrets: SecretsManagerClient, model: str) -> Iterator[str]:
    """Store a key that ends in three days during the test, and return its model."""
    end_date = (datetime.now(UTC) + timedelta(days=3, hours=1)).isoformat()
    secrets.create_secret(Name=f"{PREFIX}/{model}", SecretString=json.dumps({"api_key": "k", "end_date": end_date}))
    yield model
    secrets.delete_secret(SecretId=f"{PREFIX}/{model}", ForceDeleteWithoutRecovery=True)


@pytest.fixture
def queued(aws: MiniStack, functions: BuiltFunctions) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Give a function that puts an S3 event into the upload queue, and returns it as Lambda hands it in from there."""
    sqs, queue_url = aws.client("sqs"), functions.definition("upload").variables["UPLOAD_QUEUE_URL"]
    handles: list[str] = []

    def through_queue(event: dict[str, Any]) -> dict[str, Any]:
        sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(event))
        (message,) = sqs.receive_message(QueueUrl=queue_url, MessageSystemAttributeNames=["All"])["Messages"]
        handles.append(message["ReceiptHandle"])
        identity = {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"]}
        record = {"eventSource": "aws:sqs", "attributes": message["Attributes"], "body": message["Body"]}
        return {"Records": [{**identity, **record}]}

    yield through_queue
    for handle in handles:
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=handle)


def sample(name: str) -> dict[str, Any]:
    """Return the sample event `events/{name}.json`."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event
