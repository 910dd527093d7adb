"""What a stack costs: at rest, and for its own measured traffic, by a dated price list.

The traffic is what AWS measures in CloudWatch. Not in it, as it is less than a cent in a hundred files: EventBridge,
Scheduler, SNS, X-Ray, S3's other requests; nor storage, which depends on how long files are kept; nor a KMS key of your
own, which may serve more than this stack.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from p1_retrain.found.keys import secrets_of_models
from p1_retrain.stack import FUNCTIONS, Stack

GIB = 1024**3
_GETS_PER_FILE = 3
"""Of the landed file: its head, and up to two reads."""

_INDEXES = ("by_retrain_job_id", "by_model", "open_jobs", "pending")


@dataclass(frozen=True)
class Cost:
    """One line of the bill, in US dollars."""

    component: str
    dollars: float
    of: str


@dataclass(frozen=True)
class Costs:
    """What a stack costs.

    Attributes
    ----------
    days
        Over how many days the traffic was measured.
    at_rest_month
        What is paid each month without any file.
    traffic
        What was paid for the traffic of these days, the schedules' runs among it.
    files, gib
        What was uploaded in these days.
    per_file
        The traffic's dollars per uploaded file; None without any.
    """

    region: str
    prices_of: str
    days: int
    at_rest_month: list[Cost]
    traffic: list[Cost]
    files: int
    gib: float
    per_file: float | None


def prices() -> Mapping[str, Any]:
    """Return the price list."""
    text = files("p1_retrain").joinpath("prices.json").read_text(encoding="utf-8")
    listed: Mapping[str, Any] = json.loads(text)
    return listed


def costs_of(stack: Stack, days: int) -> Costs:
    """Return what a stack costs, by its traffic of the last days.

    Raises
    ------
    BotoCoreError, ClientError
        AWS refused to say, or did not answer.
    """
    price, measured = prices(), _Measured(stack, days)
    own = f"PredictionOneRetrain/{stack.name}"
    uploads = {"service": "upload"}
    uploaded = int(measured.sum(own, "FilesUploaded", uploads))
    gib = measured.sum(own, "BytesUploaded", uploads) / GIB
    traffic = [*_functions(stack, measured, price), _queues(stack, measured, price), _tables(stack, measured, price)]
    traffic += [
        _logs(stack, measured, price),
        Cost("S3 reads", uploaded * _GETS_PER_FILE * price["s3_get_request"], f"{uploaded} files"),
        Cost("data sent to the service", gib * price["transfer_out_gb"], f"{gib:.2f} GiB, if it leaves AWS"),
    ]
    per_file = sum(cost.dollars for cost in traffic) / uploaded if uploaded else None
    return Costs(price["region"], price["date"], days, _at_rest(stack, price), traffic, uploaded, gib, per_file)


@dataclass(frozen=True)
class _Measured:
    """Sums of CloudWatch's metrics over some days."""

    stack: Stack
    days: int

    def sum(self, namespace: str, name: str, dimensions: Mapping[str, str]) -> float:
        found = self.stack.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=datetime.now(UTC) - timedelta(days=self.days),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=86400,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(float(point["Sum"]) for point in found)


def _at_rest(stack: Stack, price: Mapping[str, Any]) -> list[Cost]:
    pages = stack.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack.name}-")
    alarms = sum(len(page["MetricAlarms"]) for page in pages)
    secrets = len(secrets_of_models(stack)) + 1
    return [
        Cost("alarms", alarms * price["alarm_month"], f"{alarms}"),
        *([] if stack.kms_key_arn else [Cost("KMS key", price["kms_key_month"], "of the notifications")]),
        Cost("secrets", secrets * price["secret_month"], f"{secrets}, the account's among them"),
        Cost("metrics", 4 * 730 * price["custom_metric_hour"], "4 in every hour (docs/operations.md)"),
    ]


def _functions(stack: Stack, measured: _Measured, price: Mapping[str, Any]) -> list[Cost]:
    costs = []
    for function in FUNCTIONS:
        name = stack.function_name(function)
        memory_gb = stack.client("lambda").get_function_configuration(FunctionName=name)["MemorySize"] / 1024
        calls = measured.sum("AWS/Lambda", "Invocations", {"FunctionName": name})
        seconds = measured.sum("AWS/Lambda", "Duration", {"FunctionName": name}) / 1000
        dollars = calls * price["lambda_request"] + seconds * memory_gb * price["lambda_gb_second"]
        costs.append(Cost(f"function {function}", dollars, f"{calls:.0f} calls, {seconds:.0f} s"))
    return costs


def _queues(stack: Stack, measured: _Measured, price: Mapping[str, Any]) -> Cost:
    kinds = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "NumberOfEmptyReceives")
    names = [
        stack.output(f"{queue}Url").rpartition("/")[2]
        for queue in ("UploadQueue", "UploadDeadLetterQueue", "AnnounceDeadLetterQueue")
    ]
    requests = sum(measured.sum("AWS/SQS", kind, {"QueueName": name}) for kind in kinds for name in names)
    return Cost("queues", requests * price["sqs_request"], f"{requests:.0f} requests")


def _tables(stack: Stack, measured: _Measured, price: Mapping[str, Any]) -> Cost:
    jobs = {"TableName": stack.output("JobsTableName")}
    dimensions = [jobs, {"TableName": stack.output("ModelsTableName")}]
    dimensions += [{**jobs, "GlobalSecondaryIndexName": index} for index in _INDEXES]
    reads = sum(measured.sum("AWS/DynamoDB", "ConsumedReadCapacityUnits", each) for each in dimensions)
    writes = sum(measured.sum("AWS/DynamoDB", "ConsumedWriteCapacityUnits", each) for each in dimensions)
    dollars = reads * price["dynamodb_read_unit"] + writes * price["dynamodb_write_unit"]
    return Cost("tables", dollars, f"{reads:.0f} read units, {writes:.0f} write units")


def _logs(stack: Stack, measured: _Measured, price: Mapping[str, Any]) -> Cost:
    groups = [stack.log_group(function) for function in FUNCTIONS]
    gigabytes = sum(measured.sum("AWS/Logs", "IncomingBytes", {"LogGroupName": group}) for group in groups) / 1000**3
    return Cost("logs", gigabytes * price["logs_gb"], f"{gigabytes * 1000:.0f} MB")
