"""`make demo`: a real CSV lands in S3, and you see each step until its model is live, on this machine alone."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from rich.console import Console, RenderableType
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table

from local.processes import exit_on_signals, wait_for
from local.rotation import rotate, rotation_function, secret_of, store_account, turn_rotation_on
from local.stack import REPOSITORY, LocalStack

MODEL = "penguins"
DATA_FILE = REPOSITORY / "local" / "data" / "penguins.csv"
TRAINING_SECONDS = 5
TITLE = "A landed file becomes the live model"
WIDTH = 120

_SHOWN_LOG_FIELDS = ("level", "service", "message", "retrain_job_id", "size_bytes", "seconds")
_SERVICES = ("rotate", "upload", "track", "switch")


def main(arguments: Sequence[str] | None = None) -> int:
    """Show it, and return 0 if the live model was retrained on exactly the bytes that landed."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--picture", type=Path, metavar="SVG", help="also draw the demo's end into this file")
    options = parser.parse_args(arguments)
    exit_on_signals()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    with tempfile.TemporaryDirectory(prefix="prediction-one-demo-") as work_dir:
        stack = LocalStack(Path(work_dir), training_seconds=TRAINING_SECONDS)
        try:
            progress, job = _run(console, stack)
            proof, is_proven = _proof(stack, job)
            console.print(_results_table(stack), _job_table(job), _log_table(stack.log_lines()), proof)
        finally:
            stack.stop()
    if options.picture:
        _draw(options.picture, Rule(TITLE), progress, _job_table(job), proof)
    return 0 if is_proven else 1


def _run(console: Console, stack: LocalStack) -> tuple[Progress, dict[str, Any]]:
    """Show the steps while they are made; return them, and the file's item as it ends."""
    console.rule(TITLE)
    with _steps(console) as progress:
        with _step(progress, "Start AWS (MiniStack, IAM enforced) and a stand-in of Prediction One"):
            stack.start_services()
        with _step(progress, "Build and deploy template.yaml with SAM"):
            stack.deploy()
        _issue_first_key(progress, stack)
        with _step(progress, f"Land {DATA_FILE.name} ({DATA_FILE.stat().st_size:,} bytes) in S3"):
            uri = stack.land(f"{MODEL}/2026-11-23/{DATA_FILE.name}", DATA_FILE.read_bytes())
        job = _follow(progress, stack, uri, "EventBridge -> queue -> upload function -> Prediction One", "TRAINING")
        _wait_for_training(progress, stack, job)
        with _step(progress, "Invoke the track function, as its schedule does every 5 minutes"):
            stack.invoke("Track", json.loads((REPOSITORY / "events" / "track_schedule.json").read_text()))
        job = _follow(progress, stack, uri, "Status check -> results bucket", "FINISHED")
        with _step(progress, f"Invoke the switch function for retrain job {job['retrain_job_id']}"):
            stack.invoke("Switch", {"retrain_job_id": job["retrain_job_id"], "by": "make demo"})
        job = _follow(progress, stack, uri, "Model switch", "SWITCHED")
    return progress, job


def _draw(picture: Path, *renderables: RenderableType) -> None:
    """Write what is shown as an SVG."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH)
    console.print(*renderables)
    console.save_svg(str(picture), title="make demo")


def _issue_first_key(progress: Progress, stack: LocalStack) -> None:
    """Set the model up as the README says: its id, and rotation, which issues the first API key."""
    stack.prediction_one.issue_key(MODEL)  # so the model exists at the service; nobody keeps this key
    with _step(progress, f"Store the account's Secret Key, and the model id of {MODEL!r}, in Secrets Manager"):
        store_account(stack)
        stack.aws.client("secretsmanager").create_secret(
            Name=secret_of(MODEL), SecretString=json.dumps({"model_id": MODEL})
        )
    with _step(progress, "Turn rotation on") as task, rotation_function(stack):
        turn_rotation_on(stack.aws, secret_of(MODEL), stack.outputs["RotateFunctionName"])
        steps = rotate(stack, secret_of(MODEL))
        failures = [step.failure for step in steps if step.failure]
        if failures:
            raise RuntimeError(f"The rotation failed: {failures[-1]}")
        done = " -> ".join(step.step for step in steps)
        progress.update(task, description=f"Rotation issued the model's API key: {done}")


def _follow(progress: Progress, stack: LocalStack, uri: str, what: str, last: str) -> dict[str, Any]:
    """Show each status that the file's item takes, and return the item at the last one."""
    seen: list[str] = []
    with _step(progress, what) as task:

        def look() -> dict[str, Any] | None:
            for job in stack.jobs(uri):
                if job["status"] not in seen:
                    seen.append(job["status"])
                    progress.update(task, description=f"{what}: {' -> '.join(seen)}")
                if job["status"] == last:
                    return job
            return None

        return wait_for(f"the file to be {last}", look)


def _wait_for_training(progress: Progress, stack: LocalStack, job: dict[str, Any]) -> None:
    """Show what the service says of the job, until it says that it is finished."""
    secret = stack.aws.client("secretsmanager").get_secret_value(SecretId=secret_of(MODEL))["SecretString"]
    url = f"{stack.prediction_one.base_url}/v1/external/retrain_jobs/{job['retrain_job_id']}"
    with _step(progress, "Prediction One retrains the model") as task:

        def is_finished() -> bool:
            answer = requests.get(url, headers={"x-api-key": json.loads(secret)["api_key"]}, timeout=10).json()
            progress.update(task, description=f"Prediction One retrains the model: it says {answer['status']!r}")
            return bool(answer["status"] == "job_finished")

        wait_for("the retraining", is_finished)


def _proof(stack: LocalStack, job: dict[str, Any]) -> tuple[Table, bool]:
    """Return what landed beside what Prediction One has, and whether they are the same, sent once, and live."""
    landed = hashlib.sha256(DATA_FILE.read_bytes()).hexdigest()
    uploads = stack.prediction_one.uploads
    live = stack.prediction_one.jobs_in_service.get(MODEL)
    same = [(upload.retrain_job_id, upload.sha256) for upload in uploads] == [(job["retrain_job_id"], landed)]
    table = Table(title="The proof", title_justify="left", show_header=False)
    table.add_row("SHA-256 of the file that landed", landed)
    for upload in uploads:
        table.add_row("SHA-256 of what Prediction One stored", upload.sha256)
    table.add_row("", "[green]The same bytes, sent once.[/]" if same else "[red]Not the same bytes, sent once.[/]")
    table.add_row("Live at Prediction One", f"retrain job {live}")
    return table, same and live == job["retrain_job_id"]


def _results_table(stack: LocalStack) -> Table:
    bucket = stack.outputs["ResultsBucketName"]
    table = Table("key", "bytes", title="The results bucket", title_justify="left")
    for found in stack.aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]:
        table.add_row(found["Key"], f"{found['Size']:,}")
    return table


def _job_table(job: dict[str, Any]) -> Table:
    table = Table(title="The file's item in the jobs table", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name in sorted(job):
        table.add_row(name, str(job[name]))
    return table


def _log_table(lines: Sequence[str]) -> Table:
    table = Table(title="The functions' logs", title_justify="left")
    for field in _SHOWN_LOG_FIELDS:
        table.add_column(field, overflow="fold")
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    shown = [entry for entry in entries if "message" in entry and entry.get("service") in _SERVICES]
    for entry in sorted(shown, key=lambda entry: str(entry["timestamp"])):
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
