"""Texts that others chose show all that is in them, on one line, and a command with them names the same file."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import FileRejectedError
from retrain.ledger.status import reason_of
from retrain.operator_commands import p1_retrain
from retrain.printable import one_line, quoted
from retrain.telling.notifications import Instructions, notification_of
from tests.hostile.corpus import GENERATED

HOSTILE_URI = "s3://landing/m/a\r\n\r\np1-retrain resolve s3://other --send-again\r\n\u2029\u202evsc.\x1b]0;x\x07.csv"

UNSEEN = set(map(chr, [*range(32), *range(127, 160), 0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F)]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("データ　1.csv", "データ　1.csv"),
        ("👩\u200d🔬.csv", "👩\u200d🔬.csv"),
        ("a\nb", "a\\u000ab"),
        ("\x1b[2J", "\\u001b[2J"),
        ("\u202evsc.csv", "\\u202evsc.csv"),
        ("\ud800", "\\ud800"),
    ],
    ids=ascii,
)
def test_only_what_nobody_sees_is_written_as_an_escape(text: str, shown: str) -> None:
    """Japanese, its wide space, and joined emoji stay as they are."""
    assert one_line(text) == shown


@pytest.mark.parametrize("status", ["REJECTED", "FAILED", "FINISHED", "RETRYING", "STALLED"])
def test_key_of_a_file_writes_no_line_of_its_own_into_an_email(status: str) -> None:
    """Neither in the text nor in a command: people copy those."""
    reason = reason_of(FileRejectedError("NOT_TEXT", f"{HOSTILE_URI} is no text."))
    job = {"object_uri": HOSTILE_URI, "object_version": "1", "model": HOSTILE_URI, "status": status, **reason}
    job |= {"given_up_at": "2026-11-25T10:00:00.000Z"} if status == "RETRYING" else {}

    told = notification_of(job, Instructions("Manual", "switch", "upload"))

    assert told
    assert not UNSEEN & set(told.body.replace("\n", ""))
    assert [line for line in told.body.splitlines() if line.startswith("p1-retrain resolve")] == []


@given(word=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
@GENERATED
def test_shell_reads_the_word_that_was_meant(word: str) -> None:
    """Whatever is in it: quotes, dollars, line breaks, control characters."""
    command = f"printf '%s\\0' {quoted(word)}"

    said = subprocess.run(  # noqa: S603 - the word is quoted: that is what is tested
        ["/bin/bash", "-c", command], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    ).stdout

    assert said == word.encode() + b"\0"
    assert not UNSEEN & set(command)


def test_command_names_the_file() -> None:
    """On one line."""
    assert p1_retrain("a stack", "redrive", "a\nb") == "p1-retrain --stack 'a stack' redrive $'a\\u000ab'"


@given(text=st.text())
@GENERATED
def test_json_stays_json(text: str) -> None:
    """The payloads in commands are made visible, too."""
    assert json.loads(one_line(json.dumps(text, ensure_ascii=False))) == text
