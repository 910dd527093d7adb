"""A change that was made, in a sentence."""

from __future__ import annotations

from rich.text import Text

from p1_retrain.found.results import Done


def view(done: Done) -> Text:
    """Return the sentence."""
    return Text(done.text, style="green")
