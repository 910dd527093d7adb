"""The stage on which the upload function is measured: files that landed in a real bucket, and events of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.progress import Progress, TaskID

from benchmarks.local_parts import REPOSITORY, LocalParts, Run, create_table

MODELS = 20
SMALL_FILE = (REPOSITORY / "local" / "data" / "penguins.csv").read_bytes()
SAMPLE_EVENT = (REPOSITORY / "events" / "upload_sqs_eventbridge.json").read_text(encoding="utf-8")
BUCKET, SECRETS = "landing", "bench"
QUEUES = ("uploads", "dead-letters")

_PREPARED_AT_A_TIME = 4


class UploadStage:
    """Files that land, and what the upload function needs to send them."""

    def __init__(self, parts: LocalParts, shown: Progress) -> None:
        self._parts, self._shown, self._s3 = parts, shown, parts.aws.client("s3")
        for number in range(MODELS):
            model = f"model-{number}"
            key = parts.service.issue_key(model)
            parts.aws.client("secretsmanager").create_secret(Name=f"{SECRETS}/{model}", SecretString=key)
        self._s3.create_bucket(Bucket=BUCKET)
        self._s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self._queue_urls = [parts.aws.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in QUEUES]

    def send(self, name: str, bodies: Sequence[bytes], *, stream: bool = False) -> tuple[Run, Counter[str]]:
        """Land files, run the function on them, and return what it took and what the service was asked, by operation.

        Raises
        ------
        RuntimeError
            A file did not arrive, or did not arrive once.
        """
        create_table(self._parts.aws, "JobsTable", name, stream=stream)
        landing = self._shown.add_task(f"{name}: landing", total=len(bodies))
        with ThreadPoolExecutor(_PREPARED_AT_A_TIME) as pool:
            numbered = pool.map(lambda number: self._land(name, number, bodies[number]), range(len(bodies)))
            events = list(self._shown.track(numbered, task_id=landing))
        sending = self._shown.add_task(f"{name}: sending", total=len(bodies))
        before = len(self._parts.service.requests)
        run = self._parts.run("upload", events, self.variables(name), lambda sent: self._update(sending, sent))
        requests = self._parts.service.requests[before:]
        arrived = Counter(upload.filename for upload in self._parts.service.uploads if upload.filename.startswith(name))
        if set(arrived.values()) != {1} or len(arrived) != len(bodies):
            raise RuntimeError(f"{len(arrived)} of {len(bodies)} files arrived, {arrived.total()} times in all.")
        for task in (landing, sending):
            self._shown.remove_task(task)
        return run, Counter(request.operation for request in requests)

    def _update(self, task: TaskID, completed: int) -> None:
        self._shown.update(task, completed=completed)

    def _land(self, name: str, number: int, body: bytes) -> dict[str, Any]:
        """Put an object, and return its event as the queue delivers it."""
        key = f"model-{number % MODELS}/{name}-{number:06}.csv"
        stored = self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        event: dict[str, Any] = json.loads(SAMPLE_EVENT)
        (message,) = event["Records"]
        created = json.loads(message["body"])
        created["detail"]["bucket"]["name"] = BUCKET
        described = {"key": key, "size": len(body), "etag": stored["ETag"].strip('"'), "sequencer": f"{number:018X}"}
        created["detail"]["object"] = {**described, "version-id": stored["VersionId"]}
        message["body"] = json.dumps(created)
        return event

    def variables(self, table: str) -> dict[str, str]:
        """Return the environment variables of a function that works on a table."""
        return upload_variables(table, *self._queue_urls)


def upload_variables(table: str, queue_url: str, dead_letter_queue_url: str) -> dict[str, str]:
    """Return the upload function's own environment variables."""
    return {
        "JOBS_TABLE_NAME": table,
        "LANDING_PREFIX": "",
        "MAX_RECEIVE_COUNT": "60",
        "SECRET_PREFIX": SECRETS,
        "SETTLE_MINUTES": "10",
        "UPLOAD_DEAD_LETTER_QUEUE_URL": dead_letter_queue_url,
        "UPLOAD_QUEUE_URL": queue_url,
    }
