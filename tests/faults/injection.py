"""Stands between a function's AWS clients and AWS, on botocore's own events, and spoils one call."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, cast

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from tests.faults.aws_errors import AwsError


class LostAnswer(StrEnum):
    """A call that takes effect, while its answer never arrives."""

    ONCE = "answer lost once"
    """The SDK repeats the call."""
    ALWAYS = "answer lost always"
    """The SDK gives up after its last try. Each try took effect."""


Fault = AwsError | LostAnswer


class AwsFaults:
    """Counts the calls of a session's clients, and has one of them fail, every try of it that the SDK makes.

    An error passes through botocore's parser and the SDK's retries, like AWS's.

    Parameters
    ----------
    session
        Clients that it creates from now on are counted.
    ca_bundle
        The certificate of the AWS on this machine.

    Attributes
    ----------
    calls
        The operations so far, in order.
    tries
        How often the SDK tried the call that failed.
    """

    def __init__(self, session: botocore.session.Session, ca_bundle: str) -> None:
        self._aws = URLLib3Session(verify=cast("Any", ca_bundle))  # the stubs know of no path
        self.disarm()
        session.register("before-send", cast("Any", self._before_send))  # the stubs know of no answer

    def arm(self, number: int, fault: Fault) -> None:
        """Forget all calls so far; the call of this number, counted from 1, fails."""
        self._number, self._fault = number, fault
        self._ids: list[str] = []
        self.calls: list[str] = []
        self.tries = 0

    def disarm(self) -> None:
        """Forget all calls so far, and let every call through."""
        self.arm(0, LostAnswer.ONCE)

    def _before_send(self, event_name: str, request: AWSPreparedRequest, **_others: object) -> AWSResponse | None:
        """Answer a try in AWS's place, or let it through (None)."""
        call = str(request.headers["amz-sdk-invocation-id"])  # the same for every try of a call
        if call not in self._ids:
            self._ids.append(call)
            self.calls.append(event_name.rpartition(".")[2])
        if self._ids.index(call) + 1 != self._number:
            return None
        self.tries += 1
        if isinstance(self._fault, AwsError):
            return self._fault.answer(request.url)
        if self._fault is LostAnswer.ALWAYS or self.tries == 1:
            _ = self._aws.send(request).content  # all of it, so that AWS is done
            raise ConnectionClosedError(endpoint_url="https://127.0.0.1")
        return None
