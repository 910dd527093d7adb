"""Texts that others have chosen, such as the key of a landed file, for people and terminals to read safely.

A key may hold a line break, which would begin a paragraph of its own in an e-mail, a terminal's escape sequences, or
marks that show the rest of a line backwards.
"""

from __future__ import annotations

import re
import shlex

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line breaks of any kind, what reorders text (Unicode's UAX #9), and halves of characters."""


def one_line(text: str) -> str:
    r"""Return a text on one line: what nobody would see is written as an escape, for example `\u202e`."""
    return _HIDDEN.sub(_escape, text)


def quoted(word: str) -> str:
    r"""Return a word for a shell: on one line, with bash's and zsh's `$'...'` if it holds what nobody would see."""
    if not _HIDDEN.search(word):
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + one_line(escaped) + "'"


def _escape(found: re.Match[str]) -> str:
    """Return the escape that JSON, Python and shells read."""
    return f"\\u{ord(found[0]):04x}"
