"""A `Retry-After` header is read whatever it says."""

from __future__ import annotations

import pytest
import requests

from retrain.prediction_one.sessions import retry_after_seconds


def _answer(retry_after: str | None) -> requests.Response:
    response = requests.Response()
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    return response


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", 0),
        (" 120 ", 120),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_seconds_and_dates_are_understood(retry_after: str | None, seconds: float | None) -> None:
    """Anything else counts as none."""
    assert retry_after_seconds(_answer(retry_after)) == seconds


@pytest.mark.parametrize(
    "retry_after",
    ["Fri, 31 Dec 9999999999 23:59:59 GMT", "Fri, 31 Dec 99999999999999999999999 23:59:59 GMT", "9" * 5000],
)
def test_retry_after_beyond_all_bounds_is_as_good_as_none(retry_after: str) -> None:
    """Python counts neither such years nor such seconds."""
    response = requests.Response()
    response.headers["Retry-After"] = retry_after

    assert retry_after_seconds(response) is None
