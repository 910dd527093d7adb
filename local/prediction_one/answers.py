"""What goes back over the wire: answers, and refusals (the APIs' in JSON, the object store's in XML)."""

import json
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import Any

INVALID_API_KEY = "invalid_api_key."
INACTIVE_CREDENTIAL = "Inactive_credential."
NOT_FOUND_CREDENTIAL = "Not_found_credential."
USER_DELETED = "This user may be deleted."
MODEL_DELETED = "This model may be deleted."
JOB_DELETED = "This job may be deleted."
JOB_UNKNOWN = "Not found retrain job."
CLASSIFIER_UNKNOWN = "Not found classifier."
JOB_UNFINISHED = "Retrain job is not finished."
MODEL_ID_MISSING = "Model id is required."
CONFIGURATION_FILE_UNKNOWN = "Not found configuration_file."
FILENAME_MISSING = "Filename is required."  # our own words: the manual has none for this
CREDENTIAL_TYPE_UNKNOWN = "Invalid credential_type."  # the same


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class RefusalError(Exception):
    """A request that is refused with `answer`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class ApiError(RefusalError):
    """An API's refusal: JSON with code, error and message."""

    def __init__(self, message: str, status: int | None = None) -> None:
        internal = message == CONFIGURATION_FILE_UNKNOWN
        code, error = (
            ("5001000201", "PREDA_EXTERNAL_INTERNAL_SERVER_ERROR")
            if internal
            else ("4001000204", "PREDA_EXTERNAL_BAD_REQUEST")
        )
        usual_status = HTTPStatus.INTERNAL_SERVER_ERROR if internal else HTTPStatus.BAD_REQUEST
        body = {"code": code, "error": error, "message": message}
        super().__init__(json_answer(body, status or usual_status))


class StoreError(RefusalError):
    """The object store's refusal, as S3 words it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

    def __init__(self, status: int, code: str, message: str) -> None:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        )
        super().__init__(Answer(status, body.encode(), "application/xml"))


def json_answer(body: Any, status: int = HTTPStatus.OK) -> Answer:
    """Return `body` as a JSON answer."""
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


def html_answer(status: HTTPStatus) -> Answer:
    """Return the HTML page that a gateway, not the service, answers with."""
    page = f"<html><head><title>{status} {status.phrase}</title></head><body>{status.phrase}</body></html>"
    return Answer(status, page.encode(), "text/html")
