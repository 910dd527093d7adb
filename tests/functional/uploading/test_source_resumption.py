"""A read that breaks off goes on where it stopped, pinned to the same object, over a socket that really breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import boto3
import pytest

from local.processes import free_port
from retrain.aws.clients import CONFIG
from retrain.errors import LandedObjectUnreadableError, ObjectSupersededError
from retrain.landing.landed_object import LandedObject
from retrain.uploading.source import CHUNK_SIZE_BYTES, MAX_RESUMPTIONS, read_pinned
from tests.conftest import landed_as

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BODY = bytes(index % 251 for index in range(CHUNK_SIZE_BYTES * 2 + 1000))
LANDED = landed_as("penguins/a.csv", size_bytes=len(BODY))
UNVERSIONED = landed_as("penguins/a.csv", size_bytes=len(BODY), version_id=None)


class BreakingStore(ThreadingHTTPServer):
    """An object store with one object, that closes the connection after so many bytes of each answer in turn.

    Attributes
    ----------
    breaks_after
        After how many bytes; every answer beyond these is whole.
    refusals
        The HTTP status of each answer in turn, if it shall be a refusal.
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

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def store() -> Iterator[BreakingStore]:
    """Run the store."""
    with BreakingStore() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


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
    """For this attempt: the next begins anew."""
    store.breaks_after = [10] * 100

    with pytest.raises(LandedObjectUnreadableError):
        list(read_pinned(s3, LANDED))

    assert len(store.requests) == MAX_RESUMPTIONS + 1


def test_store_that_begins_anew_is_not_believed(store: BreakingStore, s3: S3Client) -> None:
    """Else the first bytes would be sent twice."""
    store.breaks_after = [10]
    store.ignores_ranges = True

    with pytest.raises(LandedObjectUnreadableError, match="byte 10"):
        list(read_pinned(s3, LANDED))


def test_forbidden_read_is_unreadable(store: BreakingStore, s3: S3Client) -> None:
    """A bucket or key policy may be mended."""
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
