"""The parts of CloudWatch that MiniStack lacks: metrics from logs and queues, and the evaluation of alarms.

MiniStack keeps metrics and alarms, counts Lambda's `Invocations` and `Errors`, and sends an alarm's e-mails when its
state is set. Here is the rest, as AWS describes it:

- Log lines in the embedded metric format become metrics (CloudWatch User Guide, "Specification: Embedded metric
  format").
- A queue's messages become `AWS/SQS ApproximateNumberOfMessagesVisible`.
- Alarms are evaluated with their own dimensions and treatment of missing data ("Alarm evaluation", "Configuring how
  CloudWatch alarms treat missing data"). Not here: warm-up periods, of which MiniStack keeps no trace, IteratorAge, and
  that a first breaching data point, with none before it, does not yet count ("premature alarm transitions").

A caller gives the moment of an evaluation, so that a test need not wait for two days.
"""

from __future__ import annotations

import json
import operator
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.ministack import MiniStack

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

_AGGREGATE: dict[str, Callable[[list[float]], float]] = {"Sum": sum, "Maximum": max, "Minimum": min}
_BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_MORE_PERIODS = 2
"""How many more periods than an alarm's own CloudWatch looks at; AWS's examples show two."""


@dataclass
class CloudWatch:
    """Looks at a MiniStack when it is asked to.

    Attributes
    ----------
    aws
        The MiniStack.
    """

    aws: MiniStack

    def __post_init__(self) -> None:
        """Begin with no log line read."""
        self._lines_read: Counter[str] = Counter()

    def collect(self) -> None:
        """Send what the logs and the queues say now as metrics."""
        metrics = self.aws.client("cloudwatch")
        for namespace, datum in [*self._new_lines(), *self._queue_lengths()]:
            metrics.put_metric_data(Namespace=namespace, MetricData=[datum])

    def evaluate(self, seconds_ahead: float = 0, names: Collection[str] = ()) -> dict[str, str]:
        """Collect, set the states of alarms as they would be some seconds ahead, and return the states by alarm.

        Parameters
        ----------
        names
            Of the alarms, without the stack's name; else of all.
        """
        self.collect()
        found = {own_name(a["AlarmName"]): a for a in self.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]}
        now = time.time() + seconds_ahead
        return {name: self._set_state(alarm, now) for name, alarm in found.items() if not names or name in names}

    def _set_state(self, alarm: dict[str, Any], now: float) -> str:
        state = state_of(alarm, self._values(alarm, now), alarm["StateValue"])
        if state != alarm["StateValue"]:
            self.aws.client("cloudwatch").set_alarm_state(
                AlarmName=alarm["AlarmName"], StateValue=state, StateReason=f"evaluated locally at {now:.0f}"
            )
        return state

    def _values(self, alarm: dict[str, Any], now: float) -> list[float | None]:
        """Return the statistic of each period up to now, the oldest first; None where there is no data."""
        period = int(alarm["Period"])
        periods = int(alarm["EvaluationPeriods"]) + _MORE_PERIODS
        found = self.aws.client("cloudwatch").get_metric_statistics(
            Namespace=alarm["Namespace"],
            MetricName=alarm["MetricName"],
            Dimensions=alarm["Dimensions"],
            StartTime=datetime.fromtimestamp(now - period * periods, UTC),
            EndTime=datetime.fromtimestamp(now + 60, UTC),
            Period=1,
            Statistics=[alarm["Statistic"]],
        )["Datapoints"]
        by_period: dict[int, list[float]] = {}
        for point in found:
            number = max(0, int((now - point["Timestamp"].timestamp()) // period))
            by_period.setdefault(number, []).append(point[alarm["Statistic"]])
        aggregate = _AGGREGATE[alarm["Statistic"]]
        return [aggregate(by_period[n]) if n in by_period else None for n in reversed(range(periods))]

    def _new_lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        logs = self.aws.client("logs")
        for name in [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            lines = [event["message"] for page in pages for event in page["events"]]
            new = lines[self._lines_read[name] :]
            self._lines_read[name] += len(new)
            for line in new:
                if '"_aws"' in line:
                    yield from metrics_in(json.loads(line))

    def _queue_lengths(self) -> Iterator[tuple[str, dict[str, Any]]]:
        sqs = self.aws.client("sqs")
        for url in sqs.list_queues().get("QueueUrls", []):
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            yield (
                "AWS/SQS",
                {
                    "MetricName": "ApproximateNumberOfMessagesVisible",
                    "Dimensions": [{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
                    "Value": float(found["Attributes"]["ApproximateNumberOfMessages"]),
                },
            )


def metrics_in(line: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each metric of a log line in the embedded metric format: its namespace, and its datum for PutMetricData."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = [{"Name": name, "Value": str(line[name])} for name in names]
            for metric in directive["Metrics"]:
                value = line[metric["Name"]]
                yield (
                    directive["Namespace"],
                    {
                        "MetricName": metric["Name"],
                        "Dimensions": dimensions,
                        "Timestamp": datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC),
                        "Values": [float(each) for each in (value if isinstance(value, list) else [value])],
                    },
                )


def state_of(alarm: dict[str, Any], values: Sequence[float | None], present: str) -> str:
    """Return an alarm's state after an evaluation.

    Parameters
    ----------
    values
        The statistic of each period in the evaluation range, the oldest first; None where there is no data.
    present
        The state before.
    """
    wanted = int(alarm["EvaluationPeriods"])
    to_alarm = int(alarm.get("DatapointsToAlarm") or wanted)
    breaches = _BREACHES[alarm["ComparisonOperator"]]
    real = [breaches(value, float(alarm["Threshold"])) for value in values if value is not None][-wanted:]
    missing = wanted - len(real)
    treatment = alarm.get("TreatMissingData", "missing")
    if treatment == "breaching":
        real += [True] * missing
    elif treatment == "notBreaching":
        real += [False] * missing
    elif missing and all(real):  # none, or none that is within the threshold: too little to go by
        if treatment == "ignore":
            return present
        return ALARM if real else INSUFFICIENT_DATA
    return ALARM if sum(real) >= to_alarm else OK


def own_name(alarm_name: str) -> str:
    """Return an alarm's name without the name of its stack."""
    return alarm_name.rpartition("-")[2]
