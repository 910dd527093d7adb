"""Everything that can go wrong on a landed file's way, and whether trying again is safe.

    RetrainError
    ├── UnreadableEventError            not an S3 event that we know
    ├── FileRejectedError               our own checks refused the file
    ├── ObjectSupersededError           overwritten or deleted before it could be sent
    ├── LandedObjectUnreadableError     S3 refused the read, or it broke off too often
    ├── ApiKeyUnavailableError          the model's secret is missing or unusable
    ├── LeaseHeldError                  another attempt holds the file
    ├── LeaseLostError                  another attempt took the file over
    ├── SecretKeyUnusableError          the account's secret is missing, unusable, or its Secret Key is refused
    ├── SecretsUnavailableError         Secrets Manager refused or did not answer
    ├── RotationRefusedError            a rotation step that must not be taken
    ├── TableUnavailableError           DynamoDB refused or did not answer
    ├── NoTimeLeftError                 the upload can't end before the function must
    ├── AnnouncementFailedError         a status change could not be told, to programs or to people
    ├── ResultsNotStoredError           the results file could not be fetched or stored
    ├── NewerInServiceError             a file that landed later is in service already
    ├── SwitchRefusedError              the switch function's own checks refused: our record, or the request
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

    def __init_subclass__(
        cls, code: str | None = None, *, retry_is_safe: bool | None = None, nothing_stored: bool | None = None
    ) -> None:
        """Take the traits above from the class's own line; those that it does not name are its parent's."""
        super().__init_subclass__()
        cls.code = cls.code if code is None else code
        cls.retry_is_safe = cls.retry_is_safe if retry_is_safe is None else retry_is_safe
        cls.nothing_stored = cls.nothing_stored if nothing_stored is None else nothing_stored

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class UnreadableEventError(RetrainError, code="UNREADABLE_EVENT", retry_is_safe=True):
    """The message is no S3 event in any envelope that we know. Safe to retry, but only a person can help."""


class FileRejectedError(RetrainError):
    """Our own checks refused the file, before anything was sent. Never retried: land a corrected file.

    `landing/*_checks.py`, `uploading/pair_zip.py` and `uploading/pairing.py` have the list of its codes.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ObjectSupersededError(RetrainError, code="OBJECT_SUPERSEDED", nothing_stored=True):
    """The landed version is gone. Never retried: what replaced it has an event and an item of its own."""


class LandedObjectUnreadableError(RetrainError, code="OBJECT_UNREADABLE", retry_is_safe=True, nothing_stored=True):
    """S3 refused the read, or it broke off too often. Safe to retry."""


class ApiKeyUnavailableError(RetrainError, code="API_KEY_UNAVAILABLE", retry_is_safe=True):
    """The model's secret is missing or unusable. Safe to retry, once somebody has mended the secret."""


class SecretKeyUnusableError(RetrainError, code="SECRET_KEY_UNUSABLE", retry_is_safe=True):
    """The account's secret is missing or unusable. Safe to retry, once somebody has mended it."""


class SecretsUnavailableError(RetrainError, code="SECRETS_UNAVAILABLE", retry_is_safe=True):
    """Secrets Manager refused a call or did not answer. Safe to retry: every rotation step can be repeated."""


class RotationRefusedError(RetrainError, code="ROTATION_REFUSED"):
    """The step does not fit the secret or its staging labels. Never retried: it would be refused again."""


class LeaseHeldError(RetrainError, code="LEASE_HELD", retry_is_safe=True):
    """Another attempt at this file may still run. Safe to retry when its lease has ended."""


class LeaseLostError(RetrainError, code="LEASE_LOST", retry_is_safe=True):
    """Another attempt took this file over, so this one must not write. Safe to retry: that one decides."""


class TableUnavailableError(RetrainError, code="TABLE_UNAVAILABLE", retry_is_safe=True):
    """DynamoDB refused a write or did not answer. Safe to retry: every write is conditional."""


class NoTimeLeftError(RetrainError, code="NO_TIME_LEFT", retry_is_safe=True, nothing_stored=True):
    """The upload can't end before the function must. Safe to retry: it was stopped before its last byte."""


class AnnouncementFailedError(RetrainError, code="ANNOUNCEMENT_FAILED", retry_is_safe=True):
    """EventBridge took no event, or neither SNS nor SQS a notification. Safe to retry: it may be told twice."""


class ResultsNotStoredError(RetrainError, code="RESULTS_NOT_STORED", retry_is_safe=True):
    """The results file could not be fetched or stored. Safe to retry: the same key is written again."""


class NewerInServiceError(RetrainError, code="NEWER_IN_SERVICE"):
    """The model was retrained on a file that landed later, and that is in service. Final, unless forced by hand."""


class SwitchRefusedError(RetrainError, code="SWITCH_REFUSED"):
    """The request names no job, or one that has no retrained model: the service was not asked. Final."""


class PredictionOneError(RetrainError):
    """The service, or the way to it."""


class CredentialRejectedError(PredictionOneError, code="API_KEY_REJECTED", retry_is_safe=True):
    """The key is unknown, expired or revoked. Safe to retry with another key."""


class DeletedAtServiceError(PredictionOneError, code="DELETED_AT_SERVICE"):
    """The user, the model or the job was deleted at the service. Final."""


class RetrainJobNotFoundError(PredictionOneError, code="RETRAIN_JOB_NOT_FOUND"):
    """The service knows no such job for this key. Final, but for a check: see `tracking/service_statuses.py`."""


class RetrainJobNotFinishedError(PredictionOneError, code="RETRAIN_JOB_NOT_FINISHED", retry_is_safe=True):
    """The retraining has not finished, so the model can't be switched yet. Safe to retry later."""


class InvalidRequestError(PredictionOneError, code="INVALID_REQUEST"):
    """A required parameter is missing. Final: the same request will be refused again."""


class ServiceUnavailableError(PredictionOneError, code="SERVICE_UNAVAILABLE", retry_is_safe=True):
    """429, 5xx, or no connection. Safe to retry."""


class UnexpectedAnswerError(PredictionOneError, code="UNEXPECTED_ANSWER", retry_is_safe=True):
    """An answer that is documented nowhere. Safe to retry: never guessed at, so never final."""


class UploadError(PredictionOneError, retry_is_safe=True, nothing_stored=True):
    """The PUT to the upload URL."""


class UploadUrlExpiredError(UploadError, code="UPLOAD_URL_EXPIRED"):
    """The upload URL's time is over. Safe to retry, with a fresh URL."""


class UploadRefusedError(UploadError, code="UPLOAD_REFUSED"):
    """The store answered, and not with success: it stored nothing. Safe to retry."""


class UploadInterruptedError(UploadError, code="UPLOAD_INTERRUPTED"):
    """The connection broke before the last byte was handed to it: nothing was stored. Safe to retry."""


class UploadOutcomeUnknownError(UploadError, code="UPLOAD_OUTCOME_UNKNOWN", retry_is_safe=False, nothing_stored=False):
    """The connection broke after the last byte. Not safe to send again before the two jobs are compared."""
