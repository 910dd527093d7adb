"""`p1-retrain reconcile` and `p1-retrain backfill`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from p1_retrain.errors import CommandFailed
from p1_retrain.found.results import Reconciled
from p1_retrain.help_texts import examples, help_of
from p1_retrain.invoking import invoke
from p1_retrain.moments import moment_of
from p1_retrain.operator import Operator, operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.reconciliation import view
from retrain.moments import iso_utc

RECONCILE_EPILOG = examples(
    ("p1-retrain reconcile", "shows what is missing, then asks"),
    ("p1-retrain reconcile --prefix penguins/ --yes", "one model, without a question"),
)

BACKFILL_EPILOG = examples(
    (
        "p1-retrain backfill --since 2026-01-01 --prefix penguins/ --limit 10",
        "shows the retrainings of the ten oldest files, then asks",
    ),
    ("p1-retrain backfill --since 30d --yes", "everything of the last 30 days"),
)

Prefix = Annotated[str | None, typer.Option(help="Only keys that begin so, below the landing prefix: MODEL/.")]
Limit = Annotated[int | None, typer.Option(help="How many files at most: the oldest.", min=1)]
Yes = Annotated[bool, typer.Option("--yes", help="Queue them without a question; otherwise it is a dry run first.")]


def reconcile(ctx: typer.Context, prefix: Prefix = None, limit: Limit = None, *, yes: Yes = False) -> None:
    """Find files of the last ReconcileDays whose event was lost, and send them.

    Without --yes it is a dry run: it shows the retrainings by model and, at a terminal, asks.
    """
    _run(operator_of(ctx), _given(prefix=prefix, limit=limit), yes=yes)


def backfill(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(help="Files that landed since then: 2026-01-01, 30d.")],
    prefix: Prefix = None,
    limit: Limit = None,
    *,
    yes: Yes = False,
) -> None:
    """Send files that were there before the stack: current versions, the oldest first.

    Without --yes it is a dry run: it shows the retrainings by model and, at a terminal, asks.
    """
    operator = operator_of(ctx)
    earliest = iso_utc(moment_of(since, operator.now))
    _run(operator, _given(since=earliest, prefix=prefix, limit=limit), yes=yes)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _run(operator: Operator, request: dict[str, Any], *, yes: bool) -> None:
    if not yes:
        found = _ask(operator, {**request, "dry_run": True})
        at_terminal = not operator.as_json and sys.stdin.isatty() and sys.stdout.isatty()
        if not (found.missing and at_terminal):
            operator.finish(found, view, needs_person=bool(found.missing or found.unsure))
        operator.tell(found, view)
        if not typer.confirm("Queue them?", default=False):
            raise CommandFailed("Nothing was queued.")
    done = _ask(operator, {**request, "dry_run": False})
    operator.finish(done, view, needs_person=bool(done.unsure))


def _ask(operator: Operator, request: dict[str, Any]) -> Reconciled:
    with progress("The reconcile function lists the bucket (up to 15 minutes)"):
        return Reconciled.of(invoke(operator.stack, "reconcile", request))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help=help_of(reconcile), epilog=RECONCILE_EPILOG)(reconcile)
    app.command(help=help_of(backfill), epilog=BACKFILL_EPILOG)(backfill)
