"""`p1-retrain resolve`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from p1_retrain.errors import CommandFailed
from p1_retrain.found.files import items_of_uri
from p1_retrain.found.results import Done
from p1_retrain.help_texts import examples, help_of
from p1_retrain.invoking import invoke
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.done import view
from p1_retrain.stack import Stack
from retrain.ledger.status import HiddenState, state_of

EPILOG = examples(
    ("p1-retrain resolve s3://BUCKET/penguins/data.csv --arrived JOB", "the job is in Prediction One"),
    ("p1-retrain resolve s3://BUCKET/penguins/data.csv --send-again", "it is not there"),
)


def resolve(
    ctx: typer.Context,
    uri: Annotated[str, typer.Argument(metavar="S3_URI", help="The file that waits for a decision.")],
    arrived: Annotated[str | None, typer.Option(metavar="JOB", help="It arrived, as this retrain job.")] = None,
    version: Annotated[str | None, typer.Option(help="Its version, if several wait.")] = None,
    *,
    send_again: Annotated[bool, typer.Option("--send-again", help="It did not arrive: send it again.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
) -> None:
    """Decide about an upload whose outcome nobody can find out (OUTCOME_NEEDS_DECISION).

    Look at the model in Prediction One first: is the file's retrain job there? A file that is sent again although it
    arrived is trained on twice.
    """
    operator = operator_of(ctx)
    if (arrived is None) != send_again:
        raise CommandFailed("Say what you found in Prediction One: either --arrived JOB or --send-again.")
    item = _undecided(operator.stack, uri, version)
    what = f"send {uri} again" if send_again else f"record that {uri} arrived as the retrain job {arrived}"
    operator.require_yes(what, yes=yes)
    key = {name: item[name] for name in ("object_uri", "object_version")}
    decision: dict[str, Any] = {"send_again": True} if send_again else {"arrived": arrived}
    with progress("The upload function records the decision"):
        done = invoke(operator.stack, "upload", {"action": "resolve", **key, **decision})
    text = f"{uri} is queued again." if send_again else f"{uri} arrived; its job is followed from now on."
    operator.finish(Done(text, uri, done["status"], done.get("retrain_job_id")), view, needs_person=False)


def _undecided(stack: Stack, uri: str, version: str | None) -> dict[str, Any]:
    items = [item for item in items_of_uri(stack, uri) if version in (None, item["object_version"])]
    waiting = [item for item in items if state_of(item) == HiddenState.NEEDS_DECISION]
    if len(waiting) == 1:
        return waiting[0]
    if waiting:
        versions = ", ".join(str(item["object_version"]) for item in waiting)
        raise CommandFailed(f"Several versions of {uri} wait for a decision: say which with --version ({versions}).")
    if len(items) == 1:  # decided before, perhaps: the function knows, and repeating is safe
        return items[0]
    raise CommandFailed(f"{uri} does not wait for a decision: ask `p1-retrain why` where it stands.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=help_of(resolve), epilog=EPILOG)(resolve)
