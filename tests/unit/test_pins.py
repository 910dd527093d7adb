"""What is deployed is pinned, with hashes: what was replaced on an index is not installed. Tools are pinned, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PINNED = (REPOSITORY / "functions" / "requirements.txt").read_text()
ASKED_FOR = re.findall(r"^([\w-]+)[<>=]", (REPOSITORY / "functions" / "requirements.in").read_text(), re.MULTILINE)
TOOLS = sorted(REPOSITORY.glob("requirements*.txt"))
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


@pytest.mark.parametrize("file", TOOLS, ids=lambda file: file.name)
def test_every_tool_has_one_version(file: Path) -> None:
    """Newer versions come as a change that is tested (.github/dependabot.yml), not by themselves."""
    lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
    asked_for = [line for line in lines if line and not line.startswith("-r ")]

    assert asked_for
    assert [line for line in asked_for if not re.fullmatch(r"[\w\[\],-]+==[\w.]+", line)] == []
