"""`p1-retrain status`."""

from __future__ import annotations

import typer

from p1_retrain.exits import ExitStatus
from p1_retrain.found.checks import OK, PERSON
from p1_retrain.found.health import health_of
from p1_retrain.help_texts import examples, help_of
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.health import view

EPILOG = examples(
    ("p1-retrain status", ""),
    (
        "p1-retrain status --json | jq -r '.checks[] | select(.verdict != \"ok\") | .text'",
        "for a script: what is not ok",
    ),
)


def status(ctx: typer.Context) -> None:
    """Say whether all is well, and what needs a person.

    Checks the functions, the bucket's notifications, the queues, the oldest file on its way, the alarms, each model's
    files, and the API keys.
    """
    operator = operator_of(ctx)
    with progress("Looking at the stack"):
        health = health_of(operator.stack, operator.now)
    operator.tell(health, view)
    statuses = {OK: ExitStatus.ALL_WELL, PERSON: ExitStatus.NEEDS_PERSON}
    raise typer.Exit(statuses.get(health.verdict, ExitStatus.NOT_FOUND_OUT))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=help_of(status), epilog=EPILOG)(status)
