"""`python -m benchmarks.limits`: at how many files a day each part of a stack reaches its limit, the first one first.

On paper: what a file takes (`benchmarks/measured.json`, with the assumptions of docs/cost.md) against the template's
defaults and AWS's quotas in us-east-1. `--write docs/benchmarks.md` puts the table between its marks there.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cost_inputs import Inputs, Load
from benchmarks.cost_model import seconds_of, upload_seconds

LOAD = Load(1_000_000, 5)
_MARKS = "<!-- limits -->", "<!-- end of limits -->"
_DAY_SECONDS = 86_400
_LISTING_SECONDS, _PAGE_SECONDS = 600, 0.15
"""In which a run of the reconcile function lists; and of S3 for a page of 1,000 versions, an assumption."""

_RETRIED_HOURS = 14
"""How long a file is tried again when the service is out."""


@dataclass(frozen=True)
class Limit:
    """A part that can be the first to break.

    Attributes
    ----------
    files_a_day
        At which it is reached.
    source
        Where the limit comes from.
    then
        What happens beyond it.
    turn
        What raises it.
    """

    part: str
    files_a_day: float
    source: str
    then: str
    turn: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute, and show or write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limits", description=__doc__)
    parser.add_argument("--write", type=Path, help="put the table between its marks in this file")
    options = parser.parse_args(arguments)
    if options.write:
        options.write.write_text(with_table(options.write.read_text(), Inputs()))
    else:
        print(table(Inputs()))
    return 0


def with_table(document: str, inputs: Inputs) -> str:
    """Return a document with the present table between its marks."""
    begin, end = _MARKS
    pattern = re.compile(f"{begin}\n.*?{end}", re.DOTALL)
    return pattern.sub(lambda _: f"{begin}\n{table(inputs)}\n{end}", document)


def table(inputs: Inputs) -> str:
    """Return the limits as Markdown, the lowest first."""
    lines = ["| part | files a day | the limit | beyond it | what to turn |", "|---|---:|---|---|---|"]
    for limit in sorted([*_own(inputs), *_of_tables(inputs), *_of_quotas(inputs)], key=lambda one: one.files_a_day):
        files = f"{limit.files_a_day:,.0f}" if limit.files_a_day < 100 * LOAD.files_a_night else "over 100 million"
        lines.append(f"| {limit.part} | {files} | {limit.source} | {limit.then} | {limit.turn} |")
    return "\n".join(lines)


def _own(inputs: Inputs) -> Iterator[Limit]:
    """Yield the limits of the template's defaults."""
    at_once, upload = inputs.default("MaxConcurrentUploads"), upload_seconds(inputs, LOAD, inputs.memory_mb("upload"))
    yield Limit(
        "uploads at once",
        at_once / upload * _DAY_SECONDS,
        f"{at_once} of {upload:.2f} s each",
        "files wait in the queue, for up to 14 days",
        "`MaxConcurrentUploads`, up to 1,000",
    )
    checks = inputs.checks + 1
    yield Limit(
        "checks of jobs",
        _DAY_SECONDS / (checks * seconds_of(inputs, "check")),
        f"one run at a time, {1 / seconds_of(inputs, 'check'):.0f} checks a second; {checks} for each file",
        "jobs are checked later, so results come later",
        "`MemorySize` of the track function, up to 1,769 MB; `TrackIntervalMinutes`",
    )
    listed = _LISTING_SECONDS / (seconds_of(inputs, "version") + _PAGE_SECONDS / 1_000)
    days = inputs.default("ReconcileDays")
    yield Limit(
        "the daily check for lost events",
        listed * days / inputs.assumed.nights_kept,
        f"{listed:,.0f} versions in a run, {days} (`ReconcileDays`) for all of {inputs.assumed.nights_kept} nights",
        "a lost event is found after its window, or not",
        "keep files for fewer days, or change the function's schedule to every hour",
    )


def _of_tables(inputs: Inputs) -> Iterator[Limit]:
    """Yield the limits of a table's partitions, and of its stream."""
    indexed, writes = 1 + 4 * inputs.checks + 3, _writes(inputs)
    yield Limit(
        "partition of the index `open_jobs`",
        1_000 / indexed * _DAY_SECONDS,
        f"1,000 write units a second; {indexed} for each file [1]",
        "DynamoDB throttles the checks and the uploads' last write; both are repeated",
        "`TrackIntervalMinutes`; then more partitions, in the code",
    )
    yield Limit(
        "partition of one model in `by_model`",
        1_000 / writes * _DAY_SECONDS,
        f"1,000 write units a second; {writes:g} for each file, if all are of one model [1]",
        "the same",
        "more models, `TrackIntervalMinutes`",
    )
    shards, parallel = 4, 4
    yield Limit(
        "announcements",
        shards * parallel / (writes * seconds_of(inputs, "announce")) * _DAY_SECONDS,
        f"{shards} shards of {parallel} batches at a time; {writes:g} records for each file [2]",
        "events and e-mails come later (alarm AnnounceIteratorAge)",
        "`ParallelizationFactor` up to 10, `MemorySize` of the announce function",
    )


def _of_quotas(inputs: Inputs) -> Iterator[Limit]:
    """Yield the limits of AWS's quotas."""
    yield Limit(
        f"messages in flight while the service is out for {_RETRIED_HOURS} hours",
        120_000 / _RETRIED_HOURS * 24,
        "120,000 received and not deleted [3]",
        "nothing is lost: further files wait without an attempt",
        "a quota increase",
    )
    yield Limit(
        "e-mails, with `SwitchPolicy` `Manual`",
        10 * _DAY_SECONDS,
        "10 a second [4]",
        "SNS turns the subscription off; a burst that finishes at once can do that at any daily number",
        "subscribe a queue or a function in place of an address, or `Automatic`",
    )
    busy = upload_seconds(inputs, LOAD, inputs.memory_mb("upload"))
    busy += _writes(inputs) * seconds_of(inputs, "announce")
    yield Limit(
        "concurrent executions",
        1_000 / busy * _DAY_SECONDS,
        f"1,000 in an account, fewer in a new one [5]; {busy:.2f} s for each file",
        "invocations are throttled and repeated",
        "a quota increase",
    )
    puts, gets = 10_000 / 3 * _DAY_SECONDS, 5_500 * _DAY_SECONDS
    yield Limit(
        "events", puts, "10,000 PutEvents a second; 3 for each file [6]", "they are repeated", "a quota increase"
    )
    yield Limit("reads from S3", gets, "5,500 a second for each prefix [7]", "they are repeated", "more models")


def _writes(inputs: Inputs) -> float:
    """Return how often a file's item is written."""
    writes: float = inputs.step("upload")["writes"] + 2 * inputs.checks + inputs.step("finish")["writes"]
    return writes


if __name__ == "__main__":
    sys.exit(main())
