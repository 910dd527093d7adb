"""With KmsKeyArn, everything that the stack stores is encrypted with that key; without, as it always was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.template import FilledIn

KEY = "arn:aws:kms:us-east-1:111122223333:key/own"
OTHER_KEY = "arn:aws:kms:us-east-1:111122223333:key/other"
PLAIN, WITH_KEY = FilledIn(), FilledIn(KmsKeyArn=KEY)

Properties = Mapping[str, Any]


def bucket_key(bucket: Properties) -> str | None:
    """Return the key of a bucket's one rule; a bucket key keeps the calls to KMS few."""
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    by_default = rule["ServerSideEncryptionByDefault"]
    key: str | None = by_default.get("KMSMasterKeyID")
    assert (by_default["SSEAlgorithm"], rule.get("BucketKeyEnabled")) == (
        ("aws:kms", True) if key else ("AES256", None)
    )
    return key


KEY_OF: dict[str, Callable[[Properties], str | None]] = {
    "AWS::DynamoDB::Table": lambda of: of["SSESpecification"].get("KMSMasterKeyId"),
    "AWS::Logs::LogGroup": lambda of: of.get("KmsKeyId"),
    "AWS::S3::Bucket": bucket_key,
    "AWS::SNS::Topic": lambda of: of.get("KmsMasterKeyId"),
    "AWS::SQS::Queue": lambda of: of.get("KmsMasterKeyId"),
}
"""Where each type of resource that stores something has its key."""

STORES_NOTHING = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Serverless::Function",  # its environment variables: see Globals
}


def keys_in(template: FilledIn) -> dict[str, str | None]:
    """Return the key of every resource that stores something."""
    return {name: of(properties) for kind, of in KEY_OF.items() for name, properties in template.of_type(kind).items()}


def test_everything_stored_has_the_key() -> None:
    """Tables, queues, topic, logs and both buckets."""
    assert keys_in(WITH_KEY) == dict.fromkeys(keys_in(PLAIN), KEY)
    assert len(keys_in(PLAIN)) == 16


def test_environment_variables_have_the_key() -> None:
    """No function has another one."""
    assert WITH_KEY.function_globals["KmsKeyArn"] == KEY
    assert "KmsKeyArn" not in PLAIN.function_globals
    assert [name for name, of in WITH_KEY.of_type("AWS::Serverless::Function").items() if "KmsKeyArn" in of] == []


@pytest.mark.parametrize("template", [PLAIN, WITH_KEY], ids=["plain", "with key"])
def test_every_type_of_resource_is_looked_at(template: FilledIn) -> None:
    """Whoever adds one says here whether it stores something."""
    assert {one["Type"] for one in template.resources.values()} <= KEY_OF.keys() | STORES_NOTHING


def test_without_the_parameter_nothing_is_encrypted_with_it() -> None:
    """AWS's keys, and for the topic one that the stack makes because CloudWatch needs it."""
    assert {name: key for name, key in keys_in(PLAIN).items() if key} == {"NotificationTopic": "NotificationKey"}
    assert [queue["SqsManagedSseEnabled"] for queue in PLAIN.of_type("AWS::SQS::Queue").values()] == [True] * 3
    assert [table["SSESpecification"]["SSEEnabled"] for table in PLAIN.of_type("AWS::DynamoDB::Table").values()] == [
        True,
        True,
    ]
    assert PLAIN.of_type("AWS::KMS::Key").keys() == {"NotificationKey"}
    assert [name for name in PLAIN.resources if name.startswith("KeyFor")] == []


def test_own_key_takes_the_place_of_the_stacks() -> None:
    """It costs $1 a month; and a queue takes one kind of encryption only."""
    assert WITH_KEY.of_type("AWS::KMS::Key") == {}
    assert "NotificationKey" not in json.dumps(WITH_KEY.resources)
    assert [queue["SqsManagedSseEnabled"] for queue in WITH_KEY.of_type("AWS::SQS::Queue").values()] == [False] * 3


@pytest.mark.parametrize(
    ("parameters", "landing_key"),
    [
        ({}, None),
        ({"KmsKeyArn": KEY}, KEY),
        ({"LandingKmsKeyArn": OTHER_KEY}, OTHER_KEY),
        ({"KmsKeyArn": KEY, "LandingKmsKeyArn": OTHER_KEY}, OTHER_KEY),
    ],
    ids=["none", "own", "landing", "both"],
)
def test_landing_bucket_has_a_key_of_its_own_if_asked_for(parameters: dict[str, str], landing_key: str | None) -> None:
    """The upload function may decrypt with that one; a bucket that was there before is not touched."""
    created, existing = FilledIn(**parameters), FilledIn(**parameters, LandingBucketName="own-bucket")

    assert bucket_key(created.of_type("AWS::S3::Bucket")["LandingBucket"]) == landing_key
    assert "LandingBucket" not in existing.resources
    for template in (created, existing):
        (policy,) = template.of_type("AWS::IAM::Role")["UploadFunctionRole"]["Policies"]
        statements = [one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "DecryptLandedObjects"]
        assert [one["Resource"] for one in statements] == ([landing_key] if landing_key else [])
