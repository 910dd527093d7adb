"""Who runs a command, and how: the options before the command, and how a result is told."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Never, cast

import typer
from rich.console import Console, RenderableType

from p1_retrain.errors import CommandFailed
from p1_retrain.exits import ExitStatus, status_for
from p1_retrain.patience import progress
from p1_retrain.stack import Stack, find_stack
from p1_retrain.terminal import SafeConsole, visible
from retrain.aws.plain_values import plain

WIDE = 200
"""Characters on a line where nobody looks at it: in a file or a pipe."""


@dataclass(frozen=True)
class Operator:
    """The options that every command has.

    Attributes
    ----------
    stack_name, profile, region
        Which stack, as whom, where; None as the AWS variables say.
    as_json
        Whether the output is for a program.
    """

    stack_name: str
    profile: str | None = None
    region: str | None = None
    as_json: bool = False

    @cached_property
    def stack(self) -> Stack:
        """Return the stack."""
        with progress("Looking for the stack"):
            return find_stack(self.stack_name, self.profile, self.region)

    @property
    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)

    def tell(self, result: Any, view: Callable[[Any], RenderableType]) -> None:
        """Print a dataclass: as JSON, or as its view draws it."""
        if self.as_json:
            typer.echo(as_json(result))
        else:
            out().print(view(result), crop=False)

    def finish(self, result: Any, view: Callable[[Any], RenderableType], *, needs_person: bool) -> Never:
        """Print a result, and end with the status that it means."""
        self.tell(result, view)
        raise typer.Exit(status_for(needs_person=needs_person))

    def require_yes(self, what: str, *, yes: bool) -> None:
        """Go on only if a person agrees to a change: by --yes, or at the terminal.

        Raises
        ------
        CommandFailed
            Nobody can be asked, or the answer is no.
        """
        if yes:
            return
        if self.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise CommandFailed(f"Nothing was changed. This would {what}: add --yes to do it.")
        out().print(f"This will {what}.", highlight=False)
        if not typer.confirm("Go on?", default=False):
            raise CommandFailed("Nothing was changed.")


def operator_of(ctx: typer.Context) -> Operator:
    """Return the operator of a command."""
    return cast("Operator", ctx.find_root().obj)


def out() -> Console:
    """Return standard output as a console: as wide as the terminal or COLUMNS say, otherwise very wide."""
    return SafeConsole() if sys.stdout.isatty() or "COLUMNS" in os.environ else SafeConsole(width=WIDE)


def as_json(result: Any) -> str:
    """Return a dataclass, or a list of them, as JSON; private fields are left out."""
    return visible(json.dumps(plain(_public(result)), ensure_ascii=False, indent=2))


def _public(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
        return {name: _public(part) for name, part in named.items() if not name.startswith("_")}
    if isinstance(value, list | tuple):
        return [_public(part) for part in value]
    if isinstance(value, dict):
        return {name: _public(part) for name, part in value.items()}
    return value


def report_failure(sentence: str, *, json_wanted: bool, status: ExitStatus = ExitStatus.NOT_FOUND_OUT) -> Never:
    """Say in one sentence why a command ended, and end it."""
    if json_wanted:
        typer.echo(json.dumps({"error": sentence}, ensure_ascii=False))
    else:
        SafeConsole(stderr=True).print(sentence, style="bold red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(status)
