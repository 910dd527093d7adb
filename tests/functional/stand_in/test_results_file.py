"""The results file: a name and a size on demand, as the service's store may give them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import requests

from local.prediction_one.steering import Steering

Call = Callable[..., requests.Response]


@pytest.fixture
def results_url(call: Call, open_job: Callable[..., tuple[str, str]]) -> str:
    """Finish a job, and give where its results are."""
    retrain_job_id, upload_url = open_job()
    requests.put(upload_url, data=b"a,b\n", timeout=5).raise_for_status()
    url: str = call("GET", f"retrain_jobs/{retrain_job_id}").json()["download_url"]
    return url


def test_results_file_has_no_name_unless_asked_for(steering: Steering, results_url: str) -> None:
    """Then its header is what was set."""
    nameless = requests.get(results_url, timeout=5)
    steering.change_settings(results_disposition='attachment; filename="r.zip"')
    named = requests.get(results_url, timeout=5)

    assert "Content-Disposition" not in nameless.headers
    assert named.headers["Content-Disposition"] == 'attachment; filename="r.zip"'


def test_results_file_is_as_large_as_asked_for(steering: Steering, results_url: str) -> None:
    """And still a zip that can be read, with a length."""
    steering.change_settings(results_padding_bytes=3_000_000)

    answer = requests.get(results_url, timeout=5)

    assert 3_000_000 < len(answer.content) == int(answer.headers["Content-Length"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["metrics.csv", "padding.bin"]
