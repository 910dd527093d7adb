"""The stage on which the track function is measured: real tables over TLS, and a service that takes its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from local.ministack import MiniStack
from local.prediction_one import Fault, StandInControl
from local.processes import BackgroundProgram, wait_for

REPOSITORY = Path(__file__).resolve().parents[1]
MODELS = 20

_CREATED_WITH = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


@dataclass(frozen=True)
class Measurement:
    """What one run took: the handler alone, except the memory, which is the whole process's."""

    jobs: int
    checked: int
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


class Stage:
    """Jobs in training, and what the function needs to check them.

    Parameters
    ----------
    aws
        AWS on this machine.
    service
        The stand-in, in a process of its own.
    work_dir
        Where a run writes what it took.
    """

    def __init__(self, aws: MiniStack, service: StandInControl, work_dir: Path) -> None:
        self._aws = aws
        self._service = service
        self._work_dir = work_dir
        self._resources = yaml_parse((REPOSITORY / "template.yaml").read_text())["Resources"]
        self._runs = 0
        self._keys = {f"model-{number}": service.issue_key(f"model-{number}") for number in range(MODELS)}
        for model, key in self._keys.items():
            aws.client("secretsmanager").create_secret(Name=f"bench/{model}", SecretString=key)
        aws.client("s3").create_bucket(Bucket="results")

    def measure(self, jobs: int, results_mib: int | None = None) -> Measurement:
        """Run the function once on `jobs` open jobs, all due: in training, or finished with results of that size.

        Raises
        ------
        RuntimeError
            The run failed, or asked for the status of a job more than once.
        """
        self._runs += 1
        tables = {resource: self._create(resource) for resource in ("JobsTable", "ModelsTable")}
        job_ids = self._begin(tables["JobsTable"], jobs)
        if results_mib is not None:
            self._service.change_settings(results_padding_bytes=results_mib * 1024**2)
            for job_id in job_ids:
                self._service.report_status(job_id, "job_finished")
        before = len(self._service.find_requests("status"))
        result = self._work_dir / f"run-{self._runs}.json"
        command = [sys.executable, "-m", "benchmarks.track_once", str(result)]
        meter = [sys.executable, "-m", "benchmarks.meter", json.dumps([command])]
        environment = self._environment(tables)
        metered = json.loads(subprocess.run(meter, env=environment, stdout=subprocess.PIPE, check=True).stdout)
        if metered["exit_codes"] != [0]:
            raise RuntimeError(f"The run with {jobs} jobs failed.")
        took = json.loads(result.read_text())
        asked = [request.retrain_job_id for request in self._service.find_requests("status")[before:]]
        if not len(asked) == len(set(asked)) == took["counted"]["StatusChecks"]:
            raise RuntimeError(f"{len(asked)} status calls for {len(set(asked))} jobs: {took['counted']}")
        return Measurement(jobs, len(asked), took["seconds"], took["cpu_seconds"], metered["peak_memory_bytes"])

    def _create(self, resource: str) -> str:
        """Create a table as the template defines it, but without its stream, which nobody reads here."""
        name, properties = f"{resource}-{self._runs}", self._resources[resource]["Properties"]
        wanted = {part: properties[part] for part in _CREATED_WITH if part in properties}
        self._aws.dynamodb().create_table(TableName=name, **wanted)
        return name

    def _begin(self, jobs_table: str, jobs: int) -> list[str]:
        """Record jobs in training that are due; return their ids."""
        with ThreadPoolExecutor(4) as pool:
            items = list(pool.map(self._item, range(jobs)))
        with self._aws.dynamodb().Table(jobs_table).batch_writer() as batch:
            for item in items:
                batch.put_item(Item=item)
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

    def _environment(self, tables: dict[str, str]) -> dict[str, str]:
        return {
            **os.environ,
            **self._aws.environment,
            "PYTHONPATH": f"functions{os.pathsep}.",
            "POWERTOOLS_METRICS_NAMESPACE": "bench",
            "POWERTOOLS_SERVICE_NAME": "track",
            "JOBS_TABLE_NAME": tables["JobsTable"],
            "MODELS_TABLE_NAME": tables["ModelsTable"],
            "RESULTS_BUCKET_NAME": "results",
            "PREDICTION_ONE_API_URL": self._service.base_url,
            "SECRET_PREFIX": "bench",
            "SWITCH_POLICY": "Manual",
            "TRACK_INTERVAL_MINUTES": "5",
            "MAX_TRAINING_HOURS": "48",
        }


@contextmanager
def prepared_stage(latency_ms: int) -> Iterator[Stage]:
    """Start everything on loopback, with a service that answers each status check so late; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="track-") as directory, ExitStack() as running:
        work_dir = Path(directory)
        command = [sys.executable, "-u", "-m", "local.prediction_one"]
        program = BackgroundProgram(command, {"PYTHONPATH": str(REPOSITORY)}, work_dir / "stand-in.log")
        running.callback(program.stop)
        aws = MiniStack(work_dir)
        running.callback(aws.stop)
        service = StandInControl(wait_for("the stand-in", lambda: program.output.read_text().partition("\n")[0]))
        service.add_fault(Fault("status", "slow", times=None, delay_seconds=latency_ms / 1000))
        yield Stage(aws, service, work_dir)
