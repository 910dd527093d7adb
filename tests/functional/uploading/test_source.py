"""The version that landed is read, whole or not at all, and resumed where the read breaks."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import boto3
import pytest

from local.ministack import MiniStack
from local.processes import free_port
from retrain.aws.clients import CONFIG
from retrain.errors import LandedObjectUnreadableError, ObjectSupersededError
from retrain.landing.landed_object import LandedObject
from retrain.uploading.source import CHUNK_SIZE_BYTES, MAX_RESUMPTIONS, read_pinned
from tests.conftest import AWKWARD_NAMES, landed_as
from tests.functional.conftest import CSV, LandingBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize("size_bytes", [1, CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES + 1, 3 * CHUNK_SIZE_BYTES])
def test_object_is_read_whole_in_chunks(landing_bucket: LandingBucket, model: str, size_bytes: int) -> None:
    """No chunk is larger than memory allows for."""
    body = bytes(index % 251 for index in range(size_bytes))
    landed = landing_bucket.land(f"{model}/a.csv", body)

    chunks = list(read_pinned(landing_bucket.s3, landed))

    assert b"".join(chunks) == body
    assert max(map(len, chunks)) <= CHUNK_SIZE_BYTES


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_awkward_names_are_found(landing_bucket: LandingBucket, model: str, name: str) -> None:
    """A key is taken as it is."""
    landed = landing_bucket.land(f"{model}/{name}", CSV)

    assert b"".join(read_pinned(landing_bucket.s3, landed)) == CSV


def test_landed_version_is_read_although_it_was_overwritten(landing_bucket: LandingBucket, model: str) -> None:
    """Overwritten, and then deleted, too: a version stays what it was."""
    landed = landing_bucket.land(f"{model}/a.csv", CSV)
    landing_bucket.land(landed.key, b"newer")
    landing_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key)

    assert b"".join(read_pinned(landing_bucket.s3, landed)) == CSV


def test_unversioned_object_is_read(unversioned_bucket: LandingBucket, model: str) -> None:
    """Its ETag stands for the version."""
    landed = unversioned_bucket.land(f"{model}/a.csv", CSV)

    assert b"".join(read_pinned(unversioned_bucket.s3, landed)) == CSV


def test_overwritten_unversioned_object_is_superseded(unversioned_bucket: LandingBucket, model: str) -> None:
    """What is there now is not what landed, so not a byte of it is read."""
    landed = unversioned_bucket.land(f"{model}/a.csv", CSV)
    unversioned_bucket.land(landed.key, b"newer")

    with pytest.raises(ObjectSupersededError, match=landed.key):
        next(read_pinned(unversioned_bucket.s3, landed))


def test_deleted_unversioned_object_is_superseded(unversioned_bucket: LandingBucket, model: str) -> None:
    """Nothing will bring it back."""
    landed = unversioned_bucket.land(f"{model}/a.csv", CSV)
    unversioned_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key)

    with pytest.raises(ObjectSupersededError):
        next(read_pinned(unversioned_bucket.s3, landed))


def test_deleted_version_is_superseded(landing_bucket: LandingBucket, model: str) -> None:
    """So is a version that is only the mark of a deletion."""
    landed = landing_bucket.land(f"{model}/a.csv", CSV)
    marker = landing_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key)
    landing_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key, VersionId=str(landed.version_id))

    for version_id in (landed.version_id, marker["VersionId"]):
        with pytest.raises(ObjectSupersededError):
            next(read_pinned(landing_bucket.s3, replace(landed, version_id=version_id)))


def test_missing_bucket_is_no_superseded_object(landing_bucket: LandingBucket, model: str) -> None:
    """Somebody may fix that, so the file is not given up."""
    landed = replace(landing_bucket.land(f"{model}/a.csv", CSV), bucket="no-such-bucket")

    with pytest.raises(LandedObjectUnreadableError, match="NoSuchBucket"):
        next(read_pinned(landing_bucket.s3, landed))


BODY = bytes(index % 251 for index in range(CHUNK_SIZE_BYTES * 2 + 1000))
LANDED = landed_as("penguins/a.csv", size_bytes=len(BODY))
UNVERSIONED = landed_as("penguins/a.csv", size_bytes=len(BODY), version_id=None)

BROKEN_TLS_RECORD = b"\x17\x03\x03\x00\x20" + bytes(32)
"""The header of a record of 32 bytes of application data, and bytes that no key decrypts."""


class BreakingStore(ThreadingHTTPServer):
    """An object store with one object, that closes the connection after so many bytes of each answer in turn.

    Attributes
    ----------
    breaks_after
        After how many bytes; every answer beyond these is whole.
    refusals
        The HTTP status of each answer in turn, if it is to be a refusal.
    ignores_ranges
        Whether every answer begins at the first byte.
    requests
        The path and the headers of each request.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.breaks_after: list[int] = []
        self.refusals: dict[int, int] = {}
        self.ignores_ranges = False
        self.requests: list[tuple[str, Mapping[str, str]]] = []

    @property
    def ranges(self) -> list[str | None]:
        """Return what each request asked for."""
        return [headers.get("Range") for _, headers in self.requests]


class _Answer(BaseHTTPRequestHandler):
    server: BreakingStore

    def do_GET(self) -> None:
        number = len(self.server.requests)
        self.server.requests.append((self.path, dict(self.headers.items())))
        asked_for = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        start = 0 if self.server.ignores_ranges else int(asked_for)
        if number in self.server.refusals:
            self.send_error(self.server.refusals[number])
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
        self.send_header("Content-Length", str(len(BODY) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        self.end_headers()
        limit = self.server.breaks_after[number] if number < len(self.server.breaks_after) else len(BODY)
        self.wfile.write(BODY[start : start + limit])
        if isinstance(self.connection, ssl.SSLSocket) and start + limit < len(BODY):
            os.write(self.connection.fileno(), BROKEN_TLS_RECORD)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def served(store: BreakingStore) -> Iterator[BreakingStore]:
    """Run a store meanwhile."""
    with store:
        thread = Thread(target=store.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield store
        store.shutdown()
        thread.join()


@pytest.fixture
def store() -> Iterator[BreakingStore]:
    """Run the store."""
    with served(BreakingStore()) as running:
        yield running


@pytest.fixture
def tls_store(aws: MiniStack) -> Iterator[BreakingStore]:
    """Run the store over TLS, with MiniStack's certificate; it breaks with a record that cannot be decrypted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(aws.ca_bundle, aws.ca_bundle.with_name("server.key"))
    store = BreakingStore()
    store.socket = context.wrap_socket(store.socket, server_side=True)
    with served(store) as running:
        yield running


@pytest.fixture(scope="module")
def connect() -> Callable[[int], S3Client]:
    """Give a client of the store at a port, configured like the function's own."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    return lambda port: session.client("s3", endpoint_url=f"http://127.0.0.1:{port}", config=CONFIG)


@pytest.fixture
def s3(store: BreakingStore, connect: Callable[[int], S3Client]) -> S3Client:
    """Give a client of the store."""
    return connect(store.server_port)


@pytest.mark.parametrize("landed", [LANDED, UNVERSIONED], ids=["versioned", "unversioned"])
@pytest.mark.parametrize("breaks_after", [[0], [1], [1000, CHUNK_SIZE_BYTES, 1], [len(BODY) - 1], [0] * 5])
def test_broken_read_goes_on_where_it_stopped(
    store: BreakingStore, s3: S3Client, landed: LandedObject, breaks_after: list[int]
) -> None:
    """Not a byte is lost or repeated, wherever the connection breaks."""
    store.breaks_after = breaks_after

    assert b"".join(read_pinned(s3, landed)) == BODY

    positions = [sum(breaks_after[:number]) for number in range(len(breaks_after) + 1)]
    assert store.ranges == [f"bytes={position}-" if position else None for position in positions]


def test_broken_tls_record_resumes(tls_store: BreakingStore, aws: MiniStack) -> None:
    """A TLS error in the middle of the body is a broken read like any other, whichever library reports it."""
    tls_store.breaks_after = [1000, CHUNK_SIZE_BYTES]
    session = boto3.Session("test", "test", region_name="us-east-1")
    url = f"https://127.0.0.1:{tls_store.server_port}"
    s3 = session.client("s3", endpoint_url=url, verify=str(aws.ca_bundle), config=CONFIG)

    assert b"".join(read_pinned(s3, LANDED)) == BODY
    assert len(tls_store.requests) == 3


@pytest.mark.parametrize(
    ("landed", "query", "if_match"),
    [(LANDED, f"versionId={LANDED.version_id}", None), (UNVERSIONED, "", f'"{UNVERSIONED.etag}"')],
    ids=["versioned", "unversioned"],
)
def test_every_part_is_pinned_to_the_same_object(
    store: BreakingStore, s3: S3Client, landed: LandedObject, query: str, if_match: str | None
) -> None:
    """By its version id, or in a bucket without versions by its ETag: parts of two objects are never mixed."""
    store.breaks_after = [1000, 1000]

    list(read_pinned(s3, landed))

    assert [path.partition("?")[2] for path, _ in store.requests] == [query] * 3
    assert [headers.get("If-Match") for _, headers in store.requests] == [if_match] * 3


def test_object_overwritten_midway_is_superseded(store: BreakingStore, s3: S3Client) -> None:
    """The part that was read already is worth nothing then."""
    store.breaks_after = [1000]
    store.refusals = {1: HTTPStatus.PRECONDITION_FAILED}
    chunks = read_pinned(s3, UNVERSIONED)

    assert next(chunks) == BODY[:1000]
    with pytest.raises(ObjectSupersededError):
        next(chunks)


def test_read_that_breaks_off_again_and_again_is_given_up(store: BreakingStore, s3: S3Client) -> None:
    """For this attempt: the next one starts again."""
    store.breaks_after = [10] * 100

    with pytest.raises(LandedObjectUnreadableError):
        list(read_pinned(s3, LANDED))

    assert len(store.requests) == MAX_RESUMPTIONS + 1


def test_store_that_starts_again_is_not_believed(store: BreakingStore, s3: S3Client) -> None:
    """Else the first bytes would be sent twice."""
    store.breaks_after = [10]
    store.ignores_ranges = True

    with pytest.raises(LandedObjectUnreadableError, match="byte 10"):
        list(read_pinned(s3, LANDED))


def test_forbidden_read_is_unreadable(store: BreakingStore, s3: S3Client) -> None:
    """A bucket or key policy may be fixed."""
    store.refusals = {0: HTTPStatus.FORBIDDEN}

    with pytest.raises(LandedObjectUnreadableError, match="403"):
        list(read_pinned(s3, LANDED))


def test_store_that_is_not_there_is_unreadable(
    connect: Callable[[int], S3Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the SDK's own retries, whose pauses are not waited for here."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)

    with pytest.raises(LandedObjectUnreadableError, match="EndpointConnectionError"):
        list(read_pinned(connect(free_port()), LANDED))
