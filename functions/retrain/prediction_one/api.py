"""The Prediction One REST API: the four documented calls and every documented error. Knows no AWS.

Pages are cited below `https://predictionone.sony.biz/cloud_manual/operating_instruction/`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from retrain.errors import (
    CredentialRejectedError,
    DeletedAtServiceError,
    InvalidRequestError,
    PredictionOneError,
    RetrainJobNotFinishedError,
    RetrainJobNotFoundError,
    ServiceTimeoutError,
    ServiceUnavailableError,
    UnexpectedAnswerError,
)
from retrain.prediction_one.answers import first_bytes
from retrain.prediction_one.egress import is_local
from retrain.prediction_one.sessions import SessionOfThread, retry_after_seconds

TIMEOUT_SECONDS = (5, 30)
"""(connect, the whole answer) of every call."""

MAX_ANSWER_BYTES = 1024**2
"""The longest documented answer has one presigned URL: a few KiB."""

_SHORTEST_KEY = 8
"""A shorter text may stand in an answer by chance."""

RETRAIN_JOB_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.:=+@~-]{1,256}")
"""A `str`, says the manual: any usual form of an id. It becomes a part of S3 keys, of commands that people are told to
run, and of URLs, so one with a slash, a space or a quote is refused."""

_JOBS_PATH = "/v1/external/retrain_jobs"

# The manual's tables "error message", the same on all four pages. The HTTP status is not documented.
_ERRORS_BY_MESSAGE: dict[str, type[PredictionOneError]] = {
    "invalid_api_key.": CredentialRejectedError,
    "Inactive_credential.": CredentialRejectedError,
    "Not_found_credential.": CredentialRejectedError,
    "This user may be deleted.": DeletedAtServiceError,
    "This model may be deleted.": DeletedAtServiceError,
    "This job may be deleted.": DeletedAtServiceError,
    "Not found classifier.": DeletedAtServiceError,
    "Not found retrain job.": RetrainJobNotFoundError,
    "Retrain job is not finished.": RetrainJobNotFinishedError,
    "Model id is required.": InvalidRequestError,
    "Not found configuration_file.": ServiceUnavailableError,
}


@dataclass(frozen=True)
class UploadTarget:
    """Where to send a file. The URL is a bearer secret, so `repr` does not show it."""

    retrain_job_id: str
    upload_url: str = field(repr=False)


@dataclass(frozen=True)
class RetrainStatus:
    """The service's answer about a job, unchanged.

    Attributes
    ----------
    status
        `job_finished`, or an undocumented text.
    download_url
        Where the results are, when finished. A bearer secret, so `repr` does not show it.
    """

    status: str
    message: str | None
    model_id: int | None
    download_url: str | None = field(repr=False)


@dataclass(frozen=True)
class IssuedApiKey:
    """A new API key, valid for 30 days, and its end, unchanged: the format is not documented."""

    api_key: str = field(repr=False)
    end_date: Any


class PredictionOne:
    """A client of the API, safe to share between threads. Every method raises a `PredictionOneError` on failure.

    Parameters
    ----------
    base_url
        For example `https://developer-api.predictionone.sony.biz`.
    repetitions
        How often a call is repeated at most, on 429, 5xx and lost connections.

    Attributes
    ----------
    is_local
        Whether the service is on this machine.
    """

    def __init__(self, base_url: str, repetitions: int = 3) -> None:
        self._base_url = base_url.rstrip("/")
        self.is_local = is_local(base_url)
        self._local = SessionOfThread(repetitions)

    def request_upload_url(self, api_key: str, filename: str) -> UploadTarget:
        """Return a new job and its upload URL (`re_train_api/retrain_data_upload_api`). Safe to repeat."""
        answer = self._call("GET", f"{_JOBS_PATH}/upload_url", api_key, {"filename": filename})
        return UploadTarget(_job_id(answer), _text(answer, "upload_url"))

    def check_status(self, api_key: str, retrain_job_id: str) -> RetrainStatus:
        """Return a job's status (`re_train_api/retrain_status_check_api`)."""
        answer = self._call("GET", f"{_JOBS_PATH}/{quote(retrain_job_id, safe='')}", api_key)
        return RetrainStatus(
            status=_text(answer, "status"),
            message=answer.get("message"),
            model_id=answer.get("model_id"),
            download_url=answer.get("download_url"),
        )

    def switch_model(self, api_key: str, retrain_job_id: str) -> None:
        """Make a finished job's model live (`re_train_api/retrain_model_switch_api`)."""
        self._call("PUT", f"{_JOBS_PATH}/{quote(retrain_job_id, safe='')}/update_model", api_key)

    def issue_api_key(self, secret_key: str, model_id: str) -> IssuedApiKey:
        """Issue a new API key for a model with the account's Secret Key (`train_api/get_api_key_api`)."""
        parameters = {"credential_type": "retrain", "model_id": model_id}
        answer = self._call("GET", "/v1/external/api-key", secret_key, parameters)
        return IssuedApiKey(_text(answer, "api_key"), answer.get("end_date"))

    def _call(self, method: str, path: str, key: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            with self._local.session.request(
                method,
                self._base_url + path,
                # %20, not +, for a space: every server decodes it.
                params=urlencode(parameters or {}, quote_via=quote),
                headers={"x-api-key": key, "Accept-Encoding": "identity"},  # packed, a short answer can be huge
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,  # the key must never follow one
                stream=True,
            ) as response:
                body = first_bytes(response, MAX_ANSWER_BYTES + 1)
        except (requests.RequestException, HTTPError, OverflowError, ValueError) as exc:
            # urllib3 raises the last three for a Retry-After that it cannot parse. Not "from exc": the exception of an
            # answer without a status line quotes it, and it may hold a key or an upload URL.
            timed_out = isinstance(exc, requests.Timeout | ReadTimeoutError)
            error = ServiceTimeoutError if timed_out else ServiceUnavailableError
            raise error(f"Prediction One could not be reached ({type(exc).__name__}).") from None
        if len(key) >= _SHORTEST_KEY:
            body = body.replace(key.encode(), b"(the key)")  # it must not get into the record
        return _answer(response, body)


def _answer(response: requests.Response, text: bytes) -> dict[str, Any]:
    try:
        body = json.loads(text) if len(text) <= MAX_ANSWER_BYTES else None
    except (ValueError, RecursionError):  # the latter for JSON that is nested too deep
        body = None
    message = body.get("message") if isinstance(body, dict) and "error" in body else None
    if isinstance(message, str) and message in _ERRORS_BY_MESSAGE:
        raise _ERRORS_BY_MESSAGE[message](f"Prediction One says: {message}")
    status = response.status_code
    if status == requests.codes.too_many_requests or status >= requests.codes.internal_server_error:
        raise ServiceUnavailableError(
            f"Prediction One answered HTTP {status}.", retry_after_seconds=retry_after_seconds(response)
        )
    if not response.ok or response.is_redirect or not isinstance(body, dict):
        raise UnexpectedAnswerError(
            f"Prediction One answered HTTP {status} with an undocumented body. If it restricts callers to an IP "
            "allowlist, check that this function's address is on it."
        )
    return body


def _job_id(answer: dict[str, Any]) -> str:
    retrain_job_id = _text(answer, "retrain_job_id")
    if not RETRAIN_JOB_ID.fullmatch(retrain_job_id):
        raise UnexpectedAnswerError("Prediction One's answer has a 'retrain_job_id' that we cannot use safely.")
    return retrain_job_id


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise UnexpectedAnswerError(f"Prediction One's answer has no {name!r}.")
    return value
