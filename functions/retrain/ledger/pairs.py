"""The items of a dataset's folder: its pairs, and halves that wait for the other half.

A waiting half is an item of the folder, with its own version. It is written *before* the function looks for the other:

    A  lands ─ write WAITING(A) ─ look: no B ┄┄ stays WAITING
    B                   lands ─ write WAITING(B) ─ look: A and B ─ claim the pair ─ remove WAITING(A), WAITING(B)

If it were written after, A's late write could leave a WAITING item of a half that was already sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, ConditionFailed, table_errors, update
from retrain.errors import RetrainError
from retrain.landing.landed_object import HALVES, LandedObject
from retrain.landing.landed_pair import LandedPair, half_attributes, halves_in, same_landing
from retrain.ledger.item import landing_attributes, refusal
from retrain.ledger.status import GIVEN_UP, PENDING, REASON, Status, reason_of
from retrain.moments import iso_utc_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_WAITS = Condition("#status = :waiting", {":waiting": Status.WAITING})
_WAITS_UNTOLD = Condition(f"{_WAITS.expression} AND attribute_not_exists(given_up_at)", _WAITS.values)

# Race: a repeated event of a half that was refused since its first delivery. It must not wait again.
_MAY_WAIT = Condition("attribute_not_exists(#status) OR #status = :waiting", {":waiting": Status.WAITING})


@dataclass(frozen=True)
class PairRecord:
    """One item of a dataset's folder.

    Attributes
    ----------
    version, status
        The item's `object_version` and `status`.
    halves
        One half if it waits or was refused, both for a pair.
    """

    version: str
    status: str
    halves: tuple[LandedObject, ...]

    @property
    def pair(self) -> LandedPair | None:
        """Return the pair; None for a half."""
        return LandedPair(*self.halves) if len(self.halves) == len(HALVES) else None

    @property
    def waits(self) -> bool:
        """Return whether it is a half that waits."""
        return self.status == Status.WAITING

    def has(self, half: LandedObject) -> bool:
        """Return whether this version of the half is in it; without version ids, the same content."""
        return any(same_landing(half, own) for own in self.halves)

    def has_landing(self, half: LandedObject) -> bool:
        """Return whether this version of the half is in it; without version ids, the same content of the same time."""
        if half.version_id:
            return self.has(half)
        return half.version in self.version or any(  # a pair is named after its halves' ETags and times
            same_landing(half, own) and half.may_have_event_of(own.landed_at) for own in self.halves
        )


class PairRecords:
    """Reads and writes these items. Every method raises `TableUnavailableError` if DynamoDB refuses or does not answer.

    Parameters
    ----------
    table
        The DynamoDB table.
    clock
        Returns epoch seconds.
    """

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def of_dataset(self, half: LandedObject) -> list[PairRecord]:
        """Return all items of the half's folder."""
        pages = self._table.meta.client.get_paginator("query").paginate(
            TableName=self._table.name,
            KeyConditionExpression="object_uri = :uri",
            ExpressionAttributeValues={":uri": half.dataset_uri},
            ConsistentRead=True,
        )
        with table_errors(self._table.name, "could not be read"):
            return [_record(item, half) for page in pages for item in page["Items"] if "status" in item]

    def wait(self, half: LandedObject) -> None:
        """Record that a half waits, and for what, unless it was refused before."""
        (other,) = set(HALVES) - {half.half}
        now = iso_utc_at(self._clock())
        changes = {
            "status": Status.WAITING,
            "updated_at": now,
            "waits_for": f"{half.dataset_uri}{other}/",
            **landing_attributes(half),
            **half_attributes([half]),
        }
        try:
            update(
                self._table,
                _key(half, half.version),
                changes,
                when=_MAY_WAIT,
                remove=REASON + GIVEN_UP,
                defaults={"pending_since": now},
            )
        except ConditionFailed:
            return

    def close(self, half: LandedObject, version: str, status: Status, error: RetrainError) -> bool:
        """Record why a waiting half will not be in a pair; return whether it still waited."""
        changes = {"status": status, "updated_at": iso_utc_at(self._clock()), **refusal(error, self._clock())}
        try:
            update(self._table, _key(half, version), changes, when=_WAITS, remove=("waits_for", *PENDING))
        except ConditionFailed:  # another invocation did the same, or put it into a pair
            return False
        return True

    def give_up(self, half: LandedObject, error: RetrainError) -> None:
        """Record that nobody will look for the other half of a waiting half until its message is redriven."""
        now = iso_utc_at(self._clock())
        changes = {"status": Status.WAITING, "updated_at": now, "given_up_at": now, **reason_of(error)}
        with suppress(ConditionFailed):  # told before, or no longer waiting
            update(self._table, _key(half, half.version), changes, when=_WAITS_UNTOLD, remove=PENDING)

    def end_waits(self, pair: LandedPair) -> None:
        """Remove the halves' own items if the pair has its item: no landed file may be without a record."""
        records = self.of_dataset(pair.train_src)
        if not any(record.version == pair.version for record in records):
            return
        for record in records:
            if record.waits and any(record.has(half) for half in pair.halves):
                self._remove(_key(pair.train_src, record.version))

    def _remove(self, key: Mapping[str, str]) -> None:
        condition_failed = self._table.meta.client.exceptions.ConditionalCheckFailedException
        # Race: two invocations end the same wait. The later one finds nothing to remove.
        with table_errors(self._table.name, "refused to delete an item"), suppress(condition_failed):
            self._table.delete_item(
                Key=key,
                ConditionExpression=_WAITS.expression,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=dict(_WAITS.values),
            )


def _record(item: Mapping[str, Any], half: LandedObject) -> PairRecord:
    return PairRecord(item["object_version"], item["status"], tuple(halves_in(item, half)))


def _key(half: LandedObject, version: str) -> dict[str, str]:
    return {"object_uri": half.dataset_uri, "object_version": version}
