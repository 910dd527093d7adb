"""A file's way through the functions, on a table with its stream: what each step takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.progress import Progress

from benchmarks.local_parts import REPOSITORY, LocalParts, Run, create_table, template
from benchmarks.reconcile import measure
from benchmarks.upload_stage import BUCKET, SMALL_FILE, UploadStage
from benchmarks.write_units import size_bytes, write_units

_JOBS, _MODELS, _BY_HAND = "whole-way", "models", "made_due_by_hand"
_VERSIONS = 10_000
"""That the reconcile function lists, each with an item."""

_RUNS = 10
"""Of what a schedule or a person repeats: the function is warm after the first."""


class Way:
    """A file's way, on tables with streams."""

    def __init__(self, parts: LocalParts, shown: Progress) -> None:
        self._parts, self._shown, self._read = parts, shown, 0
        self._upload = UploadStage(parts, shown)
        self._models = create_table(parts.aws, "ModelsTable", _MODELS).name
        parts.aws.client("s3").create_bucket(Bucket="results")
        parts.aws.client("s3").put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        self._topic = parts.aws.client("sns").create_topic(Name="people")["TopicArn"]
        self._queue = parts.aws.client("sqs").create_queue(QueueName="kept")["QueueUrl"]

    def steps(self, files: int) -> dict[str, Any]:
        """Bring files the whole way; return what each step took, by name."""
        sent, _ = self._upload.send(_JOBS, [SMALL_FILE] * files, stream=True)
        records = [self._new_records()]
        checked = self._run("track")
        records.append(self._new_records())
        self._make_due()
        finished = self._run("track")
        records.append(self._new_records())
        idle_track = self._run("track")
        changes = [record for some in records for record in some]
        announced = self._parts.run("announce", [{"Records": [record]} for record in changes], self._variables())
        view = json.loads((REPOSITORY / "events" / "page_widget.json").read_text())
        return {
            "upload": _step(sent, files, records[0]),
            "check": _step(checked, files, records[1], idle_track),
            "finish": _step(finished, files, records[2], idle_track),
            "announce": _step(announced, len(changes)),  # one by one, as they come when files come one by one
            "idle upload": _step(self._run("upload", {"action": "record-dead-letters"}, _RUNS), _RUNS),
            "idle track": _step(self._run("track", {}, _RUNS), _RUNS),
            "watch": _step(self._run("watch"), 1),
            "reconcile": _step(self._run("reconcile"), 1),
            "version": _step(measure(self._parts, self._shown, "known", _VERSIONS).run, _VERSIONS),
            "page": _step(self._run("page", view, _RUNS), _RUNS),
        }

    def _run(self, function: str, event: Mapping[str, Any] | None = None, times: int = 1) -> Run:
        return self._parts.run(function, [event or {}] * times, {**self._upload.variables(_JOBS), **self._variables()})

    def _make_due(self) -> None:
        """Let all jobs be finished at the service, and due."""
        table = self._parts.aws.dynamodb().Table(_JOBS)
        for item in table.scan()["Items"]:
            self._parts.service.report_status(str(item["retrain_job_id"]), "job_finished")
            table.update_item(
                Key={name: item[name] for name in ("object_uri", "object_version")},
                UpdateExpression=f"SET next_check_at = :due, {_BY_HAND} = :yes",
                ExpressionAttributeValues={":due": 1, ":yes": True},
            )

    def _new_records(self) -> list[dict[str, Any]]:
        """Return the stream's records since the last time, as Lambda hands them in, without those of `_make_due`."""
        table, streams = self._parts.aws.dynamodb().Table(_JOBS), self._parts.aws.client("dynamodbstreams")
        found = list(_records_of(streams, str(table.latest_stream_arn)))
        new, self._read = found[self._read :], len(found)
        return [record for record in new if not _is_by_hand(record["dynamodb"])]

    def _variables(self) -> dict[str, str]:
        arn = "arn:aws:lambda:us-east-1:000000000000:function"
        return {
            "ANNOUNCE_DEAD_LETTER_QUEUE_URL": self._queue,
            "LANDING_BUCKET_NAME": BUCKET,
            "MAX_TRAINING_HOURS": "48",
            "MODELS_TABLE_NAME": self._models,
            "NOTIFICATION_TOPIC_ARN": self._topic,
            "RECONCILE_DAYS": "7",
            "RESULTS_BUCKET_NAME": "results",
            "SWITCH_FUNCTION_ARN": f"{arn}:switch",
            "SWITCH_FUNCTION_NAME": "switch",
            "SWITCH_POLICY": "Manual",
            "TRACK_INTERVAL_MINUTES": "5",
            "UPLOAD_FUNCTION_ARN": f"{arn}:upload",
            "UPLOAD_FUNCTION_NAME": "upload",
        }


def _is_by_hand(written: Mapping[str, Any]) -> bool:
    return bool(written.get("OldImage", {}).get(_BY_HAND) != written["NewImage"].get(_BY_HAND))


def _records_of(streams: Any, stream_arn: str) -> Iterator[dict[str, Any]]:
    for shard in streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]["Shards"]:
        of_shard = {"StreamArn": stream_arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = streams.get_shard_iterator(**of_shard)["ShardIterator"]
        while (page := streams.get_records(ShardIterator=iterator))["Records"]:
            for record in page["Records"]:
                at = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
                yield {**record, "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": at}}
            iterator = page["NextShardIterator"]


def _step(run: Run, number: int, records: Sequence[Mapping[str, Any]] = (), idle: Run | None = None) -> dict[str, Any]:
    """Return what one of `number` took: a run of the track function also takes what it takes without any."""
    indexes = template()["Resources"]["JobsTable"]["Properties"]["GlobalSecondaryIndexes"]
    units = sum(write_units(_image(one, "OldImage"), _image(one, "NewImage"), indexes) for one in records)
    warm = (run.cpu_seconds - run.first_cpu_seconds) / (number - 1) if run.invocations > 1 else run.cpu_seconds / number
    calls = {name: (count - (idle.calls.get(name, 0) if idle else 0)) / number for name, count in run.calls.items()}
    return {
        "cpu_seconds": round(warm if not idle else max(0, run.cpu_seconds - idle.cpu_seconds) / number, 5),
        "first_cpu_seconds": round(run.first_cpu_seconds, 3),
        "start_cpu_seconds": round(run.start_cpu_seconds, 3),
        "peak_memory_mib": round(run.peak_memory_bytes / 1024**2, 1),
        "log_bytes": round((run.log_bytes - (idle.log_bytes if idle else 0)) / number),
        "calls": {name: round(count, 3) for name, count in sorted(calls.items()) if count},
        "writes": round(len(records) / number, 2),
        "write_units": round(units / number, 2),
        "item_bytes": size_bytes(_image(records[-1], "NewImage")) if records else 0,
    }


def _image(record: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    image: Mapping[str, Mapping[str, Any]] = record["dynamodb"].get(name, {})
    return image
