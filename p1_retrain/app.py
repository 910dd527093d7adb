"""The command line: what every command shares, and the list of the commands."""

from __future__ import annotations

from typing import Annotated

import typer

from p1_retrain.commands import costs, dead_letters, files, keys, reconcile, redrive, resolve, status, switch, why
from p1_retrain.group import Commands
from p1_retrain.help_texts import examples
from p1_retrain.operator import Operator
from retrain.operator_commands import DEFAULT_STACK_NAME

HELP = """Operate a Prediction One Retrain stack: what is wrong with a file, and what to do.

The stack is found by its name. Credentials and region are those of the AWS CLI. To look, you need the policy in the \
stack's output ViewerPolicyArn; to act, the one in OperatorPolicyArn, too. Nothing is changed without a question \
or --yes.
"""

EPILOG = "\n\n".join(
    [
        examples(
            ("p1-retrain status", "At 3 a.m.: is all well? What needs a person?"),
            ("p1-retrain why s3://BUCKET/MODEL/data.csv", "The whole story of one file."),
        ),
        "[bold]Exit status[/bold]",
        "0  all well",
        "1  something needs a person",
        "2  it could not be found out or done",
    ]
)

app = typer.Typer(
    cls=Commands,
    name="p1-retrain",
    help=HELP,
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def common(
    ctx: typer.Context,
    stack: Annotated[str, typer.Option(help="The stack's name.", envvar="P1_RETRAIN_STACK")] = DEFAULT_STACK_NAME,
    profile: Annotated[str | None, typer.Option(help="A profile of the AWS CLI.", show_default="AWS_PROFILE")] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region.", show_default="AWS_REGION")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs (docs/command-line.md).")] = False,
) -> None:
    """Take the options that may stand anywhere; the text for people is `HELP`."""
    ctx.obj = Operator(stack, profile, region, as_json)


for command in (status, files, why, dead_letters, redrive, reconcile, switch, resolve, costs):
    command.register(app)
app.add_typer(keys.app, name="keys")
