"""What people see: in 80 columns, with commands that are not broken, and nothing that programs see but they do not."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from p1_retrain.found.checks import OK, PERSON, Check
from p1_retrain.found.costs import Cost, Costs
from p1_retrain.found.files import File
from p1_retrain.found.health import Health
from p1_retrain.found.history import Event
from p1_retrain.found.keys import Key, keys_of
from p1_retrain.found.letters import Letter
from p1_retrain.found.logs import LogLine
from p1_retrain.found.models import Model, Trouble
from p1_retrain.found.redriving import Redriven
from p1_retrain.found.results import DeadLetters, Done, Keys, Listing, Reconciled
from p1_retrain.found.story import Story
from p1_retrain.operator import as_json
from p1_retrain.shown import costs, done, files, health, keys, letters, reconciliation, story
from tests.conftest import REPOSITORY
from tests.streams import sample_job
from tests.unit.command_line.fakes import NOW, Client, stack_with

AT = "2026-11-23T01:02:03.000Z"
URI = "s3://landing/penguins/2026/a very long name that does not fit/ペンギン 1+1 100%.csv"
COMMAND = f"p1-retrain redrive '{URI}'"
FILE = File.of(sample_job(object_uri=URI, error_code="NEWER_IN_SERVICE", error_message="Why."))
LETTER = Letter("upload", "id", URI, "penguins", "ATTEMPT_DIED", "It ended.", AT, AT, AT)
ANNOUNCED = dataclasses.replace(LETTER, queue="announce")
KEY = Key("penguins", "prediction-one/penguins", 3, "watch", "off", None, None, "The key ends in 3 days.", COMMAND)
TROUBLE = Trouble(URI, "given up", "ATTEMPT_DIED", "It ended.", COMMAND)

RESULTS: dict[str, tuple[Any, Any]] = {
    "files": (Listing("penguins", "landing", [FILE], is_cut=True), files.view),
    "why": (
        Story(
            URI, "v1", "penguins", "RETRYING", "given up", "It was given up.", "ATTEMPT_DIED", "It ended.",
            "Redrive it.", AT, [COMMAND], True, "job", "training", None, 60, [Event(AT, "landed")], ["v0"],  # noqa: FBT003
            [LogLine(AT, "upload", "WARNING", "The attempt failed", "ATTEMPT_DIED", "It ended.", 30)],
        ),
        story.view,
    ),
    "status": (
        Health(
            "prediction-one-retrain", "ap-northeast-1", "landing", PERSON,
            [Check("functions", OK, "All 7 are there."), Check("files", PERSON, f"{URI}: given up", [COMMAND])],
            [Model("penguins", URI, "job", AT, FILE, [TROUBLE])], [KEY],
        ),
        health.view,
    ),
    "dead-letters": (DeadLetters("landing", 1, [LETTER], [ANNOUNCED], COMMAND, "aws sqs"), letters.view),
    "redrive": (Redriven(1, "p1-retrain", [URI]), letters.view_redriven),
    "keys": (Keys([KEY]), keys.view),
    "reconcile": (Reconciled(3, 1, 2, 0, [URI], {"penguins": 2}, dry_run=True), reconciliation.view),
    "costs": (
        Costs("us-east-1", "2026-11", 30, [Cost("alarms", 2.0, "20")], [Cost("tables", 0.1, "1")], 3, 0.1, 0.03),
        costs.view,
    ),
    "switch": (Done("The model penguins is live.", URI, "SWITCHED", "job"), done.view),
}  # fmt: skip


def shown(result: Any, view: Any, width: int) -> str:
    """Return what a terminal of this width shows."""
    console = Console(width=width, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as capture:
        console.print(view(result), crop=False)
    return capture.get()


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("width", [80, 200])
def test_result_fits_the_terminal_but_for_commands(name: str, width: int) -> None:
    """A command stays on one line, so that it can be copied whole."""
    lines = shown(*RESULTS[name], width).splitlines()

    # A Japanese character takes two columns: fewer characters, never more.
    assert [line for line in lines if len(line.rstrip()) > width and not line.lstrip().startswith("$ ")] == []
    if name in ("why", "status", "keys", "dead-letters"):
        assert f"  $ {COMMAND}" in [line.rstrip() for line in lines]


@pytest.mark.parametrize("name", RESULTS)
def test_json_has_every_field_and_the_docs_name_them(name: str) -> None:
    """Of the dataclasses that the view draws: docs/command-line.md is the contract."""
    result, _ = RESULTS[name]

    parsed = json.loads(as_json(result))

    assert set(parsed) == {one.name for one in dataclasses.fields(result) if not one.name.startswith("_")}
    document = (REPOSITORY / "docs" / "command-line.md").read_text()
    assert [field for field in _names_in(parsed) if f"`{field}`" not in document] == []


def _names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        of_models = set(value) == {"penguins"}  # a count by model: the names are data
        return (set() if of_models else set(value)).union(*map(_names_in, value.values()))
    return set().union(*map(_names_in, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize(
    ("secret", "measured", "expected"),
    [
        ({}, None, (19, "age", "off", False)),
        ({}, 5, (5, "watch", "off", True)),
        ({"RotationEnabled": True}, 20, (20, "watch", "on", False)),
        (
            {"RotationEnabled": True, "SecretVersionsToStages": {"v": ["AWSPENDING"]}},
            20,
            (20, "watch", "failing", True),
        ),
        ({}, -1, (-1, "watch", "off", True)),
    ],
)
def test_key_is_judged_without_reading_it(
    secret: dict[str, Any], measured: int | None, expected: tuple[int, str, str, bool]
) -> None:
    """By the metric of the watch function, else by age; and by the labels of the secret's versions."""
    stored = NOW - timedelta(days=10, hours=1)
    listed = {"Name": "prediction-one/penguins", "CreatedDate": stored, "LastChangedDate": stored, **secret}
    values = {"Values": [], "Timestamps": []} if measured is None else {"Values": [measured], "Timestamps": [NOW]}
    stack = stack_with(
        secretsmanager=Client(list_secrets={"SecretList": [listed, {**listed, "Name": "prediction-one/_account"}]}),
        cloudwatch=Client(get_metric_data={"MetricDataResults": [{"Id": "m0", **values}]}),
    )

    (key,) = keys_of(stack, NOW)

    assert (key.days_left, key.days_from, key.rotation, key.needs_person) == expected
