"""Everything that can go wrong on a landed file's way, and whether trying again is safe.

    RetrainError
    ├── UnreadableEventError            not an S3 event that we know
    ├── FileRejectedError               our own checks refused the file
    ├── ObjectSupersededError           overwritten or deleted before it could be sent
    ├── LandedObjectUnreadableError     S3 refused the read, or it broke off too often
    ├── ApiKeyUnavailableError          the model's secret is missing or unusable
    ├── LeaseHeldError                  another attempt holds the file
    ├── LeaseLostError                  another attempt took the file over
    ├── JobsTableUnavailableError       DynamoDB refused or did not answer
    ├── NoTimeLeftError                 the upload can't end before the function must
    ├── ResultsNotStoredError           the results file could not be fetched or stored
    ├── NewerInServiceError             a file that landed later is in service already
    └── PredictionOneError              the service, or the way to it
        ├── CredentialRejectedError     the API key or Secret Key is unknown, expired or revoked
        ├── DeletedAtServiceError       the user, the model or the job is gone
        ├── RetrainJobNotFoundError     no such retrain_job_id for this key
        ├── RetrainJobNotFinishedError  too early to switch
        ├── InvalidRequestError         a required parameter is missing
        ├── ServiceUnavailableError     429, 5xx, or no connection
        ├── UnexpectedAnswerError       an answer that is documented nowhere
        └── UploadError                 the PUT to the upload URL
            ├── UploadUrlExpiredError   the URL's time is over
            ├── UploadRefusedError      any other final answer than success
            ├── UploadInterruptedError  the connection broke before the last byte
            └── UploadOutcomeUnknownError  it broke after the last byte

`code` is what the jobs table shows as `error_code`. No text here ever holds an API key, a Secret Key or an upload URL.
"""

from __future__ import annotations


class RetrainError(Exception):
    """The tree's root.

    `retry_is_safe`: doing the same again later can help and does no harm. `nothing_stored`: an upload that had begun
    has certainly left nothing at the service. `retry_after_seconds`: how long the other side asked to be left alone.
    """

    code: str = "UNEXPECTED"
    retry_is_safe: bool = False
    nothing_stored: bool = False

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class UnreadableEventError(RetrainError):
    """The message is no S3 event in any envelope that we know. Safe to retry, but only a person can help."""

    code = "UNREADABLE_EVENT"
    retry_is_safe = True


class FileRejectedError(RetrainError):
    """Our own checks refused the file, before anything was sent. Never retried: land a corrected file.

    `checks.py`, `data_file_checks.py` and `zip_checks.py` have the list of its codes.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ObjectSupersededError(RetrainError):
    """The landed version is gone. Never retried: what replaced it has an event and an item of its own."""

    code = "OBJECT_SUPERSEDED"
    nothing_stored = True


class LandedObjectUnreadableError(RetrainError):
    """S3 refused the read, or it broke off too often. Safe to retry."""

    code = "OBJECT_UNREADABLE"
    retry_is_safe = True
    nothing_stored = True  # read before the upload or while it runs: the last byte can't have been sent


class ApiKeyUnavailableError(RetrainError):
    """The model's secret is missing or unusable. Safe to retry, once somebody has mended the secret."""

    code = "API_KEY_UNAVAILABLE"
    retry_is_safe = True


class LeaseHeldError(RetrainError):
    """Another attempt at this file may still run. Safe to retry when its lease has ended."""

    code = "LEASE_HELD"
    retry_is_safe = True


class LeaseLostError(RetrainError):
    """Another attempt took this file over, so this one must not write. Safe to retry: that one decides."""

    code = "LEASE_LOST"
    retry_is_safe = True


class JobsTableUnavailableError(RetrainError):
    """DynamoDB refused a write or did not answer. Safe to retry: every write is conditional."""

    code = "JOBS_TABLE_UNAVAILABLE"
    retry_is_safe = True


class NoTimeLeftError(RetrainError):
    """The upload can't end before the function must. Safe to retry: it was stopped before its last byte."""

    code = "NO_TIME_LEFT"
    retry_is_safe = True
    nothing_stored = True


class ResultsNotStoredError(RetrainError):
    """The results file could not be fetched or stored. Safe to retry: the same key is written again."""

    code = "RESULTS_NOT_STORED"
    retry_is_safe = True


class NewerInServiceError(RetrainError):
    """The model was retrained on a file that landed later, and that is in service. Final, unless forced by hand."""

    code = "NEWER_IN_SERVICE"


class PredictionOneError(RetrainError):
    """The service, or the way to it."""


class CredentialRejectedError(PredictionOneError):
    """The key is unknown, expired or revoked. Safe to retry with another key."""

    code = "API_KEY_REJECTED"
    retry_is_safe = True


class DeletedAtServiceError(PredictionOneError):
    """The user, the model or the job was deleted at the service. Final."""

    code = "DELETED_AT_SERVICE"


class RetrainJobNotFoundError(PredictionOneError):
    """The service knows no such retrain job for this key. Final."""

    code = "RETRAIN_JOB_NOT_FOUND"


class RetrainJobNotFinishedError(PredictionOneError):
    """The retraining has not finished, so the model can't be switched yet. Safe to retry later."""

    code = "RETRAIN_JOB_NOT_FINISHED"
    retry_is_safe = True


class InvalidRequestError(PredictionOneError):
    """A required parameter is missing. Final: the same request will be refused again."""

    code = "INVALID_REQUEST"


class ServiceUnavailableError(PredictionOneError):
    """429, 5xx, or no connection. Safe to retry."""

    code = "SERVICE_UNAVAILABLE"
    retry_is_safe = True


class UnexpectedAnswerError(PredictionOneError):
    """An answer that is documented nowhere. Safe to retry: never guessed at, so never final."""

    code = "UNEXPECTED_ANSWER"
    retry_is_safe = True


class UploadError(PredictionOneError):
    """The PUT to the upload URL."""

    retry_is_safe = True
    nothing_stored = True


class UploadUrlExpiredError(UploadError):
    """The upload URL's time is over. Safe to retry, with a fresh URL."""

    code = "UPLOAD_URL_EXPIRED"


class UploadRefusedError(UploadError):
    """The store answered, and not with success: it stored nothing. Safe to retry."""

    code = "UPLOAD_REFUSED"


class UploadInterruptedError(UploadError):
    """The connection broke before the last byte was handed to it: nothing was stored. Safe to retry."""

    code = "UPLOAD_INTERRUPTED"


class UploadOutcomeUnknownError(UploadError):
    """The connection broke after the last byte. Not safe to send again before the two jobs are compared."""

    code = "UPLOAD_OUTCOME_UNKNOWN"
    retry_is_safe = False
    nothing_stored = False
