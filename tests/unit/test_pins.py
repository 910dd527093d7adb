"""What is deployed is pinned, with hashes: a package that was replaced on its index is not installed."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REPOSITORY

PINNED = (REPOSITORY / "functions" / "requirements.txt").read_text()
ASKED_FOR = re.findall(r"^([\w-]+)[<>=]", (REPOSITORY / "functions" / "requirements.in").read_text(), re.MULTILINE)
ENTRIES = re.findall(r"^(\S.*?)(?=^\S|\Z)", PINNED, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.split()[0])
def test_every_package_has_one_version_and_its_hashes(entry: str) -> None:
    """Also those that others bring."""
    assert re.match(r"[\w-]+==\S+ ", entry)
    assert "--hash=sha256:" in entry


def test_what_is_asked_for_is_pinned() -> None:
    """`make update KEEP=1` makes the one file of the other."""
    assert {name for name in ASKED_FOR if f"\n{name}==" not in f"\n{PINNED}"} == set()
    assert len(ASKED_FOR) > 3
