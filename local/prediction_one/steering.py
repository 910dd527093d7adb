"""
Asking the stand-in what arrived, and steering it: the same methods in-process and over HTTP.

Each method is one request of the steering interface, JSON in and out, under `/_stand_in/` (`control_room`).
"""

from abc import ABC, abstractmethod
from typing import Any

from local.prediction_one.values import Fault, ReceivedRequest, Settings, StoredUpload


class Steering(ABC):
    """
    What a test can ask and set.

    A key or job that does not exist raises LookupError, a setting that does not ValueError.
    """

    @abstractmethod
    def _ask(self, method: str, resource: str, **arguments: Any) -> Any:
        """Carry one request to the control room and return its answer."""

    @property
    def uploads(self) -> list[StoredUpload]:
        """All completed uploads, in the order of completion."""
        return self.find_uploads()

    def find_uploads(self, filename: str | None = None, model: str | None = None) -> list[StoredUpload]:
        """Return the completed uploads of one file name or model."""
        return [StoredUpload(**found) for found in self._ask("GET", "uploads", filename=filename, model=model)]

    @property
    def requests(self) -> list[ReceivedRequest]:
        """All requests of clients, in the order they were answered (not the steering)."""
        return self.find_requests()

    def find_requests(self, operation: str | None = None, filename: str | None = None) -> list[ReceivedRequest]:
        """Return the requests for one operation or file name."""
        found = self._ask("GET", "requests", operation=operation, filename=filename)
        return [ReceivedRequest(**request) for request in found]

    @property
    def jobs_in_service(self) -> dict[str, str]:
        """The retrain_job_id last switched to, by model."""
        return dict(self._ask("GET", "jobs_in_service"))

    @property
    def faults(self) -> list[Fault]:
        """The faults that can still strike."""
        return [Fault(**armed) for armed in self._ask("GET", "faults")]

    def add_fault(self, fault: Fault) -> None:
        """Let `fault` strike from now on; of several that match a request, the first added strikes."""
        self._ask("POST", "faults", **vars(fault))

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self._ask("DELETE", "faults")

    @property
    def settings(self) -> Settings:
        """How the stand-in behaves now."""
        return Settings(**self._ask("GET", "settings"))

    def change_settings(self, **changes: float | str) -> None:
        """Change fields of `Settings`, by name."""
        self._ask("PATCH", "settings", **changes)

    def set_training_seconds(self, training_seconds: float) -> None:
        """Set how long jobs train whose upload completes from now on."""
        self.change_settings(training_seconds=training_seconds)

    @property
    def url_lifetime_seconds(self) -> int:
        """How long the URLs that are handed out from now on are valid."""
        return self.settings.url_lifetime_seconds

    @url_lifetime_seconds.setter
    def url_lifetime_seconds(self, lifetime_seconds: int) -> None:
        self.change_settings(url_lifetime_seconds=lifetime_seconds)

    def go_down(self) -> None:
        """Let every API answer 503 with an HTML page; the object store stays up."""
        self.change_settings(down=True)

    def come_back(self) -> None:
        """End what `go_down` began."""
        self.change_settings(down=False)

    def issue_key(self, model: str) -> str:
        """Give `model` a new API key, as API 4 does; a model that is not known yet begins to exist."""
        return str(self._ask("POST", "keys", model=model)["api_key"])

    def issued_keys(self, model: str | None = None) -> list[str]:
        """Return every API key of one model, or of all, valid or not."""
        return list(self._ask("GET", "keys", model=model))

    def expire_key(self, key: str) -> None:
        """Let 30 days pass for `key`: Inactive_credential."""
        self._ask("POST", "keys/expire", key=key)

    def revoke_key(self, key: str) -> None:
        """Take `key` out of use: Inactive_credential."""
        self._ask("POST", "keys/revoke", key=key)

    def delete_key(self, key: str) -> None:
        """Delete `key`: Not_found_credential."""
        self._ask("POST", "keys/delete", key=key)

    def delete_user(self, model: str) -> None:
        """Delete the user whom `model` belongs to: This user may be deleted."""
        self._ask("POST", "models/delete", model=model, part="user")

    def delete_model(self, model: str) -> None:
        """Delete `model`: This model may be deleted."""
        self._ask("POST", "models/delete", model=model, part="model")

    def delete_training_job(self, model: str) -> None:
        """Delete the job that `model` was first trained by: API 1 answers This job may be deleted."""
        self._ask("POST", "models/delete", model=model, part="training_job")

    def delete_configuration_file(self, model: str) -> None:
        """Delete the configuration file of `model`: Not found configuration_file."""
        self._ask("POST", "models/delete", model=model, part="configuration_file")

    def delete_classifier(self, model: str) -> None:
        """Delete the API of `model`: Not found classifier."""
        self._ask("POST", "models/delete", model=model, part="classifier")

    def restore_model(self, model: str) -> None:
        """Undo every deletion of `model` and its parts."""
        self._ask("POST", "models/restore", model=model)

    def delete_job(self, retrain_job_id: str) -> None:
        """Delete a retrain job: API 2 answers This job may be deleted."""
        self._ask("POST", "jobs/delete", retrain_job_id=retrain_job_id)

    def report_status(self, retrain_job_id: str, status: str, message: str | None = None) -> None:
        """Let API 2 report `status` for a job from now on, whatever the time; `job_finished` finishes it."""
        self._ask("POST", "jobs/report_status", retrain_job_id=retrain_job_id, status=status, message=message)
