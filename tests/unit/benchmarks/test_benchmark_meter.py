"""The meter counts what a pipeline took: nothing missing, nothing of whoever started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import meter

_MIB = 1024 * 1024


def _metered(*programs: str) -> dict[str, Any]:
    commands = [[sys.executable, "-I", "-S", "-c", program] for program in programs]
    run = [sys.executable, "-I", "-S", meter.__file__, json.dumps(commands)]
    ended = subprocess.run(run, capture_output=True, check=True)  # noqa: S603 - this repository's own program
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_pipeline_passes_output_on_and_every_exit_code_is_told() -> None:
    """The second command reads what the first one wrote, to its end."""
    writer = "print('landed', end=''); raise SystemExit(3)"
    reader = "import sys; raise SystemExit(len(sys.stdin.read()))"

    took = _metered(writer, reader)

    assert took["exit_codes"] == [3, len("landed")]


def test_cpu_and_memory_of_all_commands_are_added_up() -> None:
    """Each of two commands that hold 64 MiB counts."""
    hold = f"x = b'x' * {64 * _MIB}"

    one, two = _metered(hold), _metered(hold, hold)

    assert 64 * _MIB < one["peak_memory_bytes"] < 2 * 64 * _MIB < two["peak_memory_bytes"]
    assert one["cpu_seconds"] > 0


def test_memory_of_the_starting_process_is_not_counted() -> None:
    """A large caller (here: over 128 MiB) leaves the measurement of a small command as it is."""
    ballast = b"x" * (128 * _MIB)

    took = _metered("pass")

    assert took["peak_memory_bytes"] < len(ballast) // 4


def test_ending_the_meter_ends_what_it_measures(tmp_path: Path) -> None:
    """Nothing is left running when the benchmark is interrupted."""
    pid_file = tmp_path / "pid"
    program = f"import os, time; open({str(pid_file)!r}, 'w').write(f'{{os.getpid()}}.'); time.sleep(60)"
    commands = json.dumps([[sys.executable, "-I", "-S", "-c", program]])
    run = [sys.executable, "-I", "-S", meter.__file__, commands]
    with subprocess.Popen(run) as metering:  # noqa: S603 - this repository's own program
        while not (pid_file.exists() and pid_file.read_text().endswith(".")):
            assert metering.poll() is None

        metering.terminate()

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text().rstrip(".")), 0)
