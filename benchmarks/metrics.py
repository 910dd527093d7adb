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


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.metrics", description=__doc__)
    parser.add_argument("--models", type=int, nargs="+", default=[1, 50], help="one stack for each")
    options = parser.parse_args(arguments)
    console = Console()
    table = Table("models", "metrics at rest", "a month", "metrics with a file a day", "a month")
    for models in options.models:
        console.print(f"A stack with {models} models ...")
        at_rest, with_files = _metrics_of_a_stack(models)
        table.add_row(str(models), *_cells(at_rest), *_cells(with_files))
    console.print(table)
    return 0


def dollars(metrics: Iterable[Metric]) -> float:
    """Return what metrics cost a month."""
    hours = [24 if metric.name in IN_EVERY_HOUR else 1 for metric in metrics]
    return sum(hours) / 24 * DOLLARS_A_MONTH


def _cells(metrics: set[Metric]) -> tuple[str, str]:
    return str(len(metrics)), f"${dollars(metrics):.2f}"


def _metrics_of_a_stack(models: int) -> tuple[set[Metric], set[Metric]]:
    """Return the metrics of a stack without traffic, and of one in which everything happens once."""
    with (
        tempfile.TemporaryDirectory(prefix="metrics-") as directory,
        LocalStack(Path(directory), {"SwitchPolicy": "Automatic"}, training_seconds=0) as stack,
    ):
        names = [f"model-{number}" for number in range(models)]
        for name in names:
            stack.add_model(name)
        _run_scheduled(stack)
        at_rest = _metrics_in(stack.log_lines())
        stack.add_model("refused", api_key="no-such-key")
        stack.land("refused/data.csv", _CSV)
        uris = [stack.land(f"{name}/data.csv", _CSV) for name in names]
        for uri in uris:
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
