"""Bodies that a client might trip over: none may raise anything but a `PredictionOneError`."""

from __future__ import annotations

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.errors import UnexpectedAnswerError
from retrain.prediction_one.api import PredictionOne
from tests.functional.conftest import API_KEY


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "E", "message": ["a list"]}',
        '{"error": "E", "message": {"a": "map"}}',
        "[" * 100_000,
        f'{{"message": {"9" * 5000}}}',
    ],
    ids=["list", "map", "too deep", "too long a number"],
)
@pytest.mark.parametrize("status", [200, 400])
def test_odd_body_is_unexpected(prediction_one: PredictionOneStandIn, status: int, body: str) -> None:
    """A message of another kind than text, or JSON that exhausts the parser."""
    prediction_one.add_fault(Fault("upload_url", "status", status=status, body=body))

    with pytest.raises(UnexpectedAnswerError):
        PredictionOne(prediction_one.base_url).request_upload_url(API_KEY, "a.csv")
