"""The course that every contestant runs: an object goes from the source to the sink, and is checked there."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import meter
from benchmarks.local_parts import MIB, create_table, local_parts, variables_of_all
from benchmarks.pipelines import environment
from benchmarks.servers import make_certificate, object_store, scratch_directory, upload_url_service
from benchmarks.tools import CannotMeasureError
from benchmarks.transfer import BUCKET, Transfer
from benchmarks.upload_stage import QUEUES, SECRETS, upload_variables

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.pipelines import Contestant
    from benchmarks.tools import Tools
    from local.ministack import MiniStack

START_BYTES = MIB
"""The object that a process brings over first."""

_MODEL = "model"
_ROOM_FACTOR = 4
"""The object at the source, at the sink, and twice in the memory of the manual's example."""

_STREAMED_ROOM_FACTOR = 2


@dataclass(frozen=True)
class Measurement:
    """What one object took one contestant.

    Attributes
    ----------
    start_cpu_seconds
        Before it: the process, its imports, and an object of `START_BYTES` with what is done once, such as clients.
    cpu_seconds, wall_seconds, memory_growth_bytes
        After that start, as in a warm function.
    """

    contestant: str
    round_number: int
    size_bytes: int
    start_cpu_seconds: float
    cpu_seconds: float
    wall_seconds: float
    memory_growth_bytes: int


@dataclass(frozen=True)
class Course:
    """Two running object stores, where they keep their objects, and what the handler needs beside them."""

    source_endpoint: str
    landed: Path
    sink_endpoint: str
    uploaded: Path
    certificate: Path
    environment: Mapping[str, str]
    scratch: Path

    def run(self, contestant: Contestant, round_number: int, size_bytes: int) -> Measurement:
        """Let a contestant bring over the small object, then the one to be measured.

        Raises
        ------
        CannotMeasureError
            A command failed, or what arrived is not the object, byte for byte.
        """
        transfers = [self._transfer(START_BYTES), self._transfer(size_bytes)]
        if contestant.pipeline is None:
            result = self.scratch / "result"
            command = [sys.executable, "-m", "benchmarks.contestants", contestant.name, str(result)]
            whole = self._metered(contestant, [[*command, *(json.dumps(asdict(each)) for each in transfers)]])
            start, took = json.loads(result.read_text())
            start["cpu_seconds"] = whole["cpu_seconds"] - took["cpu_seconds"]
            wall_seconds, cpu_seconds = took["wall_seconds"], took["cpu_seconds"]
        else:  # each object is a start of its own: what the small one takes is taken off
            start, took = (self._metered(contestant, contestant.pipeline(each)) for each in transfers)
            wall_seconds, cpu_seconds = (took[name] - start[name] for name in ("wall_seconds", "cpu_seconds"))
        self._check_arrival(contestant, size_bytes)
        growth = took["peak_memory_bytes"] - start["peak_memory_bytes"]
        start_cpu = start["cpu_seconds"]
        return Measurement(contestant.name, round_number, size_bytes, start_cpu, cpu_seconds, wall_seconds, growth)

    def add_object(self, size_bytes: int) -> None:
        """Let an object of that size land."""
        landed = self.landed / BUCKET / self._transfer(size_bytes).key
        landed.parent.mkdir(parents=True, exist_ok=True)
        _write_csv(landed, size_bytes)

    def remove_object(self, size_bytes: int) -> None:
        """Make room for the next one."""
        (self.landed / BUCKET / self._transfer(size_bytes).key).unlink()

    def _transfer(self, size_bytes: int) -> Transfer:
        filename = f"{size_bytes}.csv"
        sink_url = f"{self.sink_endpoint}/{filename}"
        return Transfer(self.source_endpoint, f"{_MODEL}/{filename}", size_bytes, sink_url, str(self.certificate))

    def _metered(self, contestant: Contestant, pipeline: list[list[str]]) -> dict[str, Any]:
        command = [sys.executable, "-I", "-S", meter.__file__, json.dumps(pipeline)]
        told, complaint = _output_of(command, self.environment)
        took: dict[str, Any] = json.loads(told or "{}")
        if not took or any(took.pop("exit_codes")):
            raise CannotMeasureError(f"{contestant.title} failed: {complaint.strip()}")
        return took

    def _check_arrival(self, contestant: Contestant, size_bytes: int) -> None:
        transfer = self._transfer(size_bytes)
        stored = self.uploaded / f"{size_bytes}.csv"
        if not stored.exists() or not filecmp.cmp(self.landed / BUCKET / transfer.key, stored, shallow=False):
            raise CannotMeasureError(f"{contestant.title} did not deliver the {size_bytes} bytes it was given.")
        stored.unlink()


@contextmanager
def prepared_course(tools: Tools, compared_bytes: int, largest_bytes: int) -> Iterator[Course]:
    """Start both ends and what the handler needs; everything is ended and deleted when the block is left.

    All contestants bring over an object of `compared_bytes`, those that stream it one of `largest_bytes`.
    """
    needed_bytes = max(_ROOM_FACTOR * compared_bytes, _STREAMED_ROOM_FACTOR * largest_bytes)
    with scratch_directory(needed_bytes) as scratch, local_parts() as parts:
        certificate = scratch / "certificate.pem"
        make_certificate(tools, certificate)
        with (
            object_store(tools, scratch / "source", certificate) as source_endpoint,
            object_store(tools, scratch / "sink", certificate) as sink_endpoint,
            upload_url_service(sink_endpoint) as api_url,
        ):
            course = Course(
                source_endpoint=source_endpoint,
                landed=scratch / "source" / "objects",
                sink_endpoint=sink_endpoint,
                uploaded=scratch / "sink" / "objects",
                certificate=certificate,
                environment={
                    **environment(certificate, scratch / "bytecode"),
                    **_handler_environment(parts.aws, source_endpoint, api_url, certificate),
                },
                scratch=scratch,
            )
            course.add_object(START_BYTES)
            yield course


def _handler_environment(aws: MiniStack, source_endpoint: str, api_url: str, certificate: Path) -> dict[str, str]:
    """Make what the handler needs; S3 is the source, all other services are MiniStack's."""
    aws.client("secretsmanager").create_secret(Name=f"{SECRETS}/{_MODEL}", SecretString="the-api-key-of-the-benchmark")
    table = create_table(aws, "JobsTable", "jobs")
    both = certificate.with_name("both.pem")
    both.write_text(certificate.read_text() + aws.ca_bundle.read_text())
    return {
        **aws.environment,
        "AWS_ENDPOINT_URL_S3": source_endpoint,
        "AWS_CA_BUNDLE": str(both),
        "REQUESTS_CA_BUNDLE": str(both),
        **variables_of_all("upload", api_url),
        **upload_variables(table.name, *(f"{aws.endpoint_url}/000000000000/{name}" for name in QUEUES)),
    }


def _output_of(command: list[str], env: Mapping[str, str]) -> tuple[str, str]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=dict(env)) as process:
        try:
            return process.communicate()
        finally:
            process.terminate()  # nothing to do, unless we are being ended ourselves


def _write_csv(path: Path, size_bytes: int) -> None:
    """Write a CSV with random rows, so that neither a file system nor anything between can make less of it."""
    with path.open("wb") as file:
        file.write(b"label,feature\n1,")
        while (missing := size_bytes - file.tell()) > 0:
            rows = os.urandom(MIB).hex(",", 16).encode().replace(b",", b"\n1,")
            file.write(rows[:missing])
