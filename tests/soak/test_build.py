"""Whoever builds the same commit deploys the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from local.built_functions import FUNCTIONS
from local.sam import build


def tree_hash(directory: Path) -> str:
    """Return a hash of all files below a directory, by name and content, without the template, which has its path."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and path.name != "template.yaml")
    lines = [f"{path.relative_to(directory)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_two_builds_are_the_same(tmp_path: Path) -> None:
    """In directories of different names."""
    first, second = (build(tmp_path / name).parent for name in ("first", "the second"))

    assert tree_hash(first) == tree_hash(second)
    assert (first / "template.yaml").read_text().count("AWS::Serverless::Function") == len(FUNCTIONS)
