"""Looks at a table of many items: the page function's views and the command line's, on a deployed stack."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import Progress

from benchmarks.aws_calls import ITEMS_READ
from benchmarks.landed_items import MODELS, item_of, model_of, uri_of, version_of
from benchmarks.local_parts import REPOSITORY, LocalParts, metered
from local.stack import STACK_NAME, LocalStack

_VIEWS = 3


@dataclass(frozen=True)
class Look:
    """What one look at the table took, in a process of its own.

    Attributes
    ----------
    seconds, cpu_seconds
        Of a view the handler's, warm or not; of a command the whole process's.
    calls
        To AWS.
    items_read
        By DynamoDB, for its queries and scans.
    """

    what: str
    items: int
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    calls: int
    items_read: int


@contextmanager
def many_items_stack(shown: Progress) -> Iterator[tuple[LocalStack, LocalParts]]:
    """Deploy the template, with models, and with nobody who reads the table's stream."""
    with tempfile.TemporaryDirectory(prefix="many-items-") as directory:
        deploying = shown.add_task("deploying", total=None)
        with LocalStack(Path(directory)) as stack:
            functions = stack.aws.client("lambda")
            for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
                functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
            for number in range(MODELS):
                stack.add_model(model_of(number))
            shown.remove_task(deploying)
            yield stack, LocalParts(stack.aws, stack.prediction_one, Path(directory))


def write_items(stack: LocalStack, shown: Progress, before: int, items: int) -> None:
    """Write the items from number `before` on, and what is live."""
    bucket = stack.outputs["LandingBucketName"]
    writing = shown.add_task(f"{items:,} items: writing", total=items - before)
    with stack.aws.dynamodb().Table(stack.outputs["JobsTableName"]).batch_writer() as batch:
        for number in shown.track(range(before, items), task_id=writing):
            batch.put_item(Item=item_of(number, bucket))
    with stack.aws.dynamodb().Table(stack.outputs["ModelsTableName"]).batch_writer() as batch:
        for number in range(MODELS):
            live = item_of(number + MODELS, bucket)
            batch.put_item(Item={"model": model_of(number), **live})
    shown.remove_task(writing)


def looks(stack: LocalStack, parts: LocalParts, shown: Progress, items: int) -> Iterator[Look]:
    """Take each look once."""
    bucket = stack.outputs["LandingBucketName"]
    key = {"object_uri": uri_of(0, bucket), "object_version": version_of(0)}
    views = {
        "page": {},
        "page, a model": {"view": "model", "model": model_of(0)},
        "page, a file": {"view": "file", **key},
    }
    commands = {"status": ["status"], "files": ["files", model_of(0)], "why": ["why", uri_of(0, bucket)]}
    looking = shown.add_task(f"{items:,} items: looking", total=len(views) + len(commands))
    for what, asked in views.items():
        yield _view(stack, parts, what, items, asked)
        shown.advance(looking)
    for what, arguments in commands.items():
        yield _command(stack, parts, what, items, arguments)
        shown.advance(looking)
    shown.remove_task(looking)


def _view(stack: LocalStack, parts: LocalParts, what: str, items: int, asked: Mapping[str, Any]) -> Look:
    """Take a look some times, and return the one that took least CPU: a view takes so little that others disturb it."""
    event = json.loads((REPOSITORY / "events" / "page_widget.json").read_text())
    variables = {
        "JOBS_TABLE_NAME": stack.outputs["JobsTableName"],
        "MODELS_TABLE_NAME": stack.outputs["ModelsTableName"],
        "SECRET_PREFIX": "prediction-one",
        "STACK_NAME": STACK_NAME,
        "SWITCH_FUNCTION_ARN": stack.outputs["SwitchFunctionName"],
        "SWITCH_POLICY": "Manual",
        "UPLOAD_FUNCTION_ARN": stack.outputs["UploadFunctionName"],
    }
    runs = [parts.run("page", [{**event, **asked}], variables) for _ in range(_VIEWS)]
    run = min(runs, key=lambda one: one.cpu_seconds)
    if "cannot be shown" in run.answer:
        raise RuntimeError(f"{what}, {items:,} items: {run.answer}")
    took = {"seconds": run.seconds, "cpu_seconds": run.cpu_seconds}
    return _taken(what, items, took, run.peak_memory_bytes, run.calls)


def _command(stack: LocalStack, parts: LocalParts, what: str, items: int, arguments: Sequence[str]) -> Look:
    result = parts.work_dir / "command.json"
    command = [sys.executable, "-m", "benchmarks.command_once", str(result), "--json", *arguments]
    environment = {**os.environ, **stack.aws.environment, "PYTHONPATH": f"functions{os.pathsep}."}
    peak_memory_bytes = metered(command, environment)["peak_memory_bytes"]
    told = json.loads(result.read_text())
    if told["exit_status"] not in (0, 1):  # all well, or something needs a person
        raise RuntimeError(f"p1-retrain {what} with {items:,} items: exit status {told['exit_status']}")
    return _taken(what, items, told, peak_memory_bytes, told["calls"])


def _taken(what: str, items: int, took: Mapping[str, float], memory_bytes: int, calls: Mapping[str, int]) -> Look:
    made = sum(count for name, count in calls.items() if name != ITEMS_READ)
    return Look(what, items, took["seconds"], took["cpu_seconds"], memory_bytes, made, calls.get(ITEMS_READ, 0))
