"""Every alarm has a section in the runbook, and the runbook says what the template does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from tests.conftest import REPOSITORY

TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())
RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text()
ALARMS: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
GLANCE = {
    alarm: [cell.strip() for cell in row.strip("|").split("|")]
    for row in RUNBOOK.splitlines()
    if row.startswith("| [")
    for alarm in re.findall(r"\[(\w+)\]\(#\w+\)", row.split("|")[1])
}
TOPIC = {"Ref": "NotificationTopic"}


@pytest.mark.parametrize("name", ALARMS)
def test_description_ends_with_the_address_of_a_section(name: str) -> None:
    """Whoever gets the e-mail finds what to do."""
    address = ALARMS[name]["AlarmDescription"].strip().rpartition("Runbook: ")[2]

    assert address == f"docs/runbook.md#{name.lower()}"
    assert f"\n## {name}\n" in RUNBOOK


@pytest.mark.parametrize("name", ALARMS)
def test_section_says_what_it_means_and_when_it_is_over(name: str) -> None:
    """Every section has the parts that one needs at night."""
    section = RUNBOOK.partition(f"\n## {name}\n")[2].partition("\n## ")[0]

    told_elsewhere = name in ("AnnouncementsFailed", "NotificationsFailed")
    assert "**It means**" in section
    assert "**It is over**" in section or (told_elsewhere and "(#announcedeadletters)" in section)


def test_sections_and_alarms_are_the_same() -> None:
    """No section is of an alarm that is gone."""
    sections = RUNBOOK.partition("\n# Alarms\n")[2].partition("\n# Situations\n")[0]

    assert re.findall(r"^## (\w+)$", sections, re.MULTILINE) == list(GLANCE)
    assert set(GLANCE) == set(ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_table_says_how_missing_data_is_treated_and_who_writes(name: str) -> None:
    """An alarm whose cause a function tells in an e-mail of its own has no actions: one e-mail per cause."""
    alarm, (*_, missing, _, mail) = ALARMS[name], GLANCE[name]

    assert missing == f"`{alarm['TreatMissingData']}`"
    assert (alarm.get("AlarmActions") == [TOPIC]) == mail.startswith("alarm")
    assert (alarm.get("OKActions") == [TOPIC]) == mail.endswith("when over")


@pytest.mark.parametrize("name", ALARMS)
def test_topic_and_key_admit_the_alarm(name: str) -> None:
    """By its name: both policies admit the alarms whose names begin with the stack's."""
    assert ALARMS[name]["AlarmName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}

    for document in (
        TEMPLATE["Resources"]["NotificationKey"]["Properties"]["KeyPolicy"],
        TEMPLATE["Resources"]["NotificationTopicPolicy"]["Properties"]["PolicyDocument"],
    ):
        (statement,) = [each for each in document["Statement"] if each["Sid"] == "AlarmsOfThisStack"]
        arn = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:${AWS::StackName}-*"
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": arn}},
        }


def test_nobody_else_may_publish() -> None:
    """The Deny excepts exactly the roles that may, whatever the account's IAM policies say."""
    resources = TEMPLATE["Resources"]
    document = resources["NotificationTopicPolicy"]["Properties"]["PolicyDocument"]
    publishers = [
        {"Fn::GetAtt": [name, "Arn"]}
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role" and "NotifyPeople" in str(resource)
    ]
    (denied,) = [statement for statement in document["Statement"] if statement["Sid"] == "NobodyElse"]

    assert len(publishers) == 3
    assert denied["Condition"]["ArnNotEqualsIfExists"]["aws:PrincipalArn"] == publishers
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "sns:Publish")
