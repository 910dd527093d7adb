"""The deployed stack, found by its name: outputs, parameters, clients; and AWS's errors in one sentence each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

DEFAULT_NAME = "prediction-one-retrain"
"""As in samconfig.toml."""

_WAIT_FOR_A_FUNCTION = Config(read_timeout=910, retries={"total_max_attempts": 1})
"""Longer than any function runs, and never a second invocation because of a slow answer."""

_NOT_SIGNED_IN = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException")

_DENIED = re.compile(r"not authorized to perform: ([\w:]+)")


class OperationError(Exception):
    """What could not be done or found out, in one sentence with the next step. Exit status 2."""


@dataclass
class Stack:
    """A deployed stack.

    Attributes
    ----------
    name
        Its name in CloudFormation.
    session
        Credentials and region.
    """

    name: str
    session: boto3.Session

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """Return what CloudFormation says of it."""
        try:
            return cast(
                "Mapping[str, Any]", self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
            )
        except ClientError as exc:
            if "does not exist" in str(exc):
                raise OperationError(
                    f"There is no stack {self.name} in {self.session.region_name}. Name yours with --stack, and its "
                    "region with --region."
                ) from exc
            raise

    @property
    def created_at(self) -> datetime:
        """Return when it was created."""
        created: datetime = self.described["CreationTime"]
        return created

    def output(self, name: str) -> str:
        """Return one of its outputs."""
        found = {each["OutputKey"]: each["OutputValue"] for each in self.described.get("Outputs", [])}
        if name not in found:
            raise OperationError(
                f"The stack {self.name} has no output {name}. Is it this product, and fully deployed? Its status is "
                f"{self.described['StackStatus']}."
            )
        return str(found[name])

    def parameter(self, name: str) -> str:
        """Return the value of one of its parameters."""
        found = {each["ParameterKey"]: each["ParameterValue"] for each in self.described.get("Parameters", [])}
        return str(found.get(name, ""))

    def client(self, service: str, config: Config | None = None) -> Any:
        """Return a client."""
        return self.session.client(cast("Any", service), config=config)

    @cached_property
    def jobs(self) -> Any:
        """Return the jobs table."""
        return self.session.resource("dynamodb").Table(self.output("JobsTableName"))

    @cached_property
    def models(self) -> Any:
        """Return the models table."""
        return self.session.resource("dynamodb").Table(self.output("ModelsTableName"))

    def invoke(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a function, for example `Switch`, answers.

        Raises
        ------
        OperationError
            The function refused; the text is its reason.
        """
        answer = self.client("lambda", _WAIT_FOR_A_FUNCTION).invoke(
            FunctionName=self.output(f"{function}FunctionName"), Payload=json.dumps(event)
        )
        payload: dict[str, Any] = json.loads(answer["Payload"].read() or "{}")
        if "FunctionError" in answer:
            raise OperationError(str(payload.get("errorMessage", payload)))
        return payload


@contextmanager
def errors_as_sentences(stack_name: str) -> Iterator[None]:
    """Raise an `OperationError` for what AWS or the connection to it refuses."""
    try:
        yield
    except NoCredentialsError as exc:
        raise OperationError(
            "There are no AWS credentials. Run aws configure, or name a profile with --profile."
        ) from exc
    except (NoRegionError, ProfileNotFound, EndpointConnectionError) as exc:
        raise OperationError(f"{exc} Check --region, --profile and the network.") from exc
    except ClientError as exc:
        raise OperationError(_sentence(exc, stack_name)) from exc
    except BotoCoreError as exc:
        raise OperationError(f"AWS could not be reached: {exc}") from exc


def _sentence(exc: ClientError, stack_name: str) -> str:
    error = exc.response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    denied = _DENIED.search(message)
    if denied or "AccessDenied" in code:
        action = denied[1] if denied else exc.operation_name
        return (
            f"You may not do {action}. The policies that allow it are outputs of the stack {stack_name}: "
            "ViewerPolicyArn to look, and OperatorPolicyArn, too, to act."
        )
    if code in _NOT_SIGNED_IN:
        return f"AWS refuses the credentials ({code}). Sign in again."
    return f"AWS refused {exc.operation_name}: {message or code}"
