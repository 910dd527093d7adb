"""The stack, by its name: what it is made of, and the clients that look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from p1_retrain.errors import CommandFailed, is_denied, sentence_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

FUNCTIONS = ("upload", "track", "switch", "announce", "rotate", "watch", "reconcile", "page")

_QUICK = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4})
_PATIENT = Config(connect_timeout=5, read_timeout=910, retries={"total_max_attempts": 1})
"""For invocations: as long as the longest function, and never repeated, which would invoke it twice."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack.

    Attributes
    ----------
    name
        Its name.
    created_at
        When it was created.
    outputs, parameters
        By name; a parameter that an older stack does not have is missing.
    session
        Where its clients come from.
    """

    name: str
    created_at: datetime
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    session: boto3.Session
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the client of an AWS service; the caller knows its type."""
        if service not in self._clients:
            config = _PATIENT if service == "lambda" else _QUICK
            self._clients[service] = self.session.client(cast("Any", service), config=config)
        return self._clients[service]

    def output(self, name: str) -> str:
        """Return an output.

        Raises
        ------
        CommandFailed
            The stack does not have it: it is another stack, or of an older version.
        """
        if name not in self.outputs:
            raise CommandFailed(
                f"The stack {self.name} has no output {name}: update it with `sam build && sam deploy`, or "
                "name the right one with --stack."
            )
        return self.outputs[name]

    def function_name(self, function: str) -> str:
        """Return the name of a function in AWS, for example of `upload`."""
        return self.output(f"{function.capitalize()}FunctionName")

    def log_group(self, function: str) -> str:
        """Return the name of a function's log group."""
        return f"/aws/lambda/{self.name}/{function}"

    @property
    def landing_bucket(self) -> str:
        """Return the name of the landing bucket."""
        return self.output("LandingBucketName")

    @property
    def landing_prefix(self) -> str:
        """Return the part of a key before `{model}/`."""
        return self.parameters.get("LandingPrefix", "")

    @property
    def secret_prefix(self) -> str:
        """Return the common prefix of the models' secrets, without a slash at its end."""
        return self.parameters.get("SecretPrefix", "prediction-one")

    @property
    def kms_key_arn(self) -> str:
        """Return the customer's KMS key for everything that is stored, empty if there is none."""
        return self.parameters.get("KmsKeyArn", "")

    @cached_property
    def jobs(self) -> Table:
        """Return the jobs table."""
        return self._table("JobsTableName")

    @cached_property
    def models(self) -> Table:
        """Return the models table."""
        return self._table("ModelsTableName")

    def _table(self, output: str) -> Table:
        return self.session.resource("dynamodb", config=_QUICK).Table(self.output(output))


def find_stack(name: str, profile: str | None, region: str | None) -> Stack:
    """Return the stack with this name.

    Raises
    ------
    CommandFailed
        There is none in this account and region.
    BotoCoreError, ClientError
        It could not be asked for.
    """
    session = boto3.Session(profile_name=profile, region_name=region)
    try:
        answer = session.client("cloudformation", config=_QUICK).describe_stacks(StackName=name)
    except ClientError as exc:
        if is_denied(exc):  # a viewer may not ask for another stack either
            raise CommandFailed(
                f"{sentence_of(exc)} Or name the right stack with --stack: {name} may not be it."
            ) from exc
        if exc.response["Error"]["Code"] != "ValidationError":
            raise
        raise CommandFailed(
            f"There is no stack {name} in {session.region_name}: give its name with --stack, or another --region or "
            "--profile."
        ) from None
    found = answer["Stacks"][0]
    return Stack(
        name=found["StackName"],
        created_at=found["CreationTime"],
        outputs={output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])},
        parameters={one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])},
        session=session,
    )
