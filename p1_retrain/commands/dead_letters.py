"""`p1-retrain dead-letters`."""

from __future__ import annotations

import shlex

import typer

from p1_retrain.found.letters import letters_of_announcements, letters_of_uploads
from p1_retrain.found.queues import DEAD_LETTERS, depth_of
from p1_retrain.found.results import DeadLetters
from p1_retrain.help_texts import examples, help_of
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.letters import view
from retrain.operator_commands import p1_retrain

MOST = 500
"""Of the landed files' letters that are read: each is looked up in the jobs table."""

EPILOG = examples(
    ("p1-retrain dead-letters", ""),
    ("p1-retrain dead-letters --json | jq -r '.uploads[].uri'", "for a script: the files"),
)


def dead_letters(ctx: typer.Context) -> None:
    """List what was given up: which file, why, and until when its message is kept.

    The messages stay where they are. They are hidden from others only while they are read.
    """
    operator = operator_of(ctx)
    stack = operator.stack
    with progress("Reading the dead-letter queues"):
        found = DeadLetters(
            bucket=stack.landing_bucket,
            uploads_in_all=depth_of(stack, DEAD_LETTERS).total,
            uploads=letters_of_uploads(stack, MOST),
            announcements=letters_of_announcements(stack),
            redrive_command=p1_retrain(stack.name, "redrive"),
            purge_command=shlex.join(
                ["aws", "sqs", "purge-queue", "--queue-url", stack.output("AnnounceDeadLetterQueueUrl")]
            ),
        )
    operator.finish(found, view, needs_person=bool(found.uploads or found.announcements))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("dead-letters", help=help_of(dead_letters), epilog=EPILOG)(dead_letters)
