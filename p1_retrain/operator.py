"""What every command works with: the stack, the screen, the exit statuses, and how it asks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated

import typer

from p1_retrain.show import Screen
from p1_retrain.stack import OperationError, Stack

WELL, NEEDS_A_PERSON, NOT_FOUND_OUT = 0, 1, 2
"""Exit statuses: all is well; something needs a person; it could not be found out, or was not done."""

Uri = Annotated[str, typer.Argument(metavar="S3_URI", help="s3://BUCKET/KEY, in quotes if it has spaces.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


@dataclass
class Operator:
    """What every command works with."""

    stack: Stack
    screen: Screen

    def ask(self, what: str, *, yes: bool) -> None:
        """Ask before something is changed.

        Raises
        ------
        OperationError
            Nobody can be asked.
        Exit
            The answer is no.
        """
        if yes:
            return
        if not sys.stdin.isatty():
            raise OperationError(f"Nothing was changed. It would {what}. To do it, add --yes.")
        if not typer.confirm(f"This will {what}. Do it?", err=True):
            raise typer.Exit(NOT_FOUND_OUT)
