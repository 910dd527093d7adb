"""The whole product on this machine: MiniStack, the stand-in of Prediction One, and the real template deployed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from local.ministack import MiniStack
from local.prediction_one.control import StandInControl
from local.processes import BackgroundProgram
from local.sam import build, sam

if TYPE_CHECKING:
    from types import TracebackType

REPOSITORY = Path(__file__).resolve().parents[1]
STACK_NAME = "prediction-one-retrain"
SECRET_KEY = "local-secret-key"  # noqa: S105 - the stand-in's own


class LocalStack:
    """The deployed stack; a context manager that starts and ends all of it.

    Parameters
    ----------
    work_dir
        An existing directory for its files.
    parameters
        Template parameters beside `PredictionOneApiUrl`.
    training_seconds
        How long the stand-in takes to retrain a model.
    build_dir
        Where the built template is, or is put if it is not there: stacks can share it.

    Attributes
    ----------
    aws
        MiniStack.
    prediction_one
        Asks and steers the stand-in.
    outputs
        The deployed stack's outputs by name.
    api_keys
        Those in the models' secrets.
    """

    def __init__(
        self,
        work_dir: Path,
        parameters: Mapping[str, str] | None = None,
        training_seconds: float = 2,
        build_dir: Path | None = None,
    ) -> None:
        self._work_dir = work_dir
        self._build_dir = build_dir or work_dir / "build"
        self._parameters = dict(parameters or {})
        self._training_seconds = training_seconds
        self.outputs: dict[str, str] = {}
        self.api_keys: list[str] = []

    def __enter__(self) -> Self:
        """Start everything and deploy; if a part fails, end the others."""
        try:
            self.start_services()
            self.deploy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.stop()

    def start_services(self) -> None:
        """Start MiniStack and the stand-in."""
        self.aws = MiniStack(self._work_dir)
        command = [sys.executable, "-u", "-m", "local.prediction_one", "--secret-key", SECRET_KEY]
        command += ["--training-seconds", str(self._training_seconds)]
        output = self._work_dir / "prediction_one.log"
        self._stand_in = BackgroundProgram(command, {**os.environ, "PYTHONPATH": str(REPOSITORY)}, output)
        self.prediction_one = StandInControl(self._stand_in.first_line())

    def deploy(self) -> None:
        """Build and deploy the very template that goes to AWS."""
        template = build(self._build_dir)
        parameters = {**self._parameters, "PredictionOneApiUrl": self.prediction_one.base_url}
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        arguments = ["deploy", "--template-file", str(template), "--parameter-overrides", *overrides]
        sam(self._work_dir / "sam_deploy.log", *arguments, **self.aws.environment, SAM_CLI_POLL_DELAY="1")
        stack = self.aws.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self._adapt_mappings()

    def start_page_host(self) -> str:
        """Start the host of the page as a program, and return its address; it ends with the stack."""
        command = [sys.executable, "-u", "-m", "local.page_host", "--function", self.outputs["PageFunctionName"]]
        environment = {**os.environ, **self.aws.environment, "PYTHONPATH": str(REPOSITORY)}
        self._page_host = BackgroundProgram(command, environment, self._work_dir / "page_host.log")
        return self._page_host.first_line()

    def change_parameters(self, **parameters: str) -> None:
        """Update the stack with other values of some parameters."""
        self._parameters.update(parameters)
        self.deploy()

    def leave_running(self) -> None:
        """Let the programs run on when this process ends."""
        for program in self._programs():
            program.leave_running()
        self.aws.leave_running()

    def stop(self) -> None:
        """End what was started."""
        try:
            for program in self._programs():
                program.stop()
        finally:
            if hasattr(self, "aws"):
                self.aws.stop()

    def add_model(self, model: str, api_key: str | None = None) -> str:
        """Create a model's secret, and return its API key, which the stand-in issues unless one is given."""
        key = api_key or self.prediction_one.issue_key(model)
        self.api_keys.append(key)
        self.aws.client("secretsmanager").create_secret(
            Name=f"{self._parameters.get('SecretPrefix', 'prediction-one')}/{model}",
            SecretString=json.dumps({"api_key": key, "model_id": model}),
        )
        return key

    def land(self, key: str, body: bytes) -> str:
        """Put an object into the landing bucket, and return its URI."""
        bucket = self.outputs["LandingBucketName"]
        self.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        return f"s3://{bucket}/{key}"

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Return what a function, for example `Track`, answers to an event.

        Raises
        ------
        RuntimeError
            It failed; the text is what Lambda says of it.
        """
        answer = self.aws.client("lambda").invoke(
            FunctionName=self.outputs[f"{function}FunctionName"], Payload=json.dumps(event)
        )
        payload = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise RuntimeError(payload)
        return json.loads(payload)

    def jobs(self, object_uri: str) -> list[dict[str, Any]]:
        """Return the items of all versions of an object."""
        table = self.aws.dynamodb().Table(self.outputs["JobsTableName"])
        found = table.query(
            KeyConditionExpression="object_uri = :uri",
            ExpressionAttributeValues={":uri": object_uri},
            ConsistentRead=True,
        )
        return found["Items"]

    def log_lines(self) -> list[str]:
        """Return every line that the functions logged so far."""
        logs = self.aws.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        pages = [
            page for name in groups for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        ]
        return [event["message"] for page in pages for event in page["events"]]

    def _programs(self) -> list[BackgroundProgram]:
        """Return what runs beside MiniStack."""
        return [vars(self)[name] for name in ("_page_host", "_stand_in") if name in vars(self)]

    def _adapt_mappings(self) -> None:
        """Adapt the event source mappings to what MiniStack does differently.

        It keeps a Number parameter as text and trips over it; and of a stream's batch it takes no partial failure, so
        there a batch is one record, which fails or not.
        """
        functions = self.aws.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            if "/stream/" in mapping["EventSourceArn"]:
                adapted: dict[str, Any] = {"BatchSize": 1}
            else:
                adapted = {"ScalingConfig": {"MaximumConcurrency": int(mapping["ScalingConfig"]["MaximumConcurrency"])}}
            functions.update_event_source_mapping(UUID=mapping["UUID"], **adapted)
