"""How the template has Lambda hand the stream to the announce function: what its promises of order and time rest on."""

from __future__ import annotations

from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from retrain.aws.clients import CONFIG
from tests.conftest import REPOSITORY

TEMPLATE = yaml_parse((REPOSITORY / "template.yaml").read_text())["Resources"]
FUNCTION: dict[str, Any] = TEMPLATE["AnnounceFunction"]["Properties"]
MAPPING: dict[str, Any] = FUNCTION["Events"]["JobsTableStream"]["Properties"]

CALLS_OF_A_RECORD = 4
"""PutEvents and Publish, and a dead letter for each."""

STREAM_KEEPS_SECONDS = 24 * 3600


def test_retried_change_holds_up_a_part_of_its_shard() -> None:
    """Lambda runs several batches of a shard at once; a batch that fails is repeated from the change that failed."""
    assert MAPPING["ParallelizationFactor"] > 1
    assert MAPPING["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert MAPPING["BisectBatchOnFunctionError"]


def test_job_is_one_item() -> None:
    """Lambda keeps the order per item then, partition and sort key together: the order that is promised, per job."""
    keys = [key["AttributeName"] for key in TEMPLATE["JobsTable"]["Properties"]["KeySchema"]]

    assert keys == ["object_uri", "object_version"]


def test_record_is_given_up_before_the_stream_drops_it() -> None:
    """Only Lambda tells the dead-letter queue."""
    assert MAPPING["MaximumRecordAgeInSeconds"] < STREAM_KEEPS_SECONDS
    assert MAPPING["DestinationConfig"]["OnFailure"]["Type"] == "SQS"


def test_calls_of_a_record_fit_into_an_invocation() -> None:
    """Each at its longest: the SDK's attempts, and the pauses between them, of up to 1 s, 2 s and so on doubling."""
    config: Any = CONFIG
    attempts: int = config.retries["total_max_attempts"]
    call_seconds = attempts * (config.connect_timeout + config.read_timeout) + 2 ** (attempts - 1) - 1

    assert CALLS_OF_A_RECORD * call_seconds < FUNCTION["Timeout"]
