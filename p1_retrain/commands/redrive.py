"""`p1-retrain redrive`."""

from __future__ import annotations

from typing import Annotated

import typer

from p1_retrain.found.queues import DEAD_LETTERS, depth_of
from p1_retrain.found.redriving import Redriven, redrive_all, redrive_some
from p1_retrain.help_texts import examples, help_of
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.letters import view_redriven

EPILOG = examples(
    ("p1-retrain redrive", "all, after a question"),
    ("p1-retrain redrive s3://BUCKET/penguins/data.csv --yes", "one file, without a question"),
)


def redrive(
    ctx: typer.Context,
    uris: Annotated[
        list[str] | None, typer.Argument(metavar="[S3_URI]...", help="Which files; all if none is given.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
) -> None:
    """Send given-up files to the upload queue again, once their cause is fixed.

    It is safe to repeat: a file that was sent meanwhile is not sent twice. SQS keeps a message for 14 days; what is
    older is lost, and must land again.
    """
    operator = operator_of(ctx)
    stack = operator.stack
    count = depth_of(stack, DEAD_LETTERS).total
    if not uris and not count:
        operator.finish(Redriven(0, "p1-retrain", []), view_redriven, needs_person=False)
    what = f"send the dead letters of {len(uris)} files" if uris else f"send all dead letters, about {count},"
    operator.require_yes(f"{what} to the upload queue again", yes=yes)
    with progress("Moving the messages"):
        done = redrive_some(stack, uris) if uris else redrive_all(stack)
    operator.finish(done, view_redriven, needs_person=bool(done.not_found))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=help_of(redrive), epilog=EPILOG)(redrive)
