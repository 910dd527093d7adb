"""A second DynamoDB on this machine: moto's, which shares no code with MiniStack's.

What both take and refuse is less likely to be one emulator's mistake. Known differences: moto, like DynamoDB, refuses
what MiniStack takes: an attribute that one update both sets and removes ("Two document paths overlap with each other"),
and a reserved word in a query's filter (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html).
`__main__.py` has what moto itself does wrong.
"""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from local.ministack import REGION
from local.processes import BackgroundProgram, wait_for

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource


class MotoDynamoDb:
    """DynamoDB, and nothing else, over HTTP on a free loopback port.

    Parameters
    ----------
    work_dir
        An existing directory for its output.

    Attributes
    ----------
    endpoint_url
        Its address.
    """

    def __init__(self, work_dir: Path) -> None:
        command = [sys.executable, "-m", "local.moto_dynamodb"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        self._program = BackgroundProgram(command, environment, work_dir / "moto.log")
        self.endpoint_url = wait_for("moto", self._address)

    @cached_property
    def _dynamodb(self) -> DynamoDBServiceResource:
        return boto3.Session().resource(
            "dynamodb",
            endpoint_url=self.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - as MiniStack's, and as secret
            region_name=REGION,
        )

    def dynamodb(self) -> DynamoDBServiceResource:
        """Return the DynamoDB resource."""
        return self._dynamodb

    def stop(self) -> None:
        """End it."""
        self._program.stop()

    def _address(self) -> str | None:
        self._program.require_running()
        first_line, line_end, _ = self._program.output.read_text().partition("\n")
        return first_line if line_end else None
