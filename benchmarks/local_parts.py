"""The real parts around one function: AWS on this machine over TLS, and the stand-in of Prediction One."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from local.ministack import MiniStack
from local.prediction_one import StandInControl
from local.processes import BackgroundProgram

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

REPOSITORY = Path(__file__).resolve().parents[1]
MIB = 1024**2

_CREATED_WITH = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
_LOOK_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Run:
    """What some invocations of a function took in a process of its own.

    Attributes
    ----------
    seconds, cpu_seconds
        Of the handler alone.
    first_cpu_seconds
        Of the first invocation among them, which creates the clients.
    start_cpu_seconds
        Of the process before them: the interpreter and the imports.
    peak_memory_bytes
        Of the whole process.
    log_bytes
        What it wrote to stdout: log lines and metrics.
    calls
        Calls to AWS, by name.
    answer
        Of the last invocation.
    """

    invocations: int
    seconds: float
    cpu_seconds: float
    first_cpu_seconds: float
    start_cpu_seconds: float
    peak_memory_bytes: int
    log_bytes: int
    calls: Mapping[str, int]
    answer: Any


@dataclass(frozen=True)
class LocalParts:
    """What runs, and where files go."""

    aws: MiniStack
    service: StandInControl
    work_dir: Path

    def run(
        self,
        function: str,
        events: Iterable[Mapping[str, Any]],
        variables: Mapping[str, str],
        told: Callable[[int], object] = lambda _: None,
    ) -> Run:
        """Invoke a function with each event, in a new process; `told` gets the number of invocations so far.

        Raises
        ------
        RuntimeError
            An invocation failed; its output has said why.
        """
        with tempfile.TemporaryDirectory(dir=self.work_dir) as directory:
            lines, result = Path(directory) / "events", Path(directory) / "result"
            with lines.open("w") as file:
                file.writelines(json.dumps(event) + "\n" for event in events)
            command = [sys.executable, "-m", "benchmarks.function_once", function, str(lines), str(result)]
            took_all = metered(command, self._environment(function, variables), lambda: told(_number_in(result)))
            if took_all["exit_codes"] != [0]:
                raise RuntimeError(f"The {function} function failed.")
            took = json.loads(result.read_text())
        first = took.pop("first")["cpu_seconds"]
        return Run(first_cpu_seconds=first, peak_memory_bytes=took_all["peak_memory_bytes"], **took)

    def _environment(self, function: str, variables: Mapping[str, str]) -> dict[str, str]:
        own = {"PYTHONPATH": f"functions{os.pathsep}.", **variables_of_all(function, self.service.base_url)}
        return {**os.environ, **self.aws.environment, **own, **variables}


def variables_of_all(function: str, api_url: str) -> dict[str, str]:
    """Return the environment variables that every function has."""
    return {
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
        "POWERTOOLS_SERVICE_NAME": function,
        "PREDICTION_ONE_API_URL": api_url,
        "STACK_NAME": "stack",
    }


@contextmanager
def local_parts() -> Iterator[LocalParts]:
    """Start everything on loopback; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, ExitStack() as running:
        work_dir = Path(directory)
        command = [sys.executable, "-u", "-m", "local.prediction_one", "--training-seconds", "86400"]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        stand_in = BackgroundProgram(command, environment, work_dir / "stand-in.log")
        running.callback(stand_in.stop)
        aws = MiniStack(work_dir)
        running.callback(aws.stop)
        yield LocalParts(aws, StandInControl(stand_in.first_line()), work_dir)


def create_table(aws: MiniStack, resource: str, name: str, *, stream: bool = False) -> Table:
    """Create a table as the template defines it, with its stream only if somebody reads that."""
    properties = template()["Resources"][resource]["Properties"]
    wanted = {part: properties[part] for part in _CREATED_WITH if part in properties}
    if stream:
        wanted["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    return aws.dynamodb().create_table(TableName=name, **wanted)


@cache
def template() -> Mapping[str, Any]:
    """Return the template, parsed."""
    parsed: Mapping[str, Any] = yaml_parse((REPOSITORY / "template.yaml").read_text())
    return parsed


def metered(
    command: list[str], environment: Mapping[str, str], look: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """Run a program, and return what the meter says of it; `look` is called now and then meanwhile."""
    meter = [sys.executable, "-m", "benchmarks.meter", json.dumps([command])]
    with subprocess.Popen(meter, env=dict(environment), cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        try:
            while True:
                try:
                    output, _ = process.communicate(timeout=_LOOK_EVERY_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    look()
        finally:
            process.terminate()  # nothing to do, unless we are being ended ourselves
    told: dict[str, Any] = json.loads(output)
    return told


def _number_in(result: Path) -> int:
    file = result.with_suffix(".progress")
    return int.from_bytes(file.read_bytes(), "big") if file.exists() else 0
