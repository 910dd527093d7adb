"""Which refusals of EventBridge are final, and which are worth a retry."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from retrain.aws.event_bus import put_event
from retrain.errors import AnnouncementFailedError, EventRefusedError

OF_THE_EVENT = ["InvalidArgument", "MalformedDetail", "RedactionFailure"]
OF_ENTRIES_BUT_NOT_OF_THE_EVENT = [
    "InternalFailure",
    "ThrottlingException",
    "AccessDeniedException",
    "InvalidAccountIdException",
    "NotAuthorizedForSourceException",
    "NotAuthorizedForDetailTypeException",
    "AnUnknownCode",
]


def put(answer: Any) -> None:
    """Put an event on a bus that answers so, or raises it."""

    def put_events(**_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    put_event(cast("Any", SimpleNamespace(put_events=put_events)), "A Detail Type", {}, datetime.now(UTC))


def refused_entry(code: str) -> dict[str, Any]:
    """Return the answer to a call whose entry is refused."""
    return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "The message."}]}


def refused_call(code: str, status: int) -> ClientError:
    """Return the exception of a call that is refused."""
    response: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutEvents")


@pytest.mark.parametrize("code", OF_THE_EVENT)
def test_entry_that_is_refused_for_itself_is_final(code: str) -> None:
    """It would be refused again, whatever anybody grants; the reason has the code and the message."""
    with pytest.raises(EventRefusedError, match=f"{code}, The message."):
        put(refused_entry(code))


@pytest.mark.parametrize("code", OF_ENTRIES_BUT_NOT_OF_THE_EVENT)
def test_entry_that_can_pass_later_is_worth_a_retry(code: str) -> None:
    """Throttling ends, a permission is granted, and a code that nobody knows is never final."""
    with pytest.raises(AnnouncementFailedError) as failure:
        put(refused_entry(code))

    assert failure.type is AnnouncementFailedError


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused_call("ValidationException", 400), EventRefusedError),
        (refused_call("413", 413), EventRefusedError),
        (refused_call("AccessDeniedException", 400), AnnouncementFailedError),
        (refused_call("ThrottlingException", 400), AnnouncementFailedError),
        (refused_call("InternalException", 500), AnnouncementFailedError),
        (EndpointConnectionError(endpoint_url="https://events.us-east-1.amazonaws.com/"), AnnouncementFailedError),
    ],
    ids=["validation", "HTTP 413", "access denied", "throttled", "internal", "no connection"],
)
def test_refused_call_is_final_if_the_event_is_the_reason(
    answer: Exception, expected: type[AnnouncementFailedError]
) -> None:
    """A call has one entry, so what is invalid is the event."""
    with pytest.raises(AnnouncementFailedError) as failure:
        put(answer)

    assert failure.type is expected


def test_accepted_event_is_no_failure() -> None:
    """Nothing is raised."""
    put({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
