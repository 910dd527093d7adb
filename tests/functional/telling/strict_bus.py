"""EventBridge between the announce function and MiniStack, which takes events that the real one refuses."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, cast

from local.loopback_proxy import LoopbackProxy
from local.ministack import MiniStack

MAX_TOTAL_BYTES = 1024 * 1024
LARGEST_NUMBER = 2**63 - 1

TOO_LARGE = {"__type": "ValidationException", "message": "Total size of the entries in the request is over the limit."}
MALFORMED = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


class StrictBus(LoopbackProxy):
    """A context manager: EventBridge at `url`, MiniStack's but for two answers that the real one gives.

    - PutEvents of 1 MB or more: ValidationException, for the whole call (user guide, "Calculating PutEvents event entry
      size").
    - A detail with a number of more than 64 bits: the entry is refused, and the call is not (API reference, `PutEvents`
      and `PutEventsResultEntry`).
    """

    def __init__(self, aws: MiniStack) -> None:
        super().__init__(_Handler, aws.endpoint_url, aws.ca_bundle)

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer to a call."""
        details = [entry["Detail"] for entry in json.loads(body)["Entries"]]
        if sum(len(detail.encode()) for detail in details) >= MAX_TOTAL_BYTES:
            return HTTPStatus.BAD_REQUEST, json.dumps(TOO_LARGE).encode()
        if any(_has_too_large_number(detail) for detail in details):
            return HTTPStatus.OK, json.dumps({"FailedEntryCount": 1, "Entries": [MALFORMED]}).encode()
        connection = self.connect()
        try:
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _has_too_large_number(detail: str) -> bool:
    return any(isinstance(value, int) and abs(value) > LARGEST_NUMBER for value in json.loads(detail).values())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one call."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, answer = cast("Any", self.server).proxy.answer(dict(self.headers.items()), body)
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
