"""What the documentation points at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    """Links, and files of this repository in code marks; a `*` stands for at least one file."""
    text = document.read_text()
    links = [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in target]
    named = re.findall(r"`((?:tests|functions|docs|local|events|benchmarks)/[\w./*-]+)`", text)

    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [name for name in named if not list(REPOSITORY.glob(name))]

    assert missing == []
