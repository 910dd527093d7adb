"""Everything that can go wrong, and whether a retry is safe.

    RetrainError
    ├── UnexpectedError                 a defect in our code
    ├── AttemptDiedError                the last attempt ended without an outcome
    ├── UnreadableEventError            not an S3 event in a known envelope
    ├── FileRejectedError               our checks refused the file
    ├── ObjectSupersededError           overwritten or deleted before it could be sent
    ├── LandedObjectUnreadableError     S3 refused the read, or it broke too often
    ├── ApiKeyUnavailableError          the model's secret is missing or unusable
    ├── LeaseHeldError                  another attempt holds the lease
    ├── LeaseLostError                  another attempt has taken the file over
    ├── SecretKeyUnusableError          the account's secret or its Secret Key is unusable
    ├── SecretsUnavailableError         Secrets Manager refused or did not answer
    ├── RotationRefusedError            a rotation step that does not fit the secret
    ├── TableUnavailableError           DynamoDB refused or did not answer
    ├── QueueUnavailableError           SQS refused or did not answer
    ├── NoTimeLeftError                 the work cannot end before the deadline
    ├── AnnouncementFailedError         a status change could not be announced
    │   └── EventRefusedError           EventBridge will never take its event
    ├── ResultsNotStoredError           the results could not be downloaded or stored
    ├── NewerInServiceError             a model trained on newer data is live
    ├── RequestRefusedError             a person's request does not fit the item
    └── PredictionOneError              the service, or the connection to it
        ├── CredentialRejectedError     the API key or Secret Key is unknown, expired or revoked
        ├── DeletedAtServiceError       the user, the model or the job is gone
        ├── RetrainJobNotFoundError     no such retrain_job_id for this key
        ├── RetrainJobNotFinishedError  too early to switch
        ├── InvalidRequestError         a required parameter is missing
        ├── ServiceUnavailableError     429, 5xx, or no connection
        │   └── ServiceTimeoutError     no answer in time
        ├── UnexpectedAnswerError       an answer that is not documented
        └── UploadError                 the PUT to the upload URL
            ├── UploadUrlExpiredError   the URL has expired
            ├── UploadRefusedError      any other final answer but success
            ├── UploadInterruptedError  the connection broke before the last byte
            └── UploadOutcomeUnknownError  it broke after the last byte
                └── OutcomeNeedsDecisionError  a comparison cannot show whether it arrived
No text contains a key or an upload URL.
"""


class RetrainError(Exception):
    """The root of the tree. `retry_after_seconds` is the pause that the other side asked for."""

    code: str = "UNEXPECTED"  # the item's `error_code`
    retry_is_safe: bool = False  # the same again later can help and does no harm
    nothing_stored: bool = False  # if an upload had started, it certainly stored nothing

    def __init_subclass__(cls, **attributes: str | bool) -> None:  # noqa: D105 - sets the attributes above
        for name, value in attributes.items():
            setattr(cls, name, value)

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class UnexpectedError(RetrainError, code="UNEXPECTED_ERROR", retry_is_safe=True):
    """A defect in our code. Safe to retry: whatever the attempt had written, the next one reads."""


class AttemptDiedError(RetrainError, code="ATTEMPT_DIED", retry_is_safe=True):
    """The last attempt ended without an outcome, or none could start. Safe to retry: the claim decides."""


class UnreadableEventError(RetrainError, code="UNREADABLE_EVENT", retry_is_safe=True):
    """The message is not an S3 event in a known envelope. Safe to retry, but only a person can help."""


class FileRejectedError(RetrainError):
    """Our checks refused the file before anything was sent, each with a code. Never retried: land a corrected file."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ObjectSupersededError(RetrainError, code="OBJECT_SUPERSEDED", nothing_stored=True):
    """The landed version is gone. Never retried: a newer version has its own event and item."""


class LandedObjectUnreadableError(RetrainError, code="OBJECT_UNREADABLE", retry_is_safe=True, nothing_stored=True):
    """S3 refused the read, or it broke too often. Safe to retry."""


class ApiKeyUnavailableError(RetrainError, code="API_KEY_UNAVAILABLE", retry_is_safe=True):
    """The model's secret is missing or unusable. Safe to retry after somebody has fixed the secret."""


class SecretKeyUnusableError(RetrainError, code="SECRET_KEY_UNUSABLE", retry_is_safe=True):
    """The account's secret or its Secret Key is unusable. Safe to retry after somebody has fixed it."""


class SecretsUnavailableError(RetrainError, code="SECRETS_UNAVAILABLE", retry_is_safe=True):
    """Secrets Manager refused a call or did not answer. Safe to retry: every rotation step is repeatable."""


class RotationRefusedError(RetrainError, code="ROTATION_REFUSED"):
    """The step does not fit the secret or its staging labels. Final: it would be refused again."""


class LeaseHeldError(RetrainError, code="LEASE_HELD", retry_is_safe=True):
    """Another attempt may still be running. Safe to retry when its lease has ended."""


class LeaseLostError(RetrainError, code="LEASE_LOST", retry_is_safe=True):
    """Another attempt has taken over, so this one must not write. Safe to retry: the other one decides."""


class TableUnavailableError(RetrainError, code="TABLE_UNAVAILABLE", retry_is_safe=True):
    """DynamoDB refused a call or did not answer. Safe to retry: every write is conditional."""


class QueueUnavailableError(RetrainError, code="QUEUE_UNAVAILABLE", retry_is_safe=True):
    """SQS refused a call or did not answer. Safe to retry: a message that is queued twice has one outcome."""


class NoTimeLeftError(RetrainError, code="NO_TIME_LEFT", retry_is_safe=True, nothing_stored=True):
    """The work cannot end before the deadline. Safe to retry: an upload was stopped before its last byte."""


class AnnouncementFailedError(RetrainError, code="ANNOUNCEMENT_FAILED", retry_is_safe=True):
    """EventBridge refused an event, or SNS and SQS a notification. Safe to retry: it may arrive twice."""


class EventRefusedError(AnnouncementFailedError, code="EVENT_REFUSED", retry_is_safe=False):
    """EventBridge will never take this event: it is too large or malformed. Final: it would be refused again."""


class ResultsNotStoredError(RetrainError, code="RESULTS_NOT_STORED", retry_is_safe=True):
    """The results could not be downloaded or stored. Safe to retry: the same key is written again."""


class NewerInServiceError(RetrainError, code="NEWER_IN_SERVICE"):
    """A model that was trained on newer data is live. Final, unless a person forces the switch."""


class RequestRefusedError(RetrainError, code="REQUEST_REFUSED"):
    """A person's request does not fit the item; nothing was changed, and the service was not called. Final."""


class PredictionOneError(RetrainError):
    """The service, or the connection to it."""


class CredentialRejectedError(PredictionOneError, code="API_KEY_REJECTED", retry_is_safe=True):
    """The service refuses the key: unknown, expired or revoked. Safe to retry with another key."""


class DeletedAtServiceError(PredictionOneError, code="DELETED_AT_SERVICE"):
    """The user, the model or the job was deleted at the service. Final."""


class RetrainJobNotFoundError(PredictionOneError, code="RETRAIN_JOB_NOT_FOUND"):
    """The service knows no such job for this key. Final, but for a check: see `tracking/service_statuses.py`."""


class RetrainJobNotFinishedError(PredictionOneError, code="RETRAIN_JOB_NOT_FINISHED", retry_is_safe=True):
    """The retraining has not finished, so the model cannot go live yet. Safe to retry later."""


class InvalidRequestError(PredictionOneError, code="INVALID_REQUEST"):
    """A required parameter is missing. Final: the same request will be refused again."""


class ServiceUnavailableError(PredictionOneError, code="SERVICE_UNAVAILABLE", retry_is_safe=True):
    """429, 5xx, or no connection. Safe to retry."""


class ServiceTimeoutError(ServiceUnavailableError):
    """The service accepted the connection but did not answer in time. Safe to retry, but not immediately."""


class UnexpectedAnswerError(PredictionOneError, code="UNEXPECTED_ANSWER", retry_is_safe=True):
    """An answer that is not documented. Safe to retry: we never guess its meaning, so it is never final."""


class UploadError(PredictionOneError, retry_is_safe=True, nothing_stored=True):
    """The PUT to the upload URL."""


class UploadUrlExpiredError(UploadError, code="UPLOAD_URL_EXPIRED"):
    """The upload URL has expired. Safe to retry with a new URL."""


class UploadRefusedError(UploadError, code="UPLOAD_REFUSED"):
    """The store answered with an error and stored nothing. Safe to retry."""


class UploadInterruptedError(UploadError, code="UPLOAD_INTERRUPTED"):
    """The connection broke before the last byte was sent, so nothing was stored. Safe to retry."""


class UploadOutcomeUnknownError(UploadError, code="UPLOAD_OUTCOME_UNKNOWN", retry_is_safe=False, nothing_stored=False):
    """The connection broke after the last byte. Not safe to send again before two jobs are compared."""


class OutcomeNeedsDecisionError(UploadOutcomeUnknownError, code="OUTCOME_NEEDS_DECISION"):
    """A comparison cannot show any more whether the file arrived. Not safe to send again: a person decides."""
