"""`make demo`: a real CSV lands in S3, and its whole way is shown, on this machine alone."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.processes import wait_for
from local.stack import REPOSITORY, LocalStack

MODEL = "penguins"
DATA_FILE = REPOSITORY / "local" / "data" / "penguins.csv"

_SHOWN_LOG_FIELDS = ("level", "message", "model", "key", "retrain_job_id", "size_bytes", "seconds")


def main() -> int:
    """Show it, and return 0 if the model is being retrained on exactly the bytes that landed."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory(prefix="prediction-one-demo-") as work_dir:
        stack = LocalStack(Path(work_dir))
        try:
            return _show(console, stack)
        finally:
            stack.stop()


def _show(console: Console, stack: LocalStack) -> int:
    console.rule("A landed file becomes a retrain job")
    with _steps(console) as progress:
        with _step(progress, "Start AWS (MiniStack, IAM enforced) and a stand-in of Prediction One"):
            stack.start_services()
        with _step(progress, "Build and deploy template.yaml with SAM"):
            stack.deploy()
        with _step(progress, f"Store the API key of model {MODEL!r} in Secrets Manager"):
            stack.add_model(MODEL)
        with _step(progress, f"Land {DATA_FILE.name} ({DATA_FILE.stat().st_size:,} bytes) in S3"):
            uri = stack.land(f"{MODEL}/2026-11-23/{DATA_FILE.name}", DATA_FILE.read_bytes())
        job = _follow(progress, stack, uri)
    console.print(_job_table(job))
    console.print(_log_table(wait_for("the attempt's log", lambda: _complete_log(stack))))
    return _compare(console, stack, job)


def _follow(progress: Progress, stack: LocalStack, uri: str) -> dict[str, Any]:
    """Show each status as the item in the jobs table takes it, and return the item once it is in training."""
    seen: list[str] = []
    with _step(progress, "EventBridge -> queue -> upload function -> Prediction One") as task:

        def in_training() -> dict[str, Any] | None:
            for job in stack.jobs(uri):
                if job["status"] not in seen:
                    seen.append(job["status"])
                    progress.update(task, description=f"The file's status: {' -> '.join(seen)}")
                if job["status"] == "TRAINING":
                    return job
            return None

        return wait_for("the file to be in training", in_training)


def _complete_log(stack: LocalStack) -> list[str] | None:
    """Return the log once the invocation has ended: Lambda's REPORT line is its last."""
    lines = stack.log_lines()
    return lines if any(line.startswith("REPORT") for line in lines) else None


def _compare(console: Console, stack: LocalStack, job: dict[str, Any]) -> int:
    landed = hashlib.sha256(DATA_FILE.read_bytes()).hexdigest()
    uploads = stack.prediction_one.uploads
    console.print(f"SHA-256 of what landed:                {landed}")
    for upload in uploads:
        console.print(f"SHA-256 of what Prediction One stored: {upload.sha256}")
    same = [(upload.retrain_job_id, upload.sha256) for upload in uploads] == [(job["retrain_job_id"], landed)]
    console.print(
        "[green]The same bytes, sent once.[/]" if same else "[red]These are not the same bytes, sent once.[/]"
    )
    return 0 if same else 1


def _job_table(job: dict[str, Any]) -> Table:
    table = Table(title="The file's item in the jobs table", title_justify="left", show_header=False)
    for name in sorted(job):
        table.add_row(name, str(job[name]))
    return table


def _log_table(lines: Sequence[str]) -> Table:
    table = Table(title="The attempt's log", title_justify="left")
    for field in _SHOWN_LOG_FIELDS:
        table.add_column(field, overflow="fold")
    for line in lines:
        entry = json.loads(line) if line.startswith("{") else {}
        if "message" in entry:
            table.add_row(*(str(entry.get(field, "")) for field in _SHOWN_LOG_FIELDS))
    return table


def _steps(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
    )


@contextmanager
def _step(progress: Progress, description: str) -> Iterator[Any]:
    task = progress.add_task(description, total=1)
    yield task
    progress.update(task, completed=1)


if __name__ == "__main__":
    sys.exit(main())
