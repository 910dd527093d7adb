"""A landed version and a ledger at a fixed time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import Claim, JobLedger
from tests.conftest import landed_as

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

NOW = 1_795_395_723.25
NOW_TEXT = "2026-11-23T01:02:03.250Z"


@pytest.fixture
def landed(model: str) -> LandedObject:
    """Give a landed version that the table does not know yet."""
    return landed_as(f"{model}/a.csv")


@pytest.fixture
def ledger(jobs_table: Table) -> JobLedger:
    """Give the ledger, at a fixed time."""
    return JobLedger(jobs_table, clock=lambda: NOW)


def item_of(table: Table, landed: LandedObject) -> dict[str, Any]:
    """Return the item of a landed version."""
    key = {"object_uri": landed.uri, "object_version": landed.version}
    return table.get_item(Key=key, ConsistentRead=True)["Item"]


def claimed(ledger: JobLedger, landed: LandedObject, owner: str = "first", seconds: float = 900) -> Claim:
    """Return a claim with a lease of so many seconds."""
    claim = ledger.claim(landed, owner, NOW + seconds)
    assert claim
    return claim
