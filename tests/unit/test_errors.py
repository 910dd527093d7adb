"""The error tree is what its drawing says, and every error says whether trying again is safe."""

from __future__ import annotations

import inspect
import re

import pytest

from retrain import errors
from retrain.errors import FileRejectedError, RetrainError

_BRANCH = re.compile(r"^(?P<indent>[ │]*)(?:├── |└── )(?P<name>\w+)  ", re.MULTILINE)
_UNSAFE = ("Never retried", "Final", "Not safe to send again")


def _classes() -> list[type[RetrainError]]:
    found = inspect.getmembers(errors, inspect.isclass)
    return [cls for _, cls in found if issubclass(cls, RetrainError)]


def _drawn_parents() -> dict[str, str]:
    """Return the parent of each class in the drawing."""
    line_of_ancestors = {0: "RetrainError"}
    parents = {}
    for branch in _BRANCH.finditer(errors.__doc__ or ""):
        depth = len(branch["indent"]) // 4 - 1
        parents[branch["name"]] = line_of_ancestors[depth]
        line_of_ancestors[depth + 1] = branch["name"]
    return parents


LEAVES = [cls for cls in _classes() if not cls.__subclasses__()]


def test_drawing_shows_every_class_below_its_parent() -> None:
    """The tree on top of the file can't be out of date."""
    inherited = {cls.__name__: cls.__mro__[1].__name__ for cls in _classes() if cls is not RetrainError}

    assert _drawn_parents() == inherited


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_leaf_says_whether_a_retry_is_safe(leaf: type[RetrainError]) -> None:
    """Its docstring and its `retry_is_safe` agree."""
    docstring = inspect.getdoc(leaf) or ""

    says_safe = "Safe to retry" in docstring
    says_unsafe = any(phrase in docstring for phrase in _UNSAFE)
    assert (says_safe, says_unsafe) == (leaf.retry_is_safe, not leaf.retry_is_safe)


def test_every_leaf_has_a_code_of_its_own() -> None:
    """The `error_code` in the jobs table tells what happened; a refused file's code comes with each refusal."""
    codes = [leaf.code for leaf in LEAVES if leaf is not FileRejectedError]

    assert len(set(codes)) == len(codes)
    assert RetrainError.code not in codes


def test_only_what_proves_that_nothing_was_stored_says_so() -> None:
    """Whoever says so lets the job's id be forgotten: a wrong word here would train on a file twice."""
    proofs = {leaf.code for leaf in LEAVES if leaf.nothing_stored}

    of_the_upload = {"UPLOAD_URL_EXPIRED", "UPLOAD_REFUSED", "UPLOAD_INTERRUPTED"}
    assert proofs == of_the_upload | {"OBJECT_SUPERSEDED", "OBJECT_UNREADABLE", "NO_TIME_LEFT"}


def test_wait_that_was_asked_for_is_kept() -> None:
    """It is None unless the other side named one."""
    assert RetrainError("x").retry_after_seconds is None
    assert RetrainError("x", retry_after_seconds=7).retry_after_seconds == 7
