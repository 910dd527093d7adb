"""`make scan` passes in a fresh clone, and finds what somebody plants there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

ENVIRONMENTS = (".venv", ".venv-sam", ".venv-lambda", ".venv-scan")
SECRET = "API_KEY = '5ec4e7-mine'\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Clone the repository; what `make setup` installs is this one's."""
    run(tmp_path, "git", "clone", "--quiet", str(REPOSITORY), "clone")
    for name in ENVIRONMENTS:
        (tmp_path / "clone" / name).symlink_to((REPOSITORY / name).resolve())
    return tmp_path / "clone"


def run(directory: Path, *command: str) -> tuple[int, str]:
    """Return the exit status and the output of a command."""
    identity = {
        f"GIT_{role}_{what}": "tests@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(  # noqa: S603 - git and make, in a directory of this test
        command,
        cwd=directory,
        env={**os.environ, **identity},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def scan(clone: Path) -> tuple[int, str]:
    """Run `make scan` without `make setup`, which would install into the environments that this test runs in."""
    return run(clone, "make", "--old-file", "setup", "scan")


def replace(clone: Path, name: str, pattern: str, replacement: str) -> None:
    """Replace the first match in a file; there must be one."""
    text = (clone / name).read_text()
    changed = re.sub(pattern, replacement, text, count=1)
    assert changed != text
    (clone / name).write_text(changed)


def key_in_a_file(clone: Path) -> None:
    """Leave a key in a file that is not committed yet."""
    (clone / "p1_retrain" / "mine.py").write_text(SECRET)


def key_in_an_old_commit(clone: Path) -> None:
    """Commit a key, and remove it again."""
    key_in_a_file(clone)
    run(clone, "git", "add", "p1_retrain/mine.py")
    run(clone, "git", "commit", "--message", "Add mine")
    run(clone, "git", "rm", "p1_retrain/mine.py")
    run(clone, "git", "commit", "--message", "Remove mine")


def unpinned_dependency(clone: Path) -> None:
    """Deploy whatever version is there."""
    replace(clone, "functions/requirements.txt", r"(?ms)^six==.+?(?=^\S)", "six>=1\n")


def unpinned_tool(clone: Path) -> None:
    """Take whatever version is there."""
    replace(clone, "requirements.txt", r"ruff==\S+", "ruff")


def every_action(clone: Path) -> None:
    """Allow a function everything."""
    replace(clone, "template.yaml", r"Action: dynamodb:BatchGetItem(\n +)Resource: .*", r'Action: "*"\1Resource: "*"')


def one_action_more(clone: Path) -> None:
    """Allow the page function what it does not need."""
    replace(clone, "template.yaml", r"Action: dynamodb:BatchGetItem", "Action: [dynamodb:BatchGetItem, dynamodb:Scan]")


def bucket_without_a_block(clone: Path) -> None:
    """Let a bucket become public."""
    replace(clone, "template.yaml", r"      PublicAccessBlockConfiguration:\n.*\n", "")


def bucket_for_everybody(clone: Path) -> None:
    """Allow everybody to read a bucket."""
    replace(
        clone,
        "template.yaml",
        r'Effect: Deny(\s+)Principal: "\*"(\s+)Action: s3:\*',
        r'Effect: Allow\1Principal: "*"\2Action: s3:*',
    )


PLANTED: dict[Callable[[Path], None], str] = {
    key_in_a_file: "Secret Keyword: p1_retrain/mine.py, as it is now",
    key_in_an_old_commit: "Secret Keyword: p1_retrain/mine.py, commit ",
    unpinned_dependency: "six>=1 has no version or no hash",
    unpinned_tool: "test_every_tool_has_one_version[requirements.txt]",
    every_action: "CKV_AWS_111",
    one_action_more: "test_page_shows_the_policies_as_they_are",
    bucket_without_a_block: "CKV_AWS_54",
    bucket_for_everybody: "test_page_shows_the_policies_as_they_are",
}
"""What is planted, and what of it `make scan` names."""


def test_clone_passes(clone: Path) -> None:
    """And leaves the bill of materials."""
    status, told = scan(clone)

    assert status == 0, told
    assert (clone / "build" / "sbom.json").exists()


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found(clone: Path, plant: Callable[[Path], None]) -> None:
    """By name."""
    plant(clone)

    status, told = scan(clone)

    assert status != 0
    assert PLANTED[plant] in told
