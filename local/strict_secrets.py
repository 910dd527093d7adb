"""Secrets Manager between a rotation function and MiniStack, which is too lax about two things."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast

from local.loopback_proxy import LoopbackProxy
from local.ministack import MiniStack

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class StrictSecrets(LoopbackProxy):
    """A context manager: Secrets Manager at `url`, MiniStack's but for two answers that the real one gives.

    - GetSecretValue of a version that was staged without a value: ResourceNotFoundException (`API_DescribeSecret.html`,
      VersionIdsToStages: "creates an AWSPENDING version ID before creating the new secret version").
    - PutSecretValue with another value for a version that has one: ResourceExistsException (`API_PutSecretValue.html`,
      ClientRequestToken).

    The pages are of https://docs.aws.amazon.com/secretsmanager/latest/apireference/.
    """

    def __init__(self, aws: MiniStack) -> None:
        super().__init__(_Handler, aws.endpoint_url, aws.ca_bundle)
        self._secrets: SecretsManagerClient = aws.client("secretsmanager")
        self._writing = threading.Lock()

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer to a call."""
        operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation != "PutSecretValue":
            status, answer = self._forward(headers, body)
            if operation == "GetSecretValue" and status == HTTPStatus.OK and not _has_value(json.loads(answer)):
                return _refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret value.")
            return status, answer
        with self._writing:
            if self._would_change_a_version(json.loads(body)):
                return _refusal("ResourceExistsException", "A resource with the ID you requested already exists.")
            return self._forward(headers, body)

    def _would_change_a_version(self, request: dict[str, Any]) -> bool:
        try:
            version = self._secrets.get_secret_value(
                SecretId=request["SecretId"], VersionId=request["ClientRequestToken"]
            )
        except self._secrets.exceptions.ResourceNotFoundException:
            return False
        return _has_value(dict(version)) and version.get("SecretString") != request["SecretString"]

    def _forward(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        connection = self.connect()
        try:
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the body follows the headers at once, not when the client has confirmed them

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


def _has_value(version: dict[str, Any]) -> bool:
    return "SecretString" in version or "SecretBinary" in version


def _refusal(code: str, message: str) -> tuple[int, bytes]:
    return HTTPStatus.BAD_REQUEST, json.dumps({"__type": code, "message": message}).encode()
