"""The costs of a month: at rest, and for a load of files, by component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.cost_inputs import GB, HOURS, NIGHTS, Inputs, Load

VCPU_MB = 1769
"""A function with this memory has one vCPU (Lambda developer guide, "Configure Lambda function memory")."""

METRICS_OF_EVERY_HOUR, METRICS_OF_EVERY_DAY, METRICS_OF_FILES, HOURS_WITH_FILES = 4, 7, 14, 2
"""Of a stack, by `python -m benchmarks.metrics`: sent in every hour, in one hour a day (and one more for each model),
and while files come and are trained on, in so many hours a night."""

_FUNCTION_OF = {
    "check": "track",
    "finish": "track",
    "idle upload": "upload",
    "idle track": "track",
    "version": "reconcile",
}
_CHECKED_AT_A_TIME = 16
"""By the track function (`functions/retrain/tracking/parallel.py`)."""


@dataclass(frozen=True)
class Bill:
    """Costs by component, in dollars a month."""

    dollars: Mapping[str, float]

    @property
    def total(self) -> float:
        """Return the sum."""
        return sum(self.dollars.values())


def seconds_of(inputs: Inputs, step: str, memory_mb: int | None = None, *, cold: bool = False) -> float:
    """Return how long one of a step takes: its CPU at its function's share of a vCPU, and its calls."""
    taken, assumed = inputs.step(step), inputs.assumed
    cpu: float = taken["first_cpu_seconds"] + taken["start_cpu_seconds"] if cold else taken["cpu_seconds"]
    share = vcpu_share(memory_mb or inputs.memory_mb(_FUNCTION_OF.get(step, step)))
    counts: Mapping[str, float] = taken["calls"]
    calls = sum(count for name, count in counts.items() if name[0].isupper() and name != "GetSecretValue")
    waited = calls * assumed.aws_call_seconds
    waited += assumed.service_call_seconds * {"upload": 2, "check": 1, "finish": 2}.get(step, 0)
    if step in {"check", "finish"}:  # others are checked meanwhile
        return max(cpu * assumed.slower / share, waited / _CHECKED_AT_A_TIME)
    return cpu * assumed.slower / share + waited


def vcpu_share(memory_mb: int) -> float:
    """Return how much of a vCPU a function has; one relay uses one at most."""
    return min(1, memory_mb / VCPU_MB)


def upload_seconds(inputs: Inputs, load: Load, memory_mb: int) -> float:
    """Return how long the upload of one file takes: its bytes as fast as CPU or network allow, and the rest."""
    return relay_seconds(inputs, load, memory_mb)[0] + seconds_of(inputs, "upload", memory_mb)


def relay_seconds(inputs: Inputs, load: Load, memory_mb: int) -> tuple[float, str]:
    """Return how long a file's bytes take, and what sets the limit: `CPU` or `network`."""
    per_gib: float = inputs.measured["upload_cpu_seconds_per_gib"]
    assumed = inputs.assumed
    by_cpu = load.gib_of_a_file * per_gib * assumed.slower / vcpu_share(memory_mb)
    by_network = load.gib_of_a_file * 1024 / assumed.network_mib_per_second
    return (by_cpu, "CPU") if by_cpu > by_network else (by_network, "network")


def upload_dollars(inputs: Inputs, load: Load, memory_mb: int) -> float:
    """Return what the upload function's runs for a load cost in a month, its cold starts among them."""
    price, concurrency = inputs.price, inputs.default("MaxConcurrentUploads")
    starts = NIGHTS * min(concurrency, load.files_a_night)
    taken = inputs.step("upload")
    start_seconds = (taken["start_cpu_seconds"] + taken["first_cpu_seconds"]) * inputs.assumed.slower
    seconds = load.files * upload_seconds(inputs, load, memory_mb) + starts * start_seconds / vcpu_share(memory_mb)
    storage = inputs.storage_gb("upload") * price["lambda_storage_gb_second"]
    per_second = memory_mb / 1024 * price["lambda_gb_second"] + storage
    return float(seconds * per_second + load.files * price["lambda_request"])


def at_rest(inputs: Inputs) -> Bill:
    """Return what is paid without any file."""
    price, runs, assumed = inputs.price, inputs.runs, inputs.assumed
    tables = inputs.count("AWS::DynamoDB::Table")
    lambda_dollars = sum(count * _invocation(inputs, step) for step, count in runs.items())
    log_bytes = sum(count * (inputs.step(step)["log_bytes"] + assumed.own_log_bytes) for step, count in runs.items())
    metric_hours = METRICS_OF_EVERY_HOUR * HOURS + (METRICS_OF_EVERY_DAY + assumed.models) * NIGHTS
    receives = assumed.pollers * HOURS * 3600 / 20 + runs["idle upload"]
    secret_reads = (assumed.models + 1) * NIGHTS
    return Bill(
        {
            "CloudWatch alarms": inputs.count("AWS::CloudWatch::Alarm") * price["alarm_month"],
            "CloudWatch dashboard": inputs.count("AWS::CloudWatch::Dashboard") * price["dashboard_month"],
            "CloudWatch metrics": metric_hours * price["custom_metric_hour"],
            "CloudWatch logs": _logs(inputs, log_bytes),
            "KMS": inputs.count("AWS::KMS::Key") * price["kms_key_month"]
            + tables * HOURS * 12 * price["kms_request"],  # one every 5 minutes for each table, by the track function
            "Secrets Manager": (assumed.models + 1) * price["secret_month"] + secret_reads * price["secret_request"],
            "Lambda": lambda_dollars,
            "SQS": receives * price["sqs_request"],
            "DynamoDB": runs["idle track"]
            * inputs.step("idle track")["calls"]["Query"]
            / 2
            * price["dynamodb_read_unit"],
            "EventBridge": sum(runs.values()) * price["scheduled_invocation"],
            "S3": 0.0,
            "X-Ray": sum(runs.values()) * price["xray_trace"],
        }
    )


def for_files(inputs: Inputs, load: Load) -> Bill:
    """Return what a load costs beside what is paid at rest, without the transfer of its bytes."""
    price, files = inputs.price, load.files
    per_file = {"upload": 1, "check": inputs.checks, "finish": 1}
    total = {name: sum(inputs.step(step)[name] * count for step, count in per_file.items()) for name in _SUMMED}
    announced = inputs.step("announce")
    records = total["writes"]  # each is an invocation of the announce function, if they come one by one
    # Of each file that was announced in the measured run, in which it was checked once.
    announcing = announced["calls"]["PutEvents"] * sum(inputs.step(step)["writes"] for step in per_file)
    track_seconds = files * sum(per_file[step] * seconds_of(inputs, step) for step in ("check", "finish"))
    track_dollars = track_seconds * inputs.memory_mb("track") / 1024 * price["lambda_gb_second"]
    log_bytes = total["log_bytes"] + records * (announced["log_bytes"] + inputs.assumed.own_log_bytes)
    read_units = (inputs.checks + 1) * inputs.step("check")["item_bytes"] / 4096 / 2
    listed = load.files_a_night * inputs.assumed.nights_kept / 1000 * NIGHTS
    metric_hours = METRICS_OF_FILES * HOURS_WITH_FILES * NIGHTS
    return Bill(
        {
            "CloudWatch metrics": metric_hours * price["custom_metric_hour"],
            "CloudWatch logs": _logs(inputs, files * (log_bytes + inputs.assumed.own_log_bytes)),
            "Secrets Manager": _secret_reads(inputs, load) * price["secret_request"],
            "Lambda": upload_dollars(inputs, load, inputs.memory_mb("upload"))
            + track_dollars
            + files * records * _invocation(inputs, "announce"),
            "SQS": files * 3 * price["sqs_request"],  # sent, received, deleted
            "DynamoDB": files
            * (total["write_units"] * price["dynamodb_write_unit"] + read_units * price["dynamodb_read_unit"])
            + _table_storage(inputs, load),
            "EventBridge": files * (1 + announcing) * price["event"],
            "S3": files * (price["s3_get_request"] + price["s3_put_request"]) + listed * price["s3_put_request"],
            "X-Ray": _traces(inputs, load, records, track_seconds) * price["xray_trace"],
        }
    )


_SUMMED = ("writes", "write_units", "log_bytes")


def _invocation(inputs: Inputs, step: str) -> float:
    memory_gb = inputs.memory_mb(_FUNCTION_OF.get(step, step)) / 1024
    seconds = seconds_of(inputs, step, cold=step in {"watch", "reconcile", "idle upload"})
    return float(inputs.price["lambda_request"] + seconds * memory_gb * inputs.price["lambda_gb_second"])


def _logs(inputs: Inputs, log_bytes: float) -> float:
    """Return the dollars of a month's logs: taken in, and kept as long as the template says."""
    months = inputs.default("LogRetentionDays") / NIGHTS
    return float(log_bytes / GB * (inputs.price["logs_gb"] + months * inputs.price["logs_gb_month"]))


def _table_storage(inputs: Inputs, load: Load) -> float:
    """Return a month's dollars for the items of a year: in the table with its backup, and in the two indexes."""
    item_bytes = inputs.step("finish")["item_bytes"] + 100  # overhead of each item (DynamoDB developer guide)
    gigabytes = 12 * load.files * item_bytes / GB
    return float(gigabytes * (3 * inputs.price["dynamodb_gb_month"] + inputs.price["dynamodb_backup_gb_month"]))


def _secret_reads(inputs: Inputs, load: Load) -> float:
    """Return the reads of a month: each warm function reads each model's key every 15 minutes."""
    models, minutes = inputs.assumed.models, inputs.assumed.training_minutes
    uploads = min(load.files_a_night, inputs.default("MaxConcurrentUploads") * models)
    return NIGHTS * (uploads + models * minutes / 15)


def _traces(inputs: Inputs, load: Load, records: float, track_seconds: float) -> float:
    """Return the traces of a month: of each function the first in every second, and 5 % of the others."""
    upload = load.files * upload_seconds(inputs, load, inputs.memory_mb("upload"))
    busy_seconds = upload / min(inputs.default("MaxConcurrentUploads"), load.files_a_night)
    traces = 0.0
    for invocations, seconds in ((load.files, busy_seconds), (load.files * records, busy_seconds + track_seconds)):
        first = min(invocations, seconds)
        traces += first + 0.05 * (invocations - first)
    return traces


def transfer_dollars(inputs: Inputs, load: Load) -> Mapping[str, float]:
    """Return what the transfer of a load's bytes costs in a month, by where the service takes them."""
    price = inputs.price
    gateway = price["nat_gateway_hour"] * HOURS
    return {
        "to a bucket in the same region": 0.0,
        "to a bucket in another region": load.gb * price["transfer_region_gb"],
        "to the internet": load.gb * price["transfer_out_gb"],
        "besides, through a NAT gateway, S3 by a gateway endpoint": gateway + load.gb * price["nat_gb"],
        "besides, through a NAT gateway alone": gateway + 2 * load.gb * price["nat_gb"],
    }
