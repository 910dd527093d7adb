"""The stage on which the track function is measured: real tables over TLS, and a service that takes its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from rich.progress import Progress

from benchmarks.local_parts import MIB, LocalParts, Run, create_table, local_parts
from local.prediction_one import Fault

MODELS = 20

_TABLES = ("JobsTable", "ModelsTable")


@dataclass(frozen=True)
class Measurement:
    """What one run took: the handler alone, except the memory, which is the whole process's."""

    jobs: int
    checked: int
    run: Run


class Stage:
    """Jobs in training, and what the function needs to check them.

    Parameters
    ----------
    parts
        AWS on this machine, and the stand-in in a process of its own.
    shown
        Where the progress is shown.
    """

    def __init__(self, parts: LocalParts, shown: Progress) -> None:
        self._parts, self._service, self._shown = parts, parts.service, shown
        self._runs = 0
        self._keys = {f"model-{number}": self._service.issue_key(f"model-{number}") for number in range(MODELS)}
        for model, key in self._keys.items():
            parts.aws.client("secretsmanager").create_secret(Name=f"bench/{model}", SecretString=key)
        parts.aws.client("s3").create_bucket(Bucket="results")

    def measure(self, jobs: int, results_mib: int | None = None) -> Measurement:
        """Run the function once on `jobs` open jobs, all due: in training, or finished with results of that size.

        Raises
        ------
        RuntimeError
            The run failed, or asked for the status of a job more than once.
        """
        self._runs += 1
        tables = {name: create_table(self._parts.aws, name, f"{name}-{self._runs}").name for name in _TABLES}
        job_ids = self._begin(tables["JobsTable"], jobs)
        if results_mib is not None:
            self._service.change_settings(results_padding_bytes=results_mib * MIB)
            for job_id in job_ids:
                self._service.report_status(job_id, "job_finished")
        before = len(self._service.find_requests("status"))
        running = self._shown.add_task(f"{jobs:,} jobs: checking", total=None)
        run = self._parts.run("track", [{}], self._variables(tables))
        self._shown.remove_task(running)
        asked = [request.retrain_job_id for request in self._service.find_requests("status")[before:]]
        if not len(asked) == len(set(asked)) == run.answer["StatusChecks"]:
            raise RuntimeError(f"{len(asked)} status calls for {len(set(asked))} jobs: {run.answer}")
        return Measurement(jobs, len(asked), run)

    def _begin(self, jobs_table: str, jobs: int) -> list[str]:
        """Record jobs in training that are due; return their ids."""
        beginning = self._shown.add_task(f"{jobs:,} jobs: beginning", total=jobs)
        with ThreadPoolExecutor(4) as pool:
            items = list(self._shown.track(pool.map(self._item, range(jobs)), task_id=beginning))
        with self._parts.aws.dynamodb().Table(jobs_table).batch_writer() as batch:
            for item in items:
                batch.put_item(Item=item)
        self._shown.remove_task(beginning)
        return [item["retrain_job_id"] for item in items]

    def _item(self, number: int) -> dict[str, Any]:
        """Ask the service for a job, and return its item as the upload function leaves it."""
        model, filename = f"model-{number % MODELS}", f"{number:06}.csv"
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        answer = requests.get(
            f"{self._service.base_url}/v1/external/retrain_jobs/upload_url?filename={filename}",
            headers={"x-api-key": self._keys[model]},
            timeout=30,
        )
        return {
            "object_uri": f"s3://landing/{model}/2026/{filename}",
            "object_version": f"{number:032}",
            "model": model,
            "filename": filename,
            "size_bytes": 15_241,
            "status": "TRAINING",
            "attempts": 1,
            "retrain_job_id": answer.json()["retrain_job_id"],
            "landed_at": now,
            "updated_at": now,
            "uploaded_at": now,
            "open_job": "open",
            "next_check_at": int(time.time()),
        }

    def _variables(self, tables: dict[str, str]) -> dict[str, str]:
        return {
            "JOBS_TABLE_NAME": tables["JobsTable"],
            "MODELS_TABLE_NAME": tables["ModelsTable"],
            "RESULTS_BUCKET_NAME": "results",
            "SECRET_PREFIX": "bench",
            "SWITCH_POLICY": "Manual",
            "TRACK_INTERVAL_MINUTES": "5",
            "MAX_TRAINING_HOURS": "48",
        }


@contextmanager
def prepared_stage(latency_ms: int, shown: Progress) -> Iterator[Stage]:
    """Start everything on loopback, with a service that answers each status check so late; it ends with the block."""
    with local_parts() as parts:
        parts.service.add_fault(Fault("status", "slow", times=None, delay_seconds=latency_ms / 1000))
        yield Stage(parts, shown)
