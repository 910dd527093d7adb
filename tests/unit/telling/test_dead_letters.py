"""A dead letter fits into a message, whatever it is about."""

from __future__ import annotations

import json

import pytest

from retrain.telling.dead_letters import KEPT_CHARACTERS, MAX_LETTER_BYTES, letter_text

NAMES = ("reason", "source", "detail-type", "time", "detail", "object_uri", "object_version")


def test_letter_that_fits_is_kept_whole() -> None:
    """To the last byte."""
    letter = {"body": "x" * (MAX_LETTER_BYTES - len('{"body": ""}'))}

    assert json.loads(letter_text(letter)) == letter


@pytest.mark.parametrize("character", ["x", "\x01", '"', "ペ", "🐧"])
def test_largest_letter_fits(character: str) -> None:
    """Seven texts of any length, of characters that JSON writes in 1 to 12 bytes; short ones stay as they are."""
    letter = dict.fromkeys(NAMES, character * 100000) | {"time": "2026-11-23T01:05:00+00:00"}

    text = letter_text(letter)

    assert len(text) <= MAX_LETTER_BYTES
    assert text.isascii()
    kept = json.loads(text)
    assert kept["time"] == letter["time"]
    assert kept["detail"].startswith(character * (KEPT_CHARACTERS // 2))
    assert f"[... {100_000 - KEPT_CHARACTERS:,} characters are left out here ...]" in kept["detail"]


def test_every_text_at_its_largest_fits() -> None:
    """Also if all seven are long."""
    assert len(letter_text(dict.fromkeys(NAMES, "🐧" * 100000))) <= MAX_LETTER_BYTES
