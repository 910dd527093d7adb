"""The values that the stand-in takes and gives: one definition, for Python and for JSON."""

from dataclasses import dataclass
from typing import Literal, get_args

Operation = Literal["upload_url", "put", "status", "switch", "api_key", "download"]
FaultKind = Literal["status", "drop", "drop_unstored", "slow", "early_answer", "expired_url", "redirect", "garbage"]
DropPoint = Literal["before_body", "mid_body", "after_body"]
_FIRST_FINAL_STATUS = 200


@dataclass(frozen=True)
class StoredUpload:
    """An upload whose every byte arrived."""

    retrain_job_id: str
    model: str
    filename: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class ReceivedRequest:
    """
    A request as it was dealt with; never a key or a URL.

    `operation` is an `Operation`, `elsewhere` (where the `redirect` fault points) or `unknown`. `status` is
    None when the connection ended without an answer. `api_key_sent` says whether there was an x-api-key header.
    """

    operation: str
    status: int | None
    model: str | None
    filename: str | None
    retrain_job_id: str | None
    fault: str | None
    api_key_sent: bool
    received_at: float


@dataclass(frozen=True)
class Settings:
    """
    How the stand-in behaves; changed at any time with `change_settings`.

    `idle_timeout_seconds` is how long the store waits for the next byte (then 400 RequestTimeout, as S3), and
    how long an idle connection is kept. `results_disposition` is the Content-Disposition header of every results
    file (empty: none), and each holds `results_padding_bytes` more. `down` makes all four APIs answer 503 (the
    object store stays up).

    `notice_seconds` is how long after its last byte a file is noticed: until then, its job's status is that of an
    unused job. An unused job reports `status_of_old_unused` once it is `unused_job_changes_after_seconds` old (0:
    never). With `knows_unused_jobs` off, an unused job is "Not found retrain job.".
    """

    training_seconds: float = 2.0
    url_lifetime_seconds: int = 900
    idle_timeout_seconds: float = 20.0
    revoke_old_keys: bool = False
    second_upload_restarts_training: bool = False
    status_before_upload: str = "created"
    status_while_training: str = "training"
    results_disposition: str = ""
    results_padding_bytes: int = 0
    down: bool = False
    notice_seconds: float = 0.0
    unused_job_changes_after_seconds: float = 0.0
    status_of_old_unused: str = "upload_url_expired"
    knows_unused_jobs: bool = True


@dataclass(frozen=True)
class Fault:
    """
    Something that goes wrong with the requests it matches.

    Which requests: those of `operation`, and of `model` and `filename` if given; the first `times` of them
    (None: all), each with `probability` (0 to 1, drawn from a generator of `seed`).

    What happens, by `kind`:

    - ``status``: answers `status`, with `retry_after_seconds` as Retry-After, and as the body the documented
      error with `message`, else the text `body` of `content_type`. Nothing is done; an upload's body is read.
    - ``drop``: ends the connection without an answer, `at` one of: ``before_body`` (nothing read or done);
      ``mid_body`` (after `after_bytes` of an upload's body, else of the answer's); ``after_body`` (**all is
      done**, data stored). With `reset` the end is a TCP reset.
    - ``drop_unstored``: the same after the whole body, but nothing is done or stored.
    - ``slow``: moves the body (an upload's, else the answer's) at `bytes_per_second`, and answers
      `delay_seconds` late.
    - ``early_answer``: answers as ``status`` does, before the body is read, and closes; with `reset` so rudely
      that the client may never see the answer.
    - ``expired_url``: the upload URL that is handed out has expired already.
    - ``redirect``: answers 307 to a path that records what arrives there (operation ``elsewhere``).
    - ``garbage``: answers bytes that are not HTTP, and closes.
    """

    operation: Operation
    kind: FaultKind
    times: int | None = 1
    model: str | None = None
    filename: str | None = None
    probability: float = 1.0
    seed: int = 0
    status: int = 503
    retry_after_seconds: float | None = None
    message: str | None = None
    body: str = ""
    content_type: str = "text/html"
    at: DropPoint = "before_body"
    after_bytes: int = 0
    reset: bool = False
    bytes_per_second: int | None = None
    delay_seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what could never happen: a misspelt fault would make a test pass for the wrong reason."""
        choices = ((self.operation, Operation), (self.kind, FaultKind), (self.at, DropPoint))
        for value, allowed in choices:
            if value not in get_args(allowed):
                raise ValueError(f"{value!r} is none of {get_args(allowed)}")
        if self.kind == "expired_url" and self.operation != "upload_url":
            raise ValueError("only upload_url hands out upload URLs")
        if self.times is not None and self.times < 1:
            raise ValueError("a fault strikes once at least")
        if self.status < _FIRST_FINAL_STATUS:
            raise ValueError("1xx is no answer")
