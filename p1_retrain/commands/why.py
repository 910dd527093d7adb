"""`p1-retrain why`."""

from __future__ import annotations

from typing import Annotated

import typer

from p1_retrain.found.story import story_of
from p1_retrain.help_texts import examples, help_of
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.story import view

EPILOG = examples(
    ("p1-retrain why s3://BUCKET/penguins/2026-11-23/data.csv", ""),
    ("p1-retrain why 's3://BUCKET/penguins/ペンギン 1+1.csv'", "in quotes, with the name as it is, not as in a URL"),
    ("p1-retrain why s3://BUCKET/penguins/data.csv --version 3HL4kqtJlcpXroDTDmJ", "an older version"),
)


def why(
    ctx: typer.Context,
    uri: Annotated[str, typer.Argument(metavar="S3_URI", help="The file, or a dataset's folder: s3://BUCKET/KEY.")],
    version: Annotated[str | None, typer.Option(help="Its version; by default the newest.")] = None,
    log_lines: Annotated[int, typer.Option(help="How many log lines to show; JSON has all.", min=0)] = 10,
) -> None:
    """Tell the whole story of one landed file.

    Where it stands and why, what happens next and when, what to run if a person must act, what the functions logged
    about it, and where its results are. Of a file without a record it says why there is none.
    """
    operator = operator_of(ctx)
    with progress("Looking up the file and its log lines"):
        story = story_of(operator.stack, uri, version, operator.now)
    operator.finish(story, lambda found: view(found, log_lines), needs_person=story.needs_person)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=help_of(why), epilog=EPILOG)(why)
