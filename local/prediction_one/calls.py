"""What a request asks for, read off its first line and headers."""

import re
from dataclasses import dataclass
from email.message import Message
from urllib.parse import parse_qsl, urlsplit

ELSEWHERE_PATH = "/elsewhere"
UPLOAD_STORE_PATH = "/upload-store"
RESULTS_STORE_PATH = "/results-store"
_JOBS_PATH = "/v1/external/retrain_jobs"
_JOB = "(?P<retrain_job_id>[^/]+)"
_ROUTES = (
    ("upload_url", "GET", re.compile(f"{_JOBS_PATH}/upload_url")),
    ("status", "GET", re.compile(f"{_JOBS_PATH}/{_JOB}")),
    ("switch", "PUT", re.compile(f"{_JOBS_PATH}/{_JOB}/update_model")),
    ("api_key", "GET", re.compile("/v1/external/api-key")),
    ("put", "PUT", re.compile(f"{UPLOAD_STORE_PATH}/{_JOB}/[^/]+")),
    ("download", "GET", re.compile(f"{RESULTS_STORE_PATH}/{_JOB}/[^/]+")),
    ("elsewhere", "", re.compile(ELSEWHERE_PATH)),
)


@dataclass(frozen=True)
class Call:
    """One request, without its body; `operation` is `unknown` for what the service does not have."""

    operation: str
    method: str
    url: str
    query: dict[str, str]
    key: str | None
    base_url: str
    retrain_job_id: str | None

    @property
    def is_api(self) -> bool:
        """Tell whether one of the four APIs is called."""
        return self.operation in {"upload_url", "status", "switch", "api_key"}


def read_call(method: str, target: str, headers: Message) -> Call:
    """Read the request for `target` (path and query)."""
    parts = urlsplit(target)
    operation, retrain_job_id = _route(method, parts.path)
    base_url = f"http://{headers.get('Host', '')}"
    query = dict(parse_qsl(parts.query))
    return Call(operation, method, base_url + target, query, headers.get("x-api-key"), base_url, retrain_job_id)


def _route(method: str, path: str) -> tuple[str, str | None]:
    for operation, wanted_method, pattern in _ROUTES:
        found = pattern.fullmatch(path)
        if found and wanted_method in ("", method):
            return operation, found.groupdict().get("retrain_job_id")
    return "unknown", None
