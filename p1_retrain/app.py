"""`p1-retrain`: its commands, and how an error is shown."""

from __future__ import annotations

import sys
from typing import Annotated

import boto3
import typer
from rich.console import Console
from rich.text import Text

from p1_retrain import acting, looking
from p1_retrain.operator import NOT_FOUND_OUT, WELL, Operator
from p1_retrain.show import Screen
from p1_retrain.stack import DEFAULT_NAME, OperationError, Stack, errors_as_sentences

app = typer.Typer(
    name="p1-retrain",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Operate a stack that retrains Prediction One models.

Exit status: 0 all is well, 1 something needs a person, 2 it could not be found out or was not done.

Examples:

- Is all well? `p1-retrain status`
- What became of a file, and what to do? `p1-retrain why 's3://BUCKET/MODEL/data.csv'`
- A model's files, for a program: `p1-retrain --json files MODEL`
- Send given-up files again: `p1-retrain redrive`""",
)
keys_app = typer.Typer(
    invoke_without_command=True, help="The models' API keys: days left, rotation; `keys add` sets a model up."
)
app.add_typer(keys_app, name="keys")
app.command("status")(looking.status)
app.command("files")(looking.files)
app.command("why")(looking.why)
app.command("dead-letters")(looking.dead_letters_kept)
app.command("costs")(looking.costs)
app.command("redrive")(acting.redrive)
app.command("reconcile")(acting.reconcile)
app.command("backfill")(acting.backfill)
app.command("switch")(acting.switch)
app.command("resolve")(acting.resolve)
keys_app.callback()(looking.keys)
keys_app.command("add")(acting.keys_add)


@app.callback()
def options(
    context: typer.Context,
    stack: Annotated[
        str, typer.Option(envvar="P1_RETRAIN_STACK", help="The stack's name in CloudFormation.")
    ] = DEFAULT_NAME,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
    profile: Annotated[str | None, typer.Option(help="A profile of the AWS configuration.")] = None,
    region: Annotated[str | None, typer.Option(help="The stack's region.")] = None,
) -> None:
    """Find the stack for a command."""
    with errors_as_sentences(stack):
        session = boto3.Session(profile_name=profile, region_name=region)
    context.obj = Operator(Stack(stack, session), Screen(as_json, Console()))


def main() -> None:
    """Run a command; print an error as one sentence."""
    try:
        with errors_as_sentences(DEFAULT_NAME):
            status_code = app(standalone_mode=False)
    except OperationError as error:
        sys.exit(_failed(str(error)))
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(_failed("Interrupted. What had begun is complete or can be repeated; the rest was not begun."))
    except typer.TyperException as error:
        sys.exit(_failed(f"{str(error).rstrip('.')}. p1-retrain --help shows the commands."))
    sys.exit(status_code or WELL)


def _failed(sentence: str) -> int:
    Console(stderr=True).print(Text(sentence), soft_wrap=True)
    return NOT_FOUND_OUT
