"""Lambda's Runtime API on a loopback port: hands invocations to one runtime process, and takes what it answers.

Paths, headers and statuses are those of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from local.loopback_proxy import QuietServer

_NEXT = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR = "/2018-06-01/runtime/init/error"
_ANSWER = re.compile(r"/2018-06-01/runtime/invocation/(?P<request_id>[\w-]+)/(?P<kind>response|error)")
_ACCEPTED = {"status": "OK"}
_SHUTDOWN_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended, as whoever invoked the function hears of it.

    Attributes
    ----------
    payload
        What the handler returned, or why it failed: `errorType`, `errorMessage` and, of an exception, `stackTrace`.
    failed
        Lambda calls it a function error.
    """

    request_id: str
    payload: Any
    failed: bool


@dataclass
class Invocation:
    """One event on its way through a function.

    Attributes
    ----------
    timeout_seconds
        How long the function is told that it has.
    begun_at
        When the runtime took the event, in epoch seconds; None until then.
    outcome
        None until the runtime has answered.
    """

    event: Any
    function_arn: str
    timeout_seconds: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    begun_at: float | None = None
    outcome: Outcome | None = None

    def begin(self) -> dict[str, str]:
        """Let its time begin, and return what the runtime is told beside the event."""
        self.begun_at = time.time()
        return {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((self.begun_at + self.timeout_seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(self.begun_at):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
        }

    def seconds_since_begin(self) -> float:
        """Return for how long the runtime has had the event, a negative number if it has not taken it."""
        return -1 if self.begun_at is None else time.time() - self.begun_at


class RuntimeApi:
    """The Runtime API for one runtime process, from its start to its end.

    Attributes
    ----------
    address
        Host and port, as `AWS_LAMBDA_RUNTIME_API` gives them.
    init_error
        Why the runtime could not load the function, None if it has not said so.
    user_agent
        How the runtime calls itself, empty until it has asked for an invocation.
    asked_at
        When it asked for the last one, by the monotonic clock; None before the first.
    """

    def __init__(self) -> None:
        self._server = _Server(self)
        self._waiting: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: Invocation | None = None
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.init_error: Any = None
        self.user_agent = ""
        self.asked_at: float | None = None
        arguments = {"poll_interval": _SHUTDOWN_POLL_SECONDS}
        threading.Thread(target=self._server.serve_forever, kwargs=arguments, daemon=True).start()

    def close(self) -> None:
        """Stop serving; the runtime must have ended."""
        self._waiting.put(None)  # its last question for an invocation may still be waiting for one
        self._server.shutdown()
        self._server.server_close()

    def hand_in(self, invocation: Invocation) -> None:
        """Have the runtime take an invocation as soon as it asks for one."""
        self._waiting.put(invocation)

    def next_invocation(self, user_agent: str) -> Invocation | None:
        """Return the next invocation, when there is one; None if there will be none."""
        self.asked_at, self.user_agent = time.monotonic(), user_agent
        self._current = self._waiting.get()
        return self._current

    def take_answer(self, path: str, body: bytes) -> tuple[HTTPStatus, dict[str, str]]:
        """Take what the runtime says to a path; return what it is answered."""
        if path == _INIT_ERROR:
            self.init_error = json.loads(body)
            return HTTPStatus.ACCEPTED, _ACCEPTED
        answer = _ANSWER.fullmatch(path)
        if answer is None:
            return HTTPStatus.NOT_FOUND, {"errorType": "NotFound", "errorMessage": path}
        current = self._current
        if current is None or current.outcome or current.request_id != answer["request_id"]:
            return HTTPStatus.BAD_REQUEST, {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}
        current.outcome = Outcome(current.request_id, json.loads(body), failed=answer["kind"] == "error")
        return HTTPStatus.ACCEPTED, _ACCEPTED


class _Server(QuietServer):
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(_Handler)
        self.api = api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Hand an invocation out; until there is one, the runtime waits, and uses no CPU."""
        if self.path != _NEXT:
            self._answer(HTTPStatus.NOT_FOUND, {"errorType": "NotFound", "errorMessage": self.path}, {})
        elif invocation := self.server.api.next_invocation(self.headers.get("User-Agent", "")):
            self._answer(HTTPStatus.OK, invocation.event, invocation.begin())
        else:
            self.close_connection = True

    def do_POST(self) -> None:
        """Take an answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.api.take_answer(self.path, body)
        self._answer(status, answer, {})

    def _answer(self, status: HTTPStatus, content: Any, headers: dict[str, str]) -> None:
        body = json.dumps(content, ensure_ascii=False).encode()
        self.send_response_only(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
