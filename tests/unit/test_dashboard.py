"""The dashboard's body: JSON within CloudWatch's limits, with the page on top, and nothing of the stack left out."""

from __future__ import annotations

import json
import re
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from tests.conftest import REPOSITORY
from tests.template import FilledIn

TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
BODY, VALUES = RESOURCES["StackDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
WIDGETS = json.loads(BODY.replace("${ReconcileHeartbeat}", '"${ReconcileHeartbeat.Arn}",'))["widgets"]

GRID_COLUMNS = 24


def names_of(kind: str) -> set[str]:
    """Return the logical ids of the resources of a type."""
    return {name for name, resource in RESOURCES.items() if resource["Type"] == kind}


def test_page_is_on_top() -> None:
    """As wide as the dashboard; it is updated with it."""
    top = min(WIDGETS, key=lambda widget: widget["y"])

    assert (top["type"], top["width"], top["properties"]["endpoint"]) == ("custom", 24, "${PageFunction.Arn}")
    assert top["properties"]["updateOn"]["refresh"]


def test_dashboard_can_be_left_out() -> None:
    """With its output, and nothing else of the stack needs it."""
    conditional = {name for name, resource in RESOURCES.items() if resource.get("Condition") == "HasDashboard"}
    conditional |= {name for name, output in TEMPLATE["Outputs"].items() if output.get("Condition") == "HasDashboard"}

    assert conditional == {"StackDashboard", "DashboardUrl"}
    assert json.dumps(TEMPLATE).count("StackDashboard") == 2  # itself, and the output
    assert TEMPLATE["Conditions"]["HasDashboard"] == {"Fn::Equals": [{"Ref": "Dashboard"}, "Yes"]}


def test_widgets_lie_side_by_side() -> None:
    """None lies over another one or beyond the grid."""
    places = [
        (x, y)
        for widget in WIDGETS
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]

    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < GRID_COLUMNS


def test_every_alarm_is_shown() -> None:
    """A new one must be added; the one that is not always there comes from a condition."""
    (widget,) = [widget for widget in WIDGETS if widget["type"] == "alarm"]
    shown = [arn.removeprefix("${").removesuffix(".Arn}") for arn in widget["properties"]["alarms"]]

    assert sorted(shown) == sorted(names_of("AWS::CloudWatch::Alarm"))
    assert VALUES["ReconcileHeartbeat"]["Fn::If"][0] == RESOURCES["ReconcileHeartbeat"]["Condition"]


def test_errors_and_duration_of_every_function_are_shown() -> None:
    """A new function must be added."""
    graphs = [json.dumps(widget) for widget in WIDGETS if "Functions: " in widget["properties"].get("title", "")]

    functions = names_of("AWS::Serverless::Function")
    assert [{name for name in functions if f'"${{{name}}}"' in graph} for graph in graphs] == [functions] * 2


def test_metrics_that_are_drawn_are_documented() -> None:
    """With the name and the dimension under which the functions send them."""
    operations = (REPOSITORY / "docs" / "operations.md").read_text()
    drawn = {
        name
        for name in re.findall(r'"([A-Z][a-z]+[A-Za-z]+)"', BODY) + re.findall(r'MetricName=\\"(\w+)', BODY)
        if not name.startswith("Approximate") and name not in ("Errors", "Duration", "QueueName", "FunctionName")
    } - {"Sum", "Maximum", "Minimum", "Alarms", "MiB"}

    assert [name for name in sorted(drawn) if f"`{name}`" not in operations] == []


def test_policies_for_people_name_the_page() -> None:
    """A viewer may invoke the page function alone, an operator also what its buttons call."""
    policies = FilledIn().of_type("AWS::IAM::ManagedPolicy")
    invoked = {
        name: [
            arn
            for statement in policies[name]["PolicyDocument"]["Statement"]
            if "lambda:InvokeFunction" in statement["Action"]
            for arn in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
        ]
        for name in ("ViewerPolicy", "OperatorPolicy")
    }

    assert invoked["ViewerPolicy"] == ["PageFunction.Arn"]
    assert {"SwitchFunction.Arn", "UploadFunction.Arn"} <= set(invoked["OperatorPolicy"])
