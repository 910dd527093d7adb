"""`make picture`, second part: draws what `p1-retrain` shows on a local stack on which some things went wrong.

The pictures are docs/command-line-*.svg; the outputs of the other commands go into docs/command-line.md, each between
`<!-- output: NAME -->` and the end of the code block that follows.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from local.processes import exit_on_signals, wait_for
from local.rotation import store_account
from local.stack import REPOSITORY, STACK_NAME, LocalStack
from p1_retrain.app import app
from retrain.landing.envelopes import object_created_event

DOCS = REPOSITORY / "docs"
WIDTH = 100
BUCKET = "landing-bucket"
"""What the real bucket's name is shown as: that one is longer, and another each time."""

SECONDS_FOR_AN_EVENT = 2
"""MiniStack delivers an event within this, or not at all."""

GOOD, EMPTY, WITHOUT_KEY = "penguins/2026-11-23/data.csv", "penguins/2026-11-24/空 1+1.csv", "seals/data.csv"
LOST = "penguins/2026-11-25/data.csv"

PICTURES = {
    "status": ("status",),
    "files": ("files", "penguins"),
    "why": ("why", "{uri}", "--log-lines", "5"),
}

OUTPUTS = {
    "refused": ("why", "{empty}", "--log-lines", "2"),
    "no item": ("why", "{marker}"),
    "dead-letters": ("dead-letters",),
    "redrive": ("redrive", "--yes"),
    "backfill": ("backfill", "--since", "30d"),
    "keys": ("keys",),
    "costs": ("costs", "--days", "1"),
    "without yes": ("keys", "add", "bears", "--model-id", "1234"),
    "json": ("backfill", "--since", "30d", "--json"),
}


def main() -> int:
    """Draw all pictures, and put all outputs into the docs."""
    exit_on_signals()
    with tempfile.TemporaryDirectory(prefix="p1-retrain-") as work_dir, LocalStack(Path(work_dir)) as stack:
        names = _prepare(stack)
        with _environment(stack):
            for name, command in PICTURES.items():
                _draw(name, [part.format(**names) for part in command], stack)
            document = DOCS / "command-line.md"
            text = document.read_text()
            for name, command in OUTPUTS.items():
                text = _with_output(text, name, [part.format(**names) for part in command], stack)
            document.write_text(text)
    return 0


def _prepare(stack: LocalStack) -> dict[str, str]:
    """Let one file be trained on, one be refused, one wait for a key, and one be given up."""
    stack.add_model("penguins")
    store_account(stack)
    data = (REPOSITORY / "local" / "data" / "penguins.csv").read_bytes()
    uris = {"good": stack.land(GOOD, data), "empty": stack.land(EMPTY, b""), "uri": stack.land(WITHOUT_KEY, data)}
    for uri, status in zip(uris.values(), ("TRAINING", "REJECTED", "RETRYING"), strict=True):
        wait_for(uri, lambda uri=uri, status=status: [job["status"] for job in stack.jobs(uri)] == [status])  # type: ignore[misc]
    _give_up(stack, uris["uri"])
    _lose(stack, LOST, data)
    return {**uris, "marker": f"s3://{stack.outputs['LandingBucketName']}/penguins/_SUCCESS"}


def _give_up(stack: LocalStack, uri: str) -> None:
    """Put a file's message where it would be 14 hours later, and have the function record that."""
    stack.aws.client("sqs").purge_queue(QueueUrl=stack.outputs["UploadQueueUrl"])  # otherwise it is tried again
    (job,) = stack.jobs(uri)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    event = object_created_event(bucket, {**job, "key": key, "sequencer": "00"})
    url = stack.outputs["UploadDeadLetterQueueUrl"]
    stack.aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))
    stack.invoke("Upload", {"action": "record-dead-letters"})
    peek = {"QueueUrl": url, "VisibilityTimeout": 0}  # the function has hidden it for a minute
    wait_for("the letter", lambda: stack.aws.client("sqs").receive_message(**peek).get("Messages"), timeout_seconds=90)


def _lose(stack: LocalStack, key: str, data: bytes) -> None:
    """Land a file while nobody is told of it."""
    events, rule = stack.aws.client("events"), f"{STACK_NAME}-LandedObjectRule"
    events.disable_rule(Name=rule)
    stack.land(key, data)
    time.sleep(SECONDS_FOR_AN_EVENT)
    events.enable_rule(Name=rule)


@contextmanager
def _environment(stack: LocalStack) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update({**stack.aws.environment, "COLUMNS": str(WIDTH), "TZ": "UTC"})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _run(command: list[str], stack: LocalStack, *, colours: bool) -> str:
    """Return what a command prints, with another bucket's name of the same meaning."""
    environment = {"FORCE_COLOR": "1"} if colours else {}
    ran = CliRunner().invoke(app, command, env=environment, color=colours)
    return (ran.stdout + ran.stderr).replace(stack.outputs["LandingBucketName"], BUCKET)


def _draw(name: str, command: list[str], stack: LocalStack) -> None:
    line = " ".join(command).replace(stack.outputs["LandingBucketName"], BUCKET)
    with redirect_stdout(StringIO()):
        console = Console(record=True, width=WIDTH, force_terminal=True)
        console.print(Text(f"$ p1-retrain {line}", style="bold cyan"))
        console.print(Text.from_ansi(_run(command, stack, colours=True)), crop=False)
        console.save_svg(str(DOCS / f"command-line-{name}.svg"), title="p1-retrain")


def _with_output(text: str, name: str, command: list[str], stack: LocalStack) -> str:
    """Return the document with a command and its output in the code block that its mark announces."""
    words = " ".join(f"'{word}'" if " " in word else word for word in command)
    line = f"$ p1-retrain {words}".replace(stack.outputs["LandingBucketName"], BUCKET)
    output = "\n".join(row.rstrip() for row in _run(command, stack, colours=False).splitlines())
    block = f"<!-- output: {name} -->\n```text\n{line}\n{output}\n```"
    pattern = rf"<!-- output: {re.escape(name)} -->\n```text\n.*?```"
    return re.sub(pattern, lambda _: block, text, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
