"""A secret that was ever committed is found, and not shown; what is none is allowed, with a reason that holds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

# Put together here, or the search would find them in this file.
PLANTED = {
    "api_key.json": '{"api_key": "' + "5ec4e7" * 6 + '"}',
    "secret_key.py": "SECRET_KEY = '" + "5ec4e7-of-the-account'",
    "notes.md": "The token: `" + "hunter2" + "hunter2`",
    "aws.txt": "AKIA5EC4E7" * 2,
    "key.pem": "\n".join(["-----BEGIN {0}-----", "MIIE5ec4e7" * 4, "-----END {0}-----"]).format("RSA " + "PRIVATE KEY"),
}


def git(repository: Path, *arguments: str) -> None:
    """Run git as somebody."""
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
    command = ["git", "-C", str(repository), *identity, *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - git, in a directory of this test


def commit(repository: Path) -> None:
    """Commit everything."""
    git(repository, "add", "--all")
    git(repository, "commit", "--message", "a commit")


def search(repository: Path) -> tuple[int, str]:
    """Return the exit status and the output of what `make scan` runs."""
    command = [str(REPOSITORY / ".venv-scan" / "bin" / "python"), "-m", "local.scan.leaks"]
    done = subprocess.run(  # noqa: S603 - our own program
        command, cwd=repository, env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository with a commit and no secret."""
    git(tmp_path, "init", "--initial-branch", "master")
    (tmp_path / "README.md").write_text("Nothing to see.\n")
    commit(tmp_path)
    return tmp_path


def test_secret_of_any_kind_is_found(repository: Path) -> None:
    """In files that git does not know yet; a lint exception in its line helps nothing."""
    for name, text in PLANTED.items():
        (repository / name).write_text(f"{text} # pragma: allowlist secret\n")

    status, told = search(repository)

    assert status == 1
    assert [name for name in PLANTED if f" {name}, as it is now" not in told] == []
    assert "hunter2" not in told


def test_secret_that_was_removed_is_found_in_its_commit(repository: Path) -> None:
    """Whoever has a clone has it, also if only a merge ever had it."""
    (repository / "key.json").write_text(PLANTED["api_key.json"])
    commit(repository)
    (repository / "key.json").unlink()
    commit(repository)
    git(repository, "checkout", "-b", "other", "HEAD~1")
    git(repository, "merge", "--no-commit", "--no-ff", "--strategy", "ours", "master")
    (repository / "merged.md").write_text(PLANTED["notes.md"])
    commit(repository)
    (repository / "merged.md").unlink()
    git(repository, "rm", "key.json")
    commit(repository)

    status, told = search(repository)

    assert status == 1
    assert " key.json, commit " in told
    assert " merged.md, commit " in told


def test_reason_allows_its_value_at_its_place_alone(repository: Path) -> None:
    """And one that is not needed any more is a hole."""
    (repository / "notes.md").write_text(PLANTED["notes.md"])
    allowed = "[[allowed]]\nwhere = '{}'\nwhat = 'hunter2.*'\nwhy = 'a password of nobody'\n"

    (repository / ".secrets-allowed.toml").write_text(allowed.format("notes.md"))
    assert search(repository) == (0, "0 secrets in the files and in 1 commits.\n")

    (repository / "tests").mkdir()
    (repository / "tests" / "notes.md").write_text(PLANTED["notes.md"])
    status, told = search(repository)
    assert status == 1
    assert " tests/notes.md, as it is now" in told

    (repository / ".secrets-allowed.toml").write_text(allowed.format("elsewhere.md"))
    status, told = search(repository)
    assert status == 1
    assert " notes.md, as it is now" in told
    assert "allows what is not there: a password of nobody" in told
