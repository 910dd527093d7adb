"""The course that every contestant runs: an object goes from the source to the sink, and is checked there."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import meter
from benchmarks.pipelines import environment
from benchmarks.servers import make_certificate, object_store, scratch_directory
from benchmarks.tools import CannotMeasureError
from benchmarks.transfer import BUCKET, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.pipelines import Contestant
    from benchmarks.tools import Tools

MIB = 1024 * 1024
SMALL_KEY, SMALL_MIB = "small.csv", 1
LARGE_KEY = "large.csv"
# The object at the source, at the sink, and twice in the memory of the manual's example.
_ROOM_FACTOR = 4


@dataclass(frozen=True)
class Measurement:
    """What one run of one contestant took."""

    contestant: str
    round_number: int
    size_bytes: int
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True)
class Course:
    """Two running object stores, and where they keep their objects."""

    source_endpoint: str
    landed: Path
    sink_endpoint: str
    uploaded: Path
    certificate: Path
    environment: dict[str, str]

    def run(self, contestant: Contestant, round_number: int, key: str) -> Measurement:
        """Let a contestant bring one object over.

        Raises
        ------
        CannotMeasureError
            A command failed, or what arrived is not the object, byte for byte.
        """
        size_bytes = (self.landed / key).stat().st_size
        sink_url = f"{self.sink_endpoint}/{key}"
        transfer = Transfer(self.source_endpoint, key, size_bytes, sink_url, str(self.certificate))
        command = [sys.executable, "-I", "-S", meter.__file__, json.dumps(contestant.pipeline(transfer))]
        told, complaint = _output_of(command, self.environment)
        took = json.loads(told or "{}")
        if not took or any(took.pop("exit_codes")):
            raise CannotMeasureError(f"{contestant.title} failed: {complaint.strip()}")
        stored = self.uploaded / key
        if not stored.exists() or not filecmp.cmp(self.landed / key, stored, shallow=False):
            raise CannotMeasureError(f"{contestant.title} did not deliver the {size_bytes} bytes it was given.")
        stored.unlink()
        return Measurement(contestant.name, round_number, size_bytes, **took)


@contextmanager
def prepared_course(tools: Tools, size_mib: int) -> Iterator[Course]:
    """Make the objects and start both ends; everything is ended and deleted when the block is left."""
    with scratch_directory(_ROOM_FACTOR * size_mib * MIB) as scratch:
        certificate = scratch / "certificate.pem"
        make_certificate(tools, certificate)
        landed = scratch / "source" / "objects" / BUCKET
        landed.mkdir(parents=True)
        _write_object(landed / SMALL_KEY, SMALL_MIB)
        _write_object(landed / LARGE_KEY, size_mib)
        with (
            object_store(tools, scratch / "source", certificate) as source_endpoint,
            object_store(tools, scratch / "sink", certificate) as sink_endpoint,
        ):
            yield Course(
                source_endpoint=source_endpoint,
                landed=landed,
                sink_endpoint=sink_endpoint,
                uploaded=scratch / "sink" / "objects",
                certificate=certificate,
                environment=environment(certificate, scratch / "bytecode"),
            )


def _output_of(command: list[str], env: dict[str, str]) -> tuple[str, str]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env) as process:
        try:
            return process.communicate()
        finally:
            process.terminate()  # nothing to do, unless we are being ended ourselves


def _write_object(path: Path, size_mib: int) -> None:
    # Random, so that neither a file system nor anything between can make less of it.
    with path.open("wb") as file:
        for _ in range(size_mib):
            file.write(os.urandom(MIB))
