"""`p1-retrain keys`, `keys add` and `keys rotate`."""

from __future__ import annotations

from typing import Annotated

import typer

from p1_retrain.errors import CommandFailed
from p1_retrain.found.key_setup import SetUp, account_is_ready, exists, set_up, turn_rotation_on
from p1_retrain.found.keys import keys_of
from p1_retrain.found.results import Keys
from p1_retrain.help_texts import examples
from p1_retrain.operator import operator_of
from p1_retrain.patience import progress
from p1_retrain.shown.keys import view, view_set_up

EPILOG = examples(
    ("p1-retrain keys", "that whose key ends first is in front"),
    ("p1-retrain keys add penguins --model-id 1234", "sets a model up; no key is typed"),
    ("p1-retrain keys rotate penguins", "a new key now"),
)

app = typer.Typer(help="List the models' API keys, or set a model up.", invoke_without_command=True, epilog=EPILOG)

Model = Annotated[str, typer.Argument(help="The model: the folder that its files land in.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without a question.")]


@app.callback()
def keys(ctx: typer.Context) -> None:
    """List the models' API keys: the days left, and whether they are renewed. No key is read or shown."""
    if ctx.invoked_subcommand:
        return
    operator = operator_of(ctx)
    with progress("Looking at the keys"):
        found = Keys(keys_of(operator.stack, operator.now))
    operator.finish(found, view, needs_person=any(key.needs_person for key in found.keys))


@app.command()
def add(
    ctx: typer.Context,
    model: Model,
    model_id: Annotated[str, typer.Option(help="The model's id in Prediction One.")],
    *,
    yes: Yes = False,
) -> None:
    """Set a model up: create its secret, and turn on the rotation that issues its first API key.

    No key is needed or typed: the rotate function issues it with the account's Secret Key. Safe to repeat.
    """
    operator = operator_of(ctx)
    name = f"{operator.stack.secret_prefix}/{model}"
    if not account_is_ready(operator.stack):
        raise CommandFailed(
            f"The account's secret {operator.stack.secret_prefix}/_account is not there, so no key could be issued: "
            'store the Secret Key in it first (README.md, "Deploy").'
        )
    operator.require_yes(f"create the secret {name} and turn on its rotation", yes=yes)
    operator.finish(set_up(operator.stack, model, model_id), view_set_up, needs_person=False)


@app.command()
def rotate(ctx: typer.Context, model: Model, *, yes: Yes = False) -> None:
    """Have a new API key issued now, and every 14 days from now on. The old one stays valid until it ends."""
    operator = operator_of(ctx)
    if not exists(operator.stack, model):
        raise CommandFailed(f"The model {model} has no secret: `p1-retrain keys add {model} --model-id ID` creates it.")
    name = f"{operator.stack.secret_prefix}/{model}"
    operator.require_yes(f"rotate the key in {name}", yes=yes)
    turn_rotation_on(operator.stack, name)
    operator.finish(SetUp(model, name, created=False, rotation="on"), view_set_up, needs_person=False)
