"""Which keys are looked up for which files, and what is kept of those that are missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import pytest

from retrain.landing.landed_object import LandedObject
from retrain.ledger.known_versions import ItemKey, KnownVersions
from retrain.ledger.pairs import PairRecord, PairRecords
from retrain.reconciling.matching import Matching
from retrain.reconciling.sending import Oldest
from tests.conftest import SAMPLE, landed_as

DATASET = "s3://landing-bucket/m/d/"


class Table:
    """A jobs table of a few keys and pairs, which remembers what it was asked."""

    def __init__(self, keys: set[ItemKey], records: list[PairRecord]) -> None:
        self.keys, self.records = keys, records
        self.asked: list[ItemKey] = []
        self.queried: list[str] = []

    def existing(self, keys: Iterable[ItemKey]) -> set[ItemKey]:
        """Return those of the keys that it has."""
        self.asked += keys
        return self.keys & set(self.asked)

    def of_dataset(self, half: LandedObject) -> list[PairRecord]:
        """Return its pairs."""
        self.queried.append(half.dataset_uri)
        return self.records

    def matching(self) -> Matching:
        """Return a matching that looks into this table."""
        return Matching(cast("KnownVersions", self), cast("PairRecords", self), None)


def half(folder: str, version_id: str) -> LandedObject:
    """Return a version of one half of the dataset."""
    return landed_as(f"m/d/{folder}/data.csv", version_id=version_id)


def test_pair_is_guessed_from_the_versions_beside_it() -> None:
    """Each half may wait under its own version, or be in a pair with any version of the other half."""
    table = Table({(DATASET, "t2+e1")}, [])

    findings = table.matching().match([half("eval_src", "e1"), half("train_src", "t2")])

    assert set(table.asked) == {(DATASET, "e1"), (DATASET, "t2"), (DATASET, "t2+e1")}
    assert (findings.known, findings.missing, table.queried) == (2, [], [])


def test_dataset_of_many_versions_is_queried_once() -> None:
    """Thirty versions of each half would be nine hundred guesses."""
    halves = [half(folder, f"{folder}{number}") for folder in ("train_src", "eval_src") for number in range(30)]
    table = Table(set(), [PairRecord("-", "TRAINING", (halves[0], halves[30]))])

    findings = table.matching().match(halves)

    assert (len(table.asked), table.queried) == (60, [DATASET])
    assert (findings.known, len(findings.missing)) == (2, 58)


@pytest.mark.parametrize("name", ["train_src/data.xlsx", "train_src/deeper/data.csv", "data.csv"])
def test_file_that_is_no_half_is_looked_up_by_its_own_key(name: str) -> None:
    """Also one whose folder only looks like a half's: it was refused, in an item of its own."""
    landed = landed_as(f"m/d/{name}")
    table = Table({(landed.uri, landed.version)}, [])

    findings = table.matching().match([landed])

    assert (findings.known, table.asked, table.queried) == (1, [(landed.uri, landed.version)], [])


def test_only_the_oldest_are_kept() -> None:
    """However many are added, and in which order."""
    oldest = Oldest(3)
    moments = [f"2026-11-{day:02}T00:00:00.000Z" for day in (9, 2, 8, 1, 7, 3, 6, 4, 5)]
    for moment in moments:
        oldest.add([replace(SAMPLE, landed_at=moment)])
        assert len(oldest._files) <= 6  # noqa: SLF001 - what is kept is what this is about

    assert [landed.landed_at for landed in oldest.in_order()] == sorted(moments)[:3]
