"""The retrain jobs: opened with an upload URL, begun by the last byte, finished after the training time."""

import io
import time
import uuid
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field

from local.prediction_one.values import Settings, StoredUpload

FINISHED = "job_finished"  # the one status that the manual names


@dataclass
class RetrainJob:
    """One retrain job; `reported_status` overrides what time alone would make of it."""

    retrain_job_id: str
    model: str
    filename: str
    created_at: float = field(default_factory=time.monotonic)
    noticed_at: float | None = None
    finishes_at: float | None = None
    reported_status: str | None = None
    message: str | None = None
    deleted: bool = False

    def status(self, settings: Settings) -> str:
        """Return the status that API 2 reports now."""
        if self.reported_status is not None:
            return self.reported_status
        if self.finishes_at is None or self.is_unused():
            age_seconds = time.monotonic() - self.created_at
            is_old = 0 < settings.unused_job_changes_after_seconds <= age_seconds
            return settings.status_of_old_unused if is_old else settings.status_before_upload
        return FINISHED if time.monotonic() >= self.finishes_at else settings.status_while_training

    def is_unused(self) -> bool:
        """Return whether the service has noticed no file of it yet."""
        return self.noticed_at is None or time.monotonic() < self.noticed_at


class JobBook:
    """All jobs and completed uploads, found without a search however many there are."""

    def __init__(self) -> None:
        self._jobs: dict[str, RetrainJob] = {}
        self._uploads: list[StoredUpload] = []
        self._uploads_by_filename: defaultdict[str, list[StoredUpload]] = defaultdict(list)
        self.in_service: dict[str, str] = {}
        """The retrain job whose model is live, by model."""

    def create(self, model: str, filename: str) -> RetrainJob:
        """Open a job that waits for its data."""
        job = RetrainJob(str(uuid.uuid4()), model, filename)
        self._jobs[job.retrain_job_id] = job
        return job

    def find(self, retrain_job_id: str | None) -> RetrainJob | None:
        """Return the job, or None."""
        return None if retrain_job_id is None else self._jobs.get(retrain_job_id)

    def get(self, retrain_job_id: str) -> RetrainJob:
        """Return the job; KeyError if there is none."""
        return self._jobs[retrain_job_id]

    def store(self, job: RetrainJob, size_bytes: int, sha256: str, settings: Settings) -> None:
        """Record a completed upload: retraining starts."""
        upload = StoredUpload(job.retrain_job_id, job.model, job.filename, size_bytes, sha256)
        self._uploads.append(upload)
        self._uploads_by_filename[job.filename].append(upload)
        if job.finishes_at is None or settings.second_upload_restarts_training:
            job.noticed_at = time.monotonic() + settings.notice_seconds
            job.finishes_at = job.noticed_at + settings.training_seconds

    def uploads(self, filename: str | None = None, model: str | None = None) -> list[StoredUpload]:
        """Return the completed uploads in the order of completion, of one filename or model if asked."""
        found = self._uploads if filename is None else self._uploads_by_filename.get(filename, [])
        return [upload for upload in found if model in (None, upload.model)]


def results_zip(job: RetrainJob, padding_bytes: int = 0) -> bytes:
    """Return a results file, as API 2's download_url serves it: small, or with so many zeros in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metrics.csv", f"retrain_job_id,metric,value\n{job.retrain_job_id},AUC,0.87\n")
        if padding_bytes:
            archive.writestr("padding.bin", bytes(padding_bytes), zipfile.ZIP_STORED)
    return buffer.getvalue()
