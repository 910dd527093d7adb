"""The outermost boundary: options that may stand anywhere, and every error as one sentence."""

from __future__ import annotations

import os
from typing import Any

import typer
from typer.core import TyperGroup

from p1_retrain.errors import sentence_of
from p1_retrain.exits import ExitStatus
from p1_retrain.operator import report_failure

_FLAGS = {"--json"}
_WITH_VALUE = {"--stack", "--profile", "--region"}


def hoisted(arguments: list[str]) -> list[str]:
    """Return the arguments with the options of every command in front: a person adds `--json` at the end."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            rest += [argument, *remaining]
        elif argument in _FLAGS or argument.partition("=")[0] in _WITH_VALUE:
            front.append(argument)
            if argument in _WITH_VALUE:
                front += [value for value in [next(remaining, None)] if value is not None]
        else:
            rest.append(argument)
    return front + rest


class Commands(TyperGroup):
    """The commands, with errors told to people."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Accept the common options anywhere."""
        parsed: list[str] = super().parse_args(ctx, hoisted(args))
        return parsed

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and end with one sentence if it cannot do what it should."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, typer.Abort):  # the latter at a question
            report_failure("Interrupted. What was begun is complete; nothing else was done.", **_how(ctx, 130))
        except typer.Exit:
            raise
        except Exception as error:
            if type(error).__module__.startswith("typer.") or os.environ.get("P1_RETRAIN_TRACEBACK"):
                raise  # a wrong argument, which Typer explains, or somebody wants to see more
            report_failure(sentence_of(error), **_how(ctx, ExitStatus.NOT_FOUND_OUT))


def _how(ctx: Any, status: int) -> dict[str, Any]:
    return {"json_wanted": bool(ctx.params.get("as_json")), "status": ExitStatus(status)}
