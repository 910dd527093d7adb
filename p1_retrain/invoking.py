"""Invokes the stack's functions for a person, and tells their refusals as they are: they are written for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from p1_retrain.errors import CommandFailed
from p1_retrain.stack import Stack


def invoke(stack: Stack, function: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a function's answer.

    Raises
    ------
    CommandFailed
        The function refused or failed; the text says why.
    BotoCoreError, ClientError
        Lambda refused or did not answer.
    """
    answer = stack.client("lambda").invoke(FunctionName=stack.function_name(function), Payload=json.dumps(request))
    payload = json.loads(answer["Payload"].read() or "null")
    if "FunctionError" not in answer:
        return dict(payload)
    message = str(payload.get("errorMessage", "")) if isinstance(payload, dict) else str(payload)
    kind = str(payload.get("errorType", "")) if isinstance(payload, dict) else ""
    if not kind.endswith("Error") or kind in ("", "Runtime.ImportModuleError"):
        raise CommandFailed(
            f"The {function} function failed ({kind} {message}): see its log, {stack.log_group(function)}."
        )
    raise CommandFailed(message)


def caller(stack: Stack) -> str:
    """Return who runs the command, for the record: the ARN that AWS knows; it needs no permission."""
    return str(stack.client("sts").get_caller_identity()["Arn"])
