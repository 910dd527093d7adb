"""AWS on this machine: MiniStack with IAM enforced, over TLS, on a free loopback port."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import requests
from botocore.config import Config

from local.processes import BackgroundProgram, free_port, wait_for

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource

REGION = "us-east-1"

_PORTS_TO_TRY = 3
"""A port that was free may be taken when MiniStack binds it: then the next is tried."""


class MiniStack:
    """A running MiniStack.

    Parameters
    ----------
    work_dir
        Where its files go.

    Attributes
    ----------
    endpoint_url
        Its address, https.
    ca_bundle
        The file that holds its certificate.
    """

    def __init__(self, work_dir: Path) -> None:
        self._work_dir = work_dir
        self._session = boto3.Session()
        self._clients: dict[str, Any] = {}
        self.ca_bundle = work_dir / "ministack-tls" / "server.crt"
        for _ in range(_PORTS_TO_TRY - 1):
            with suppress(RuntimeError):
                self._start()
                break
        else:
            self._start()

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that point the AWS CLI, SAM and boto3 at it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_CA_BUNDLE": str(self.ca_bundle),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client with an administrator's rights; the caller knows its type."""
        if service not in self._clients:
            self._clients[service] = self._session.client(cast("Any", service), **self._connection())
        return self._clients[service]

    @cached_property
    def _dynamodb(self) -> DynamoDBServiceResource:
        return self._session.resource("dynamodb", **self._connection())

    def dynamodb(self) -> DynamoDBServiceResource:
        """Return the DynamoDB resource with an administrator's rights."""
        return self._dynamodb

    def leave_running(self) -> None:
        """Let it run on when this process ends."""
        self._program.leave_running()

    def stop(self) -> None:
        """End it and the function workers that it started, at once: it would wait 30 s for idle connections."""
        self._program.stop()

    def _start(self) -> None:
        port = free_port()
        self.endpoint_url = f"https://127.0.0.1:{port}"
        # -P: without it, Python would take this file for the package of the same name.
        command = [sys.executable, "-P", str(Path(__file__).with_name("aws_program.py"))]
        self._program = BackgroundProgram(command, self._own_environment(port), self._work_dir / "ministack.log")
        try:
            wait_for("MiniStack", self._is_healthy)
        except BaseException:
            self.stop()
            raise

    def _is_healthy(self) -> bool:
        self._program.require_running()
        try:
            return requests.get(f"{self.endpoint_url}/_ministack/health", verify=str(self.ca_bundle), timeout=5).ok
        except (requests.RequestException, OSError):  # not listening yet, or the certificate is not written yet
            return False

    def _own_environment(self, port: int) -> dict[str, str]:
        # The functions that it runs inherit this: nothing of the developer's own AWS set-up, and no other certificates.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "SSL_CERT")) and name not in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        }
        return {
            **inherited,
            "AUTH": "true",  # enforce each function's execution role
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "SFTP_ENABLED": "0",
            "TMPDIR": str(self._work_dir),
            "USE_SSL": "1",  # the buckets' and queues' policies refuse anything else
        }

    def _connection(self) -> dict[str, Any]:
        return {
            "endpoint_url": self.endpoint_url,
            "verify": str(self.ca_bundle),
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "region_name": REGION,
            "config": Config(connect_timeout=5, read_timeout=120, retries={"mode": "standard"}),
        }
