"""Records of the jobs table's stream: the sample, made to tell of any change, and those of a real table."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from tests.conftest import EVENTS

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

Item = Mapping[str, Any]


def sample_event() -> dict[str, Any]:
    """Return the sample event: a job goes from TRAINING to FINISHED."""
    event: dict[str, Any] = json.loads((EVENTS / "announce_stream.json").read_text(encoding="utf-8"))
    return event


def sample_job(**changes: Any) -> dict[str, Any]:
    """Return the sample's item after its change, with other values if asked for; None leaves one out."""
    image = sample_event()["Records"][0]["dynamodb"]["NewImage"]
    job = {name: TypeDeserializer().deserialize(value) for name, value in image.items()} | changes
    return {name: value for name, value in job.items() if value is not None}


def stream_event(*changes: tuple[Item | None, Item | None]) -> dict[str, Any]:
    """Return the sample event, telling of changes, each an item before and after; their numbers count from 1."""
    event = sample_event()
    (sample,) = event["Records"]
    event["Records"] = [_record(sample, str(number), *change) for number, change in enumerate(changes, 1)]
    return event


def records_of(streams: DynamoDBStreamsClient, stream_arn: str) -> Iterator[dict[str, Any]]:
    """Give all records of a real stream, as Lambda hands them in."""
    for shard in streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=stream_arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while (page := streams.get_records(ShardIterator=iterator))["Records"]:
            for record in page["Records"]:
                written = record["dynamodb"]
                at = written["ApproximateCreationDateTime"].timestamp()
                yield {**record, "dynamodb": {**written, "ApproximateCreationDateTime": at}}
            iterator = page["NextShardIterator"]


def _record(sample: dict[str, Any], number: str, before: Item | None, after: Item | None) -> dict[str, Any]:
    record = copy.deepcopy(sample)
    record["eventName"] = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    written = record["dynamodb"]
    written["SequenceNumber"] = number
    for name, item in (("OldImage", before), ("NewImage", after)):
        del written[name]
        if item is not None:
            written[name] = {key: TypeSerializer().serialize(value) for key, value in item.items()}
    return record
