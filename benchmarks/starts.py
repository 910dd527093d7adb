"""`python -m benchmarks.starts`: what a cold start of each function takes before it does anything.

The functions that `sam build` made start in AWS's own runtime client, on the Python of .venv-lambda, until they ask for
their first event: Lambda's init phase. Their clients are made in the first invocation. All that takes turns with
`import boto3` alone, in processes of their own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from benchmarks.ending import exit_code, write_measured
from benchmarks.progress import progress
from local.built_functions import FUNCTIONS, BuiltFunctions
from local.lambda_function import LAMBDA_PYTHON, Definition, LambdaFunction
from local.sam import build

ROUNDS, QUICK_ROUNDS = 9, 3
MOST_OF_BOTO3 = 2.0
_CLIENTS_MADE_BY = {"announce": "_announcer", "rotate": "_rotation", "watch": "_watch"}
"""In the other handlers by `dependencies`."""

_AWS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
_BOTO3 = "boto3"
_MAKE_CLIENTS = """
import time, {module}
begun = time.process_time()
{module}.{function}()
print(time.process_time() - begun)
"""
_IMPORT_BOTO3 = "import time, boto3; print(time.process_time())"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starts", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", type=Path, help="write the medians to this file")
    options = parser.parse_args(arguments)
    took = _measure(QUICK_ROUNDS if options.quick else ROUNDS)
    medians = {name: median(values) for name, values in took.items()}
    Console().print(_table(medians))
    write_measured(options.json, medians=medians)
    heavy = [name for name in FUNCTIONS if medians[f"{name} cpu"] > MOST_OF_BOTO3 * medians[_BOTO3]]
    broken = [f"The {name} function's start takes more than {MOST_OF_BOTO3:g} x import boto3." for name in heavy]
    return exit_code(broken, "light imports")


def _measure(rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each round by what took them: `boto3`, `NAME`, `NAME cpu` and `NAME clients`."""
    took: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="starts-") as directory, progress() as shown:
        template = build(Path(directory) / "build")
        resources = yaml_parse(template.read_text())["Resources"]
        known = {name: name for name in (*resources, "AWS::StackName")} | {f"{name}.Arn": name for name in resources}
        with BuiltFunctions(template, known, _AWS, Path(directory)) as built:
            definitions = [built.definition(name) for name in FUNCTIONS]
        for number in shown.track(range(rounds), description="Cold starts"):
            _note(took, **{_BOTO3: _printed(_IMPORT_BOTO3, {})})
            for definition in definitions:
                work_dir = Path(directory) / f"{definition.name}-{number}"
                work_dir.mkdir()
                _note(took, **_start(definition, work_dir))
    return took


def _start(definition: Definition, work_dir: Path) -> dict[str, float]:
    with LambdaFunction(definition, work_dir, _AWS) as function:
        seconds, cpu_seconds = function.start()
    name = definition.name
    program = _MAKE_CLIENTS.format(module=f"{name}_handler", function=_CLIENTS_MADE_BY.get(name, "dependencies"))
    clients = _printed(program, {**definition.variables, "PYTHONPATH": str(definition.task_root)})
    return {name: seconds, f"{name} cpu": cpu_seconds, f"{name} clients": clients}


def _printed(program: str, variables: Mapping[str, str]) -> float:
    """Return the number that a program prints, on the functions' Python."""
    environment = {"PATH": os.environ["PATH"], **_AWS, **variables}
    return float(
        subprocess.run([LAMBDA_PYTHON, "-c", program], env=environment, stdout=subprocess.PIPE, check=True).stdout
    )


def _note(took: dict[str, list[float]], **values: float) -> None:
    for name, value in values.items():
        took.setdefault(name, []).append(value)


def _table(medians: Mapping[str, float]) -> Table:
    shown = Table(title="Cold starts", caption=f"medians; import boto3 alone: {medians[_BOTO3] * 1000:.0f} ms of CPU")
    for heading in ("function", "init ms", "init CPU ms", "of import boto3", "clients CPU ms"):
        shown.add_column(heading, justify="left" if heading == "function" else "right")
    for name in FUNCTIONS:
        seconds, cpu_seconds, clients = (medians[name + part] for part in ("", " cpu", " clients"))
        milliseconds = [f"{value * 1000:.0f}" for value in (seconds, cpu_seconds, clients)]
        shown.add_row(name, *milliseconds[:2], f"{cpu_seconds / medians[_BOTO3]:.2f}", milliseconds[2])
    return shown


if __name__ == "__main__":
    sys.exit(main())
