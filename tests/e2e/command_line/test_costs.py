"""What the stack costs, by its own traffic."""

from __future__ import annotations

import pytest

from local.stack import STACK_NAME, LocalStack
from tests.e2e.command_line.people import Person


def test_costs_are_what_was_measured_times_the_price_list(stack: LocalStack, viewer: Person) -> None:
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

    found, shown = viewer.told("costs", "--days", "1"), viewer.run("costs", "--days", "1")

    dollars = {cost["component"]: cost["dollars"] for cost in found["traffic"]}
    assert (found["files"], found["gib"], shown.status) == (1000, 10.0, 0)
    assert dollars["tables"] == pytest.approx(0.625)
    assert dollars["logs"] == pytest.approx(1.0)
    assert dollars["data sent to the service"] == pytest.approx(0.9)
    assert found["per_file"] == pytest.approx(sum(dollars.values()) / 1000)
    assert {cost["component"]: cost["dollars"] for cost in found["at_rest_month"]}["alarms"] == pytest.approx(2.0)
    assert "by the prices of us-east-1" in shown.text
