"""Jobs without a file, and files that are not noticed yet: what a comparison of two jobs has to cope with."""

from collections.abc import Callable

import requests

from local.prediction_one import PredictionOneStandIn
from local.processes import wait_for

Call = Callable[..., requests.Response]
OpenJob = Callable[..., tuple[str, str]]


def test_file_is_noticed_only_after_a_while(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """Until then its job looks unused, although every byte is stored; its training begins with the notice."""
    service.change_settings(notice_seconds=0.3, training_seconds=60)
    retrain_job_id, upload_url = open_job()
    requests.put(upload_url, data=b"1", timeout=5)

    def status() -> str:
        return str(call("GET", f"retrain_jobs/{retrain_job_id}").json()["status"])

    before = status()
    wait_for("the notice", lambda: status() != before)

    assert (before, status()) == ("created", "training")
    assert [upload.retrain_job_id for upload in service.uploads] == [retrain_job_id]


def test_unused_job_changes_with_age(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """A file that comes later is noticed all the same."""
    old, upload_url = open_job()
    service.change_settings(unused_job_changes_after_seconds=0.000_001)
    aged = call("GET", f"retrain_jobs/{old}").json()["status"]
    requests.put(upload_url, data=b"1", timeout=5)

    assert (aged, call("GET", f"retrain_jobs/{old}").json()["status"]) == ("upload_url_expired", "job_finished")


def test_unused_job_may_be_unknown(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """Nothing in the manual says that a job is known before it has a file."""
    service.change_settings(knows_unused_jobs=False)
    retrain_job_id, upload_url = open_job()
    unused = call("GET", f"retrain_jobs/{retrain_job_id}").json()
    requests.put(upload_url, data=b"1", timeout=5)

    assert unused["message"] == "Not found retrain job."
    assert call("GET", f"retrain_jobs/{retrain_job_id}").json()["status"] == "job_finished"
