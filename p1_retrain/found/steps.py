"""What a next step is, and what it depends on; and the steps that fix what keeps a file from the service."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from p1_retrain.stack import Stack
from retrain.moments import iso_utc_at
from retrain.operator_commands import p1_retrain

Item = Mapping[str, Any]


@dataclass(frozen=True)
class NextStep:
    """What comes next.

    Attributes
    ----------
    text
        In a sentence or two.
    at
        When: ISO 8601, UTC; None if it is not known, or nothing comes.
    commands
        What a person runs, in this order; empty if nothing is to be run.
    needs_person
        Whether nothing good happens without a person.
    """

    text: str
    at: str | None = None
    commands: tuple[str, ...] = ()
    needs_person: bool = False


@dataclass(frozen=True)
class About:
    """What a step depends on.

    Attributes
    ----------
    stack
        The stack.
    item
        The file's item.
    live
        The models table's item of its model; empty if no job is live.
    returns_at
        When its message returns, as the log says; None if it does not.
    """

    stack: Stack
    item: Item
    live: Item
    returns_at: str | None = None

    @property
    def uri(self) -> str:
        """Return the file's URI."""
        return str(self.item["object_uri"])

    @property
    def job(self) -> str:
        """Return its retrain job."""
        return str(self.item.get("retrain_job_id", ""))

    def command(self, *words: str) -> str:
        """Return a command of ours for this stack."""
        return p1_retrain(self.stack.name, *words)

    def at(self, attribute: str) -> str | None:
        """Return an attribute in epoch seconds as ISO 8601."""
        value = self.item.get(attribute)
        return None if value is None else iso_utc_at(float(value))


def land_again(uri: str) -> str:
    """Return the command that makes a new version of a file out of itself; of a dataset's folder, of each file."""
    recursive = ("--recursive",) if uri.endswith("/") else ()
    return shlex.join(["aws", "s3", "cp", uri, uri, "--metadata-directive", "REPLACE", *recursive])


def _no_key(about: About) -> tuple[str, tuple[str, ...]]:
    model = str(about.item.get("model"))
    return (
        f"The secret {about.stack.secret_prefix}/{model} has no API key. Create it, or let its rotation issue one.",
        (about.command("keys", "add", model, "--model-id", "ID"),),
    )


def _key_refused(about: About) -> tuple[str, tuple[str, ...]]:
    model = str(about.item.get("model"))
    return (
        f"Prediction One refuses the API key in {about.stack.secret_prefix}/{model}. Store or issue a new one.",
        (about.command("keys", "rotate", model),),
    )


def _unreadable_object(_: About) -> tuple[str, tuple[str, ...]]:
    return "S3 refuses the read. Check the bucket's policy and the KMS key's policy.", ()


FIXES: dict[str, Callable[[About], tuple[str, tuple[str, ...]]]] = {
    "API_KEY_UNAVAILABLE": _no_key,
    "API_KEY_REJECTED": _key_refused,
    "OBJECT_UNREADABLE": _unreadable_object,
}
"""What a person does about an error that attempts alone do not get over, by its code."""
