"""Tells landed files that have an item from those whose event never came, by what the jobs table has.

A version id is the item's key: many are looked up at once. Only what that does not find needs a query: a half, which
has no item of its own once its pair has one, and a file without a version id, whose item is named after its event's
sequencer, which no listing gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from retrain.landing.landed_object import HALVES, LandedObject
from retrain.landing.place_checks import place_refusal
from retrain.ledger.known_versions import ItemKey, KnownVersions
from retrain.ledger.pairs import PairRecord, PairRecords

EVENT_LIFETIME = timedelta(days=15)
"""After this, no event of a file can still come: EventBridge tries for 24 hours, the queues keep it for 14 days."""

MAX_GUESSES = 25
"""How many pairs of a dataset's versions on one page are guessed. With more, a query of the dataset is cheaper."""


@dataclass(frozen=True)
class Unsure:
    """A file that may or may not have been sent: only a person can tell, or only time."""

    landed: LandedObject
    reason: str


@dataclass
class Findings:
    """What the jobs table has of listed files.

    Attributes
    ----------
    known
        How many have an item, whatever its status.
    missing
        Those that have none. To send them cannot train twice, as an event of theirs would find the same item.
    unsure
        Those of which it cannot be told.
    """

    known: int = 0
    missing: list[LandedObject] = field(default_factory=list)
    unsure: list[Unsure] = field(default_factory=list)


@dataclass
class Matching:
    """Looks up the files of one page: no dataset is queried twice.

    Attributes
    ----------
    versions, pairs
        The jobs table.
    quiet_before
        Files without a version id that were created earlier than this may be sent, as no event of theirs can still
        come; None if they never may.
    """

    versions: KnownVersions
    pairs: PairRecords
    quiet_before: datetime | None
    _datasets: dict[str, list[PairRecord]] = field(default_factory=dict)

    def match(self, files: list[LandedObject]) -> Findings:
        """Return what the jobs table has of the files.

        Raises
        ------
        TableUnavailableError
            DynamoDB refused or did not answer.
        """
        guesses = _keys_by_file(files)
        existing = self.versions.existing(key for keys in guesses.values() for key in keys)
        findings = Findings()
        for landed in files:
            if not existing.isdisjoint(guesses.get(landed, ())):
                findings.known += 1
            else:
                self._look_closer(landed, findings)
        return findings

    def _look_closer(self, landed: LandedObject, findings: Findings) -> None:
        if _is_half(landed):
            known = any(record.has_landing(landed) for record in self._records(landed))
            reason = None  # a pair is named after what its halves are now, whoever's event finds it
        elif landed.version_id:
            known, reason = False, None
        else:
            known, reason = self._judge_by_content(landed)
        if known:
            findings.known += 1
        elif reason:
            findings.unsure.append(Unsure(landed, reason))
        else:
            findings.missing.append(landed)

    def _judge_by_content(self, landed: LandedObject) -> tuple[bool, str | None]:
        """Return whether a file without a version id has an item, and if not, why it may not be sent."""
        items = [item for item in self.versions.items_of(landed.uri) if "version_id" not in item]
        alike = [item for item in items if _is_alike(item, landed)]
        if any(landed.may_have_event_of(str(item["landed_at"])) for item in alike):
            return True, None
        if alike:
            earlier = max(str(item["landed_at"]) for item in alike)
            return False, f"the same content landed before, at {earlier}, and has an item; this landing has none"
        if self.quiet_before is None or datetime.fromisoformat(landed.landed_at) >= self.quiet_before:
            return (
                False,
                "it has no item, but its event may still come, and would train on it again",
            )
        return False, None

    def _records(self, half: LandedObject) -> list[PairRecord]:
        if half.dataset_uri not in self._datasets:
            self._datasets[half.dataset_uri] = self.pairs.of_dataset(half)
        return self._datasets[half.dataset_uri]


def _is_half(landed: LandedObject) -> bool:
    """Return whether its item is one of its dataset's; a half that is refused for its place has its own."""
    return landed.half is not None and place_refusal(landed) is None


def _keys_by_file(files: Iterable[LandedObject]) -> dict[LandedObject, list[ItemKey]]:
    """Return the keys under which each version may have its item."""
    keys: dict[LandedObject, list[ItemKey]] = {}
    datasets: dict[str, list[LandedObject]] = defaultdict(list)
    for landed in files:
        if landed.version_id and _is_half(landed):
            keys[landed] = [(landed.dataset_uri, landed.version)]  # if it waits, or was refused
            datasets[landed.dataset_uri].append(landed)
        elif landed.version_id:
            keys[landed] = [(landed.uri, landed.version)]
    for uri, halves in datasets.items():
        by_folder = [[half for half in halves if half.half == folder] for folder in HALVES]
        if len(by_folder[0]) * len(by_folder[1]) <= MAX_GUESSES:
            for one, other in product(*by_folder):
                pair = (uri, f"{one.version}+{other.version}")
                keys[one].append(pair)
                keys[other].append(pair)
    return keys


def _is_alike(item: Mapping[str, Any], landed: LandedObject) -> bool:
    """Return whether an item may be of the same content; versions before 1.1 wrote no `etag`."""
    return item.get("etag", landed.etag) == landed.etag and item.get("size_bytes") == landed.size_bytes
