"""An alarm's state follows from its data and from what it says about missing data.

The tables are AWS's own examples ("Configuring how CloudWatch alarms treat missing data"): `0` is within the threshold,
`X` breaches it, `-` is missing; five periods are looked at for an alarm of three.
"""

from __future__ import annotations

import pytest

from local.cloudwatch import ALARM, INSUFFICIENT_DATA, OK, metrics_in, state_of

KEPT = "the present state"
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def evaluated(points: str, treatment: str, to_alarm: int, present: str) -> str:
    """Return the state of an alarm of three periods."""
    alarm = {
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": to_alarm,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "TreatMissingData": treatment,
    }
    values = [{"0": 1.0, "X": 9.0, "-": None}[point] for point in points.split()]
    return state_of(alarm, values, present)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0 - X - X", (OK, OK, OK, OK)),
        ("- - - - 0", (OK, OK, OK, OK)),
        ("- - - - -", (INSUFFICIENT_DATA, KEPT, ALARM, OK)),
        ("0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", (ALARM, KEPT, ALARM, OK)),
    ],
)
@pytest.mark.parametrize("present", [OK, ALARM])
def test_three_out_of_three(points: str, expected: tuple[str, ...], present: str) -> None:
    """Missing periods are filled only if older data does not make three."""
    wanted = [present if state is KEPT else state for state in expected]

    assert [evaluated(points, treatment, 3, present) for treatment in TREATMENTS] == wanted


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", (OK, OK, ALARM, OK)),
        ("- - - - 0", (OK, OK, ALARM, OK)),
        ("- - - X -", (ALARM, KEPT, ALARM, OK)),
    ],
)
@pytest.mark.parametrize("present", [OK, ALARM])
def test_two_out_of_three(points: str, expected: tuple[str, ...], present: str) -> None:
    """Fewer breaching periods than periods are enough."""
    wanted = [present if state is KEPT else state for state in expected]

    assert [evaluated(points, treatment, 2, present) for treatment in TREATMENTS] == wanted


def test_log_line_is_one_metric_per_name_and_dimension_set() -> None:
    """With the values of an array, and its own moment."""
    line = {
        "_aws": {
            "Timestamp": 1_790_000_000_500,
            "CloudWatchMetrics": [
                {"Namespace": "N/stack", "Dimensions": [["service"], ["service", "model"]], "Metrics": [{"Name": "M"}]}
            ],
        },
        "service": "watch",
        "model": "m",
        "M": [3, 20],
    }

    found = list(metrics_in(line))

    assert [namespace for namespace, _ in found] == ["N/stack"] * 2
    assert [[one["Name"] for one in datum["Dimensions"]] for _, datum in found] == [["service"], ["service", "model"]]
    assert [datum["Values"] for _, datum in found] == [[3.0, 20.0]] * 2
    assert {datum["Timestamp"].timestamp() for _, datum in found} == {1_790_000_000.5}
