"""`p1-retrain switch`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from p1_retrain.errors import CommandFailed
from p1_retrain.found.files import items_of_job, items_of_uri, live_of
from p1_retrain.found.results import Done
from p1_retrain.help_texts import examples, help_of
from p1_retrain.invoking import caller, invoke
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.done import view
from p1_retrain.stack import Stack

EPILOG = examples(
    ("p1-retrain switch 6fd6e9c2-2f0e-4a51-9d0f-0f6e3c1a7b11", "after a question"),
    ("p1-retrain switch s3://BUCKET/penguins/data.csv --yes", ""),
    ("p1-retrain switch JOB --force", "back to a model of older data"),
)


def switch(
    ctx: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB|S3_URI", help="The retrain job, or the file it was trained on.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Also if a model of newer data is live.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without a question.")] = False,
) -> None:
    """Make a retrained model live, once its results were checked."""
    operator = operator_of(ctx)
    stack = operator.stack
    item = _item_of(stack, job)
    live = live_of(stack, str(item["model"]))
    instead = f" in the place of {live['object_uri']}" if live else ""
    what = f"make the model {item['model']}, retrained on {item['object_uri']}, live{instead}"
    operator.require_yes(what, yes=yes)
    request: dict[str, Any] = {"retrain_job_id": item["retrain_job_id"], "by": f"p1-retrain, {caller(stack)}"}
    with progress("The switch function asks Prediction One"):
        done = invoke(stack, "switch", {**request, **({"force": True} if force else {})})
    text = f"The model {done['model']}, retrained on {done['object_uri']}, is live."
    operator.finish(Done(text, done["object_uri"], done["status"], done["retrain_job_id"]), view, needs_person=False)


def _item_of(stack: Stack, job: str) -> dict[str, Any]:
    is_uri = job.startswith("s3://")
    items = items_of_uri(stack, job) if is_uri else items_of_job(stack, job)
    with_job = [item for item in items if "retrain_job_id" in item]
    if not with_job:
        raise CommandFailed(
            f"{job} has no retrain job: ask `p1-retrain why` what became of it."
            if is_uri
            else f"There is no retrain job {job}: `p1-retrain files MODEL` lists the jobs."
        )
    return with_job[0]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=help_of(switch), epilog=EPILOG)(switch)
