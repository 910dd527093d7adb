"""A stack without AWS: its names, and clients that answer what a test gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from p1_retrain.stack import Stack

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

OUTPUTS = {
    "LandingBucketName": "landing",
    "AnnounceDeadLetterQueueUrl": "https://sqs/announce",
    "UploadDeadLetterQueueUrl": "https://sqs/dead",
    "UploadQueueUrl": "https://sqs/upload",
    "RotateFunctionArn": "arn:aws:lambda:::function:rotate",
}


class Client:
    """Answers each operation with a value, or with what a function makes of the request; remembers the requests."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        """Return an operation."""

        def ask(**request: Any) -> Any:
            self.asked.append((operation, request))
            answer = self._answers[operation]
            return answer(**request) if callable(answer) else answer

        return ask

    def get_paginator(self, operation: str) -> Any:
        """Return one page."""
        return type("Pages", (), {"paginate": lambda _, **request: [getattr(self, operation)(**request)]})()


def stack_with(parameters: dict[str, str] | None = None, **clients: Any) -> Stack:
    """Return a stack with these clients, by service."""
    return Stack(
        "prediction-one-retrain", datetime(2026, 11, 1, tzinfo=UTC), OUTPUTS, parameters or {}, boto3.Session(), clients
    )


def refusal(code: str, message: str = "", operation: str = "ReceiveMessage") -> ClientError:
    """Return an error that AWS answers with."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
