"""Answers that no server should give, and that some give all the same: none may raise an error of another kind."""

from __future__ import annotations

import pytest
import requests

from retrain.errors import UnreadableEventError
from retrain.landing.envelopes import landed_objects
from retrain.prediction_one.sessions import retry_after_seconds

TOO_DEEP = "[" * 100_000
TOO_LONG = f'{{"size": {"9" * 5000}}}'


@pytest.mark.parametrize(
    "retry_after",
    ["Fri, 31 Dec 9999999999 23:59:59 GMT", "Fri, 31 Dec 99999999999999999999999 23:59:59 GMT", "9" * 5000],
)
def test_retry_after_beyond_all_bounds_is_as_good_as_none(retry_after: str) -> None:
    """Python counts neither such years nor such seconds."""
    response = requests.Response()
    response.headers["Retry-After"] = retry_after

    assert retry_after_seconds(response) is None


@pytest.mark.parametrize("body", [TOO_DEEP, TOO_LONG], ids=["too deep", "too long a number"])
def test_message_that_the_parser_gives_up_on_is_unreadable(body: str) -> None:
    """JSON that exhausts the parser is no S3 event, either."""
    with pytest.raises(UnreadableEventError):
        landed_objects(body, "")
