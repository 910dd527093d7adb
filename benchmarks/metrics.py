"""`python -m benchmarks.metrics`: how many custom metrics a stack makes, and what they cost, by its number of models.

The template is deployed here, one file of each model is retrained and goes live, the daily functions run once, and one
model's key is refused. What the functions then have logged in CloudWatch's embedded metric format is counted: each name
with each set of dimension values is one metric. CloudWatch charges for the hours in which a metric is sent ("Amazon
CloudWatch pricing", custom metrics): here the functions of the five-minute schedules send in every hour, all others in
one hour a day.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.ending import exit_code
from benchmarks.progress import progress
from local.cloudwatch import metrics_in
from local.processes import wait_for
from local.stack import LocalStack

DOLLARS_A_MONTH = 0.30
"""For one metric that is sent in every hour, of the first 10,000 (us-east-1)."""

IN_EVERY_HOUR = {"TrackRuns", "OldestUnfinishedSeconds", "JobsDue", "DeadLetters"}
"""What the functions send whenever their schedules of 5 and 15 minutes invoke them."""

_CSV = b"species,island,mass\n" + b"Adelie,Torgersen,3750\n" * 500


class Metric(NamedTuple):
    """What CloudWatch charges for as one metric."""

    name: str
    dimensions: tuple[tuple[str, str], ...]


MOST_METRICS_OF_A_MODEL = 1
"""That one more model adds: one that is sent once a day."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, and show; return 1 if a model adds more metrics than one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics", description=__doc__)
    parser.add_argument("--models", type=int, nargs="+", help="one stack for each (1 50)")
    parser.add_argument("--quick", action="store_true", help="fewer models")
    options = parser.parse_args(arguments)
    console = Console()
    table = Table("models", "metrics at rest", "a month", "metrics with a file a day", "a month")
    counted: list[tuple[int, set[Metric], set[Metric]]] = []
    for models in options.models or ([1, 2] if options.quick else [1, 50]):
        at_rest, with_files = _metrics_of_a_stack(models)
        counted.append((models, at_rest, with_files))
        table.add_row(str(models), *_cells(at_rest), *_cells(with_files))
    console.print(table)
    return exit_code(
        broken_claims([(models, len(at_rest), len(with_files)) for models, at_rest, with_files in counted]),
        "a model adds one metric at most",
    )


def broken_claims(counted: Sequence[tuple[int, int, int]]) -> list[str]:
    """Return a sentence for each stack in which a model adds too many; of each: models, metrics at rest, with files."""
    first, *others = counted
    return [
        f"A model adds more than {MOST_METRICS_OF_A_MODEL} metric: {many} with {models} models, {few} with {first[0]}."
        for models, *both in others
        for many, few in zip(both, first[1:], strict=True)
        if many - few > MOST_METRICS_OF_A_MODEL * (models - first[0])
    ]


def dollars(metrics: Iterable[Metric]) -> float:
    """Return what metrics cost a month."""
    hours = [24 if metric.name in IN_EVERY_HOUR else 1 for metric in metrics]
    return sum(hours) / 24 * DOLLARS_A_MONTH


def _cells(metrics: set[Metric]) -> tuple[str, str]:
    return str(len(metrics)), f"${dollars(metrics):.2f}"


def _metrics_of_a_stack(models: int) -> tuple[set[Metric], set[Metric]]:
    """Return the metrics of a stack without traffic, and of one in which everything happens once."""
    names = [f"model-{number}" for number in range(models)]
    with tempfile.TemporaryDirectory(prefix="metrics-") as directory, progress() as shown:
        deploying = shown.add_task(f"{models} models: deploying", total=None)
        with LocalStack(Path(directory), {"SwitchPolicy": "Automatic"}, training_seconds=0) as stack:
            for name in names:
                stack.add_model(name)
            _run_scheduled(stack)
            at_rest = _metrics_in(stack.log_lines())
            stack.add_model("refused", api_key="no-such-key")
            stack.land("refused/data.csv", _CSV)
            uris = [stack.land(f"{name}/data.csv", _CSV) for name in names]
            shown.remove_task(deploying)
            for uri in shown.track(uris, description=f"{models} models: going live"):
                wait_for(f"{uri} to be live", partial(_is_live, stack, uri), timeout_seconds=600)
            _run_scheduled(stack)
            return at_rest, _metrics_in(stack.log_lines())


def _run_scheduled(stack: LocalStack) -> None:
    stack.invoke("Track", {})
    stack.invoke("Watch", {})
    stack.invoke("Reconcile", {})
    stack.invoke("Upload", {"action": "record-dead-letters"})


def _is_live(stack: LocalStack, uri: str) -> bool:
    stack.invoke("Track", {})
    return [job["status"] for job in stack.jobs(uri)] == ["SWITCHED"]


def _metrics_in(lines: Iterable[str]) -> set[Metric]:
    """Return the metrics that log lines send."""
    sent = (datum for line in lines if '"_aws"' in line for _, datum in metrics_in(json.loads(line)))
    return {
        Metric(datum["MetricName"], tuple((one["Name"], one["Value"]) for one in datum["Dimensions"])) for datum in sent
    }


if __name__ == "__main__":
    raise SystemExit(main())
