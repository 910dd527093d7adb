"""Whatever a person, or a program in their place, sends to the upload function is refused in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from retrain.errors import RetrainError
from tests.functional.uploading.conftest import UploadFunction
from tests.hostile.corpus import outcomes, requests_to

REQUESTS = requests_to("upload", "resolve", "redrive")


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.usefixtures("no_secret_in_output")
def test_every_request_is_refused(upload_function: UploadFunction) -> None:
    """Nothing is written or queued."""

    def outcome_of(given: dict[str, Any]) -> str:
        event = given["event"]
        is_action = given["function"] != "upload"
        with pytest.raises(RetrainError) as refusal:
            upload_function.handle({"action": given["function"], **event} if is_action else event)
        assert len(str(refusal.value)) < 1000
        return refusal.value.code

    assert outcomes(REQUESTS, outcome_of) == {}
    assert {name for name, _ in upload_function.calls} <= {"Query", "UpdateItem"}
    assert not upload_function.has_messages
