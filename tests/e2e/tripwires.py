"""A proxy between the function and what it calls, which kills the function's process at a chosen moment."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal, cast

import psutil

from local.loopback_proxy import LoopbackProxy
from local.processes import wait_for

JOB_ID_WRITE = 2
"""Which UpdateItem of an attempt writes the job's id."""

Call = Literal[
    "UpdateItem",
    "TransactWriteItems",
    "BatchGetItem",
    "SendMessageBatch",
    "GetSecretValue",
    "DescribeSecret",
    "PutSecretValue",
    "UpdateSecretVersionStage",
    "GetObject",
    "PutObject",
    "PutEvents",
    "upload_url",
    "api_key",
    "status",
    "download",
    "switch",
]
_CALLS: tuple[tuple[str, Call], ...] = (
    ("/upload_url", "upload_url"),
    ("/update_model", "switch"),
    ("/api-key", "api_key"),
    ("/results-store/", "download"),
    ("/retrain_jobs/", "status"),
)
_S3_CALLS: dict[str, Call] = {"GET": "GetObject", "PUT": "PutObject"}

Moment = Literal["before", "midway", "after"]


@dataclass(frozen=True)
class Tripwire:
    """Kills the process that makes the `nth` such call about `name`, a text that occurs in no other file's calls.

    `before`: the call never arrives. `after`: it is answered, but the answer does not arrive. `midway`: the first half
    of the answer's body does, and the process lives until it has written the job's id, its second UpdateItem (if it
    reads the file that it uploads).
    """

    name: str
    call: Call
    nth: int
    moment: Moment


class TripwireProxy(LoopbackProxy):
    """Forwards every call to an upstream; a context manager.

    Parameters
    ----------
    upstream_url
        Where calls go.
    ca_bundle
        The upstream's certificate, if it is https.
    """

    def __init__(self, upstream_url: str, ca_bundle: Path | None = None) -> None:
        super().__init__(_Handler, upstream_url, ca_bundle)
        self._lock = threading.Lock()
        self._tripwires: list[Tripwire] = []
        self.calls_seen: Counter[tuple[str, Call | None]] = Counter()
        self.pids: dict[str, int] = {}
        self.sprung: list[Tripwire] = []

    def set(self, tripwire: Tripwire) -> None:
        """Add a tripwire, in place of one of the same name; it is sprung once, and calls count from here."""
        with self._lock:
            self._tripwires = [other for other in self._tripwires if other.name != tripwire.name] + [tripwire]
            for seen in [seen for seen in self.calls_seen if seen[0] == tripwire.name]:
                del self.calls_seen[seen]

    def tripwire_of(self, call: Call | None, text: str, connection: socket.socket) -> Tripwire | None:
        """Count a call, and return the tripwire that it touches."""
        with self._lock:
            for tripwire in self._tripwires:
                if tripwire.name in text:
                    self.pids[tripwire.name] = process_at_the_other_end(connection)
                    self.calls_seen[tripwire.name, call] += 1
                    if (call, self.calls_seen[tripwire.name, call]) == (tripwire.call, tripwire.nth):
                        self.sprung.append(tripwire)
                        return tripwire
        return None

    def kill(self, name: str) -> None:
        """Kill the process that made the last call about `name`."""
        os.kill(self.pids[name], signal.SIGKILL)


def process_at_the_other_end(connection: socket.socket) -> int:
    """Return the id of the process that opened a connection.

    By both addresses: another process may use the same port of its own towards something else.
    """
    ends = (connection.getpeername(), connection.getsockname())
    for other in psutil.net_connections("tcp4"):
        if (other.laddr, other.raddr) == ends and other.pid is not None:
            return int(other.pid)
    raise LookupError(f"no process has the connection {ends}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Forward it, unless a tripwire is in the way."""
        proxy: TripwireProxy = cast("Any", self.server).proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        tripwire = proxy.tripwire_of(self._call(), self.path + body.decode(errors="replace"), self.connection)
        if tripwire and tripwire.moment == "before":
            proxy.kill(tripwire.name)
            self.close_connection = True
            return
        upstream = proxy.connect()
        upstream.request(self.command, self.path, body, dict(self.headers.items()))
        answer = upstream.getresponse()
        answered = answer.read()
        upstream.close()
        if tripwire and tripwire.moment == "after":
            proxy.kill(tripwire.name)
            self.close_connection = True
            return
        self._pass_on(answer, answered[: len(answered) // 2] if tripwire else answered, len(answered))
        if tripwire:
            if tripwire.call == "GetObject":
                wait_for("the job's id", lambda: proxy.calls_seen[tripwire.name, "UpdateItem"] >= JOB_ID_WRITE)
            proxy.kill(tripwire.name)
            self.close_connection = True

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _call(self) -> Call | None:
        if "x-amz-target" in self.headers:
            return cast("Call", self.headers["x-amz-target"].rpartition(".")[2])
        return next((call for part, call in _CALLS if part in self.path), _S3_CALLS.get(self.command))

    def _pass_on(self, answer: http.client.HTTPResponse, body: bytes, whole_length: int) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(whole_length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
