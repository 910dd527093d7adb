"""The commands that change something: each says what it would do, and asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from p1_retrain.files import File, file_of_job, files_at
from p1_retrain.keys import add_model
from p1_retrain.letters import Letter, dead_letters
from p1_retrain.letters import redrive as send_again_letters
from p1_retrain.operator import NEEDS_A_PERSON, WELL, Operator, Uri, Yes
from p1_retrain.stack import OperationError, Stack


def redrive(
    context: typer.Context,
    uris: Annotated[list[str] | None, typer.Argument(metavar="[S3_URI]...", help="Only these files; else all.")] = None,
    yes: Yes = False,
) -> None:
    """Send given-up files again. Safe to repeat: nothing is sent twice."""
    operator: Operator = context.obj
    letters = [each for each in dead_letters(operator.stack) if each.queue == "upload" and each.version]
    chosen = [each for each in letters if not uris or any(_is_about(each, uri) for uri in uris)]
    missing = [uri for uri in uris or () if not any(_is_about(each, uri) for each in chosen)]
    if missing:
        raise OperationError(
            f"No dead letter is about {', '.join(sorted(missing))}. After 14 days it is gone: land the file again."
        )
    if chosen:
        operator.ask(f"send {len(chosen)} files again: {', '.join(each.what for each in chosen[:5])}", yes=yes)
    sent = send_again_letters(operator.stack, chosen)
    operator.screen.answer({"sent": sent})
    operator.screen.say(f"Sent {sent} files again. Follow one with p1-retrain why S3_URI.")


def reconcile(context: typer.Context, yes: Yes = False) -> None:
    """Find landed files whose event was lost, and send them after asking; as the daily check does."""
    _reconcile(context.obj, {}, yes=yes)


def backfill(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="Files that landed then or later, for example 2026-01-01.")],
    prefix: Annotated[str, typer.Option(help="Only below this, for example MODEL/.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many files, the oldest first.")] = None,
    yes: Yes = False,
) -> None:
    """Send files that were there before the stack, after showing how many retrainings of which models start."""
    moment = since if "T" in since else f"{since}T00:00:00Z"
    asked = {"since": moment, "prefix": prefix, "limit": limit}
    _reconcile(context.obj, {name: value for name, value in asked.items() if value}, yes=yes)


def switch(
    context: typer.Context,
    job: Annotated[
        str, typer.Argument(metavar="JOB|S3_URI", help="A retrain_job_id, or the file that it was trained on.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Also replace a model of newer data.")] = False,
    yes: Yes = False,
) -> None:
    """Make a retrained model live."""
    operator: Operator = context.obj
    file = _file_of(operator.stack, job)
    operator.ask(
        f"make the model of {file['model']} live that was trained on {file['object_uri']} ({file['landed_at']})",
        yes=yes,
    )
    by = operator.stack.client("sts").get_caller_identity()["Arn"]
    answer = operator.stack.invoke("Switch", {"retrain_job_id": file["retrain_job_id"], "force": force, "by": by})
    operator.screen.answer(answer)
    operator.screen.say(
        f"Live: {answer['model']} with job {answer['retrain_job_id']}, trained on {answer['object_uri']}."
    )


def resolve(
    context: typer.Context,
    uri: Uri,
    arrived: Annotated[str | None, typer.Option(metavar="JOB", help="It arrived, as this retrain job.")] = None,
    send_again: Annotated[bool, typer.Option("--send-again", help="It did not arrive.")] = False,
    yes: Yes = False,
) -> None:
    """Decide about an upload whose outcome nobody can find out (OUTCOME_NEEDS_DECISION)."""
    operator: Operator = context.obj
    if bool(arrived) == send_again:
        raise OperationError("Give either --arrived JOB or --send-again. p1-retrain why S3_URI says how to find out.")
    undecided = [file for file in files_at(operator.stack, uri) if file["error_code"] == "OUTCOME_NEEDS_DECISION"]
    if not undecided:
        raise OperationError(f"No version of {uri} waits for a decision. p1-retrain why '{uri}' says where it stands.")
    (file, *_), decision = undecided, {"arrived": arrived} if arrived else {"send_again": True}
    operator.ask(
        f"record that {uri} {f'arrived as {arrived}' if arrived else 'did not arrive, and send it again'}", yes=yes
    )
    key = {name: file[name] for name in ("object_uri", "object_version")}
    answer = operator.stack.invoke("Upload", {"action": "resolve", **key, **decision})
    operator.screen.answer(answer)
    operator.screen.say(f"{uri} is now {answer['status']}.")


def keys_add(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="The model's folder: the name that you choose.")],
    model_id: Annotated[str, typer.Option(help="The model's id in Prediction One.")],
    yes: Yes = False,
) -> None:
    """Set a model up: its secret and its rotation, which issues the first API key. No secret is typed."""
    operator: Operator = context.obj
    operator.ask(f"create the secret of {model}, and have its first API key issued", yes=yes)
    add_model(operator.stack, model, model_id)
    operator.screen.answer({"model": model})
    operator.screen.say(f"{model} is set up. Land files below {operator.stack.parameter('LandingPrefix')}{model}/.")


def _is_about(letter: Letter, uri: str) -> bool:
    """Return whether a letter is about a file, or about a half of the pair whose folder the URI is."""
    return letter.what == uri or (uri.endswith("/") and letter.what.startswith(uri))


def _reconcile(operator: Operator, asked: Mapping[str, Any], *, yes: bool) -> None:
    found = operator.stack.invoke("Reconcile", {**asked, "dry_run": True})
    operator.screen.say(
        f"Of {found['listed']} landed versions, {found['known']} have an item and {found['missing']} have none."
    )
    operator.screen.table(("model", "retrainings"), sorted(found["models"].items()))
    for text in found["unsure"]:
        operator.screen.say(f"Only a person can decide: {text}")
    if found["missing"]:
        operator.ask(f"start {sum(found['models'].values())} retrainings", yes=yes)
        found = operator.stack.invoke("Reconcile", asked)
        operator.screen.say(f"Queued {found['sent']} files.")
    operator.screen.answer(found)
    raise typer.Exit(NEEDS_A_PERSON if found["unsure"] else WELL)


def _file_of(stack: Stack, job: str) -> File:
    found = files_at(stack, job) if job.startswith("s3://") else [file_of_job(stack, job)]
    chosen = next((file for file in found if file and file["retrain_job_id"]), None)
    if chosen is None:
        raise OperationError(f"There is no retrain job of {job}. p1-retrain files MODEL lists them.")
    return chosen
