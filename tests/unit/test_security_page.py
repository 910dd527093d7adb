"""docs/security.md names tests that exist, and periods that are the template's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from retrain.keys.api_keys import MAX_AGE_SECONDS
from retrain.ledger.item import REFUSED_RETENTION_DAYS
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "security.md").read_text()
TEMPLATE: dict[str, Any] = yaml_parse((REPOSITORY / "template.yaml").read_text())
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))

BUCKETS = ("LandingBucket", "ResultsBucket")
DAY_SECONDS = 24 * 3600


def rows(heading: str) -> list[list[str]]:
    """Return the cells of a section's table, without its header."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def only(values: set[Any]) -> Any:
    """Return the one value that several resources agree on."""
    (value,) = values
    return value


def of_type(kind: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a type."""
    return [each["Properties"] for each in RESOURCES.values() if each["Type"] == kind]


def rule(bucket: str) -> dict[str, Any]:
    """Return a bucket's one lifecycle rule."""
    (found,) = RESOURCES[bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    return dict(found)


@pytest.mark.parametrize(("file", "function"), NAMED)
def test_every_test_that_is_named_exists(file: str, function: str) -> None:
    """Under its name, in its file."""
    assert re.search(rf"^def {function}\(", (REPOSITORY / file).read_text(), re.MULTILINE)


def test_every_threat_names_what_shows_its_answer() -> None:
    """A claim without a test is none."""
    threats = rows("Threats")

    assert len(threats) > 15
    assert [threat for threat in threats if len(threat) != 4 or "::" not in threat[3]] == []


def test_periods_are_those_of_the_template() -> None:
    """Each number of days that the template or the code sets; the others are AWS's."""
    periods = {row[0]: row[1] for row in rows("How long it stays")}
    queues = only({queue["MessageRetentionPeriod"] for queue in of_type("AWS::SQS::Queue")}) // DAY_SECONDS
    only({str(group["RetentionInDays"]) for group in of_type("AWS::Logs::LogGroup")})
    aborted = {name: rule(name)["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for name in BUCKETS}

    assert [int(number) for text in periods.values() for number in re.findall(r"(\d+) days?", text)] == [
        rule("LandingBucket")["NoncurrentVersionExpiration"]["NoncurrentDays"],
        aborted["LandingBucket"],
        aborted["ResultsBucket"],
        REFUSED_RETENTION_DAYS,
        35,  # point-in-time recovery's own
        queues,
        TEMPLATE["Parameters"]["LogRetentionDays"]["Default"],
        30,  # X-Ray's own
    ]
    assert f"for {MAX_AGE_SECONDS // 60} minutes" in PAGE


def test_nothing_else_expires() -> None:
    """What stays until it is deleted, or for good, has no other rule."""
    assert [rule(name).keys() & {"ExpirationInDays", "ExpirationDate"} for name in BUCKETS] == [set(), set()]
    assert RESOURCES["JobsTable"]["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "expires_at"
    assert "TimeToLiveSpecification" not in RESOURCES["ModelsTable"]["Properties"]
    for table in of_type("AWS::DynamoDB::Table"):
        assert "RecoveryPeriodInDays" not in table["PointInTimeRecoverySpecification"]
