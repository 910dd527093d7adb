"""`p1-retrain costs`."""

from __future__ import annotations

from typing import Annotated

import typer

from p1_retrain.found.costs import costs_of
from p1_retrain.help_texts import examples, help_of
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.costs import view

EPILOG = examples(("p1-retrain costs", ""), ("p1-retrain costs --days 7", "of the last week"))


def costs(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(help="Over how many days to measure the traffic.", min=1, max=450)] = 30,
) -> None:
    """Say what the stack costs: at rest each month, and for its own measured traffic, per file and in all.

    By the price list in the package, whose region and date are in the answer. Left out are storage, free tiers, and
    what is less than a cent in a hundred files.
    """
    operator = operator_of(ctx)
    with progress("Adding up the metrics"):
        found = costs_of(operator.stack, days)
    operator.finish(found, view, needs_person=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=help_of(costs), epilog=EPILOG)(costs)
