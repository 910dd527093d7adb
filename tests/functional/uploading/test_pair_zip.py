"""The zip of a pair: read by other programs, the same bytes each time, built and sent in constant memory."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.ministack import MiniStack
from retrain.deadline import Deadline
from retrain.errors import FileRejectedError, NoTimeLeftError
from retrain.uploading import pair_zip, source
from retrain.uploading.source import LandedFile
from tests.functional.conftest import CSV, LandingBucket

NAMES = ("train_src/訓練 1+1.csv", "eval_src/評価🐧.tsv")
UNZIP = shutil.which("unzip")
AMPLE = Deadline(float("inf"))

Land = Callable[..., list[LandedFile]]


@pytest.fixture
def land(landing_bucket: LandingBucket, model: str) -> Land:
    """Give a function that lands a pair and returns both files."""

    def land_pair(*bodies: bytes) -> list[LandedFile]:
        landed = [landing_bucket.land(f"{model}/d/{name}", body) for name, body in zip(NAMES, bodies, strict=True)]
        return [LandedFile(landing_bucket.s3, half) for half in landed]

    return land_pair


def bytes_of(halves: list[LandedFile]) -> bytes:
    """Return the whole zip of two files."""
    with pair_zip.zipped(halves, AMPLE) as built:
        content = b"".join(built.chunks())
        assert built.size_bytes == len(content)
    return content


def test_zip_holds_both_files_under_their_names(land: Land) -> None:
    """Without data descriptors, and with names that are marked as UTF-8."""
    archive = zipfile.ZipFile(io.BytesIO(bytes_of(land(CSV, b"evaluation"))))

    assert [(member.filename, archive.read(member)) for member in archive.infolist()] == [
        (NAMES[0], CSV),
        (NAMES[1], b"evaluation"),
    ]
    assert {member.flag_bits for member in archive.infolist()} == {0x800}  # bit 11: UTF-8; not bit 3: descriptor
    assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_DEFLATED}


@pytest.mark.skipif(UNZIP is None, reason="Info-ZIP's unzip is not installed")
def test_info_zip_unpacks_it(land: Land, tmp_path: Path) -> None:
    """The unzip that most systems have finds no fault in it."""
    (tmp_path / "pair.zip").write_bytes(bytes_of(land(CSV, CSV[:90])))

    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run([str(UNZIP), "-q", "pair.zip"], cwd=tmp_path, env=environment, check=True)  # noqa: S603 - our own

    assert [(tmp_path / name).read_bytes() for name in NAMES] == [CSV, CSV[:90]]


def test_zip_of_the_same_pair_is_the_same(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it is built, and in whatever pieces the files are read."""
    body = "".join(f"{number},{number * number % 997}\n" for number in range(100_000)).encode()
    first = bytes_of(land(body, CSV))
    monkeypatch.setattr(source, "CHUNK_SIZE_BYTES", 9973)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)

    assert bytes_of(land(body, CSV)) == first


@pytest.mark.parametrize("limit_bytes", [100, 10_000])
def test_zip_beyond_one_upload_is_refused(land: Land, monkeypatch: pytest.MonkeyPatch, limit_bytes: int) -> None:
    """As soon as it grows beyond that, with a reason that says what to do."""
    monkeypatch.setattr(pair_zip, "MAX_UPLOAD_BYTES", limit_bytes)
    halves = land(CSV, os.urandom(20_000))

    with pytest.raises(
        FileRejectedError, match=f"one upload, which carries {limit_bytes:,} bytes. Land fewer"
    ) as refusal:
        bytes_of(halves)

    assert refusal.value.code == "PAIR_TOO_LARGE"


def test_zip_beyond_the_storage_is_refused(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: /dev/full is."""

    def full_disk() -> Any:
        return Path("/dev/full").open("w+b")

    monkeypatch.setattr("tempfile.TemporaryFile", full_disk)

    with pytest.raises(FileRejectedError, match="the function's storage"):
        bytes_of(land(CSV, CSV))


def test_zipping_stops_before_the_deadline(land: Land) -> None:
    """So that what happened can still be recorded."""
    with (
        pytest.raises(NoTimeLeftError, match="too little time left to zip the pair"),
        pair_zip.zipped(land(CSV, CSV), Deadline(time.time() + 30)),
    ):
        pass


def test_memory_does_not_grow_with_the_pair(aws: MiniStack, landing_bucket: LandingBucket, model: str) -> None:
    """128 MiB that hardly compress take as much memory as 2 MiB."""
    peaks_bytes: list[int] = []
    for mib in (1, 64):
        keys = [landing_bucket.land(f"{model}/{mib}/{name}", os.urandom(mib * 1024**2)).key for name in NAMES]
        command = [sys.executable, "-m", "benchmarks.zip_a_pair", landing_bucket.name, *keys]
        meter = [sys.executable, "-m", "benchmarks.meter", json.dumps([command])]
        environment = {**os.environ, **aws.environment, "PYTHONPATH": "functions:."}
        ran = subprocess.run(meter, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own
        measured = json.loads(ran.stdout)
        assert measured["exit_codes"] == [0]
        peaks_bytes.append(measured["peak_memory_bytes"])

    assert peaks_bytes[1] - peaks_bytes[0] < 8 * 1024**2
