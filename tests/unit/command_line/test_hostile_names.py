"""The name of a file does not act on the terminal of whoever looks at it."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import RenderableType

from p1_retrain.found.files import File
from p1_retrain.found.results import Listing
from p1_retrain.operator import as_json
from p1_retrain.shown import files
from p1_retrain.terminal import SafeConsole
from tests.streams import sample_job

URI = "s3://landing/penguins/\x1b]0;owned\x07\x9b2J\u202evsc.csv"


def written(renderable: RenderableType, *, terminal: bool) -> str:
    """Return what is written to a terminal, or to a file."""
    out = io.StringIO()
    SafeConsole(file=out, force_terminal=terminal, width=200).print(renderable)
    return out.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_name_is_shown_and_does_nothing(*, terminal: bool) -> None:
    """As `p1-retrain files` draws it, with colours or without."""
    listing = Listing("penguins", "landing", [File.of(sample_job(object_uri=URI))], is_cut=False)

    shown = written(files.view(listing), terminal=terminal)

    assert "\\u001b]0;owned" in shown
    assert [hidden for hidden in ("\x1b]", "\x07", "\x9b", "\u202e") if hidden in shown] == []
    assert ("\x1b[" in shown) == terminal  # the console's own


def test_json_has_the_same_name() -> None:
    """Programs read it as it is; on a terminal it does nothing."""
    text = as_json(File.of(sample_job(object_uri=URI)))

    assert json.loads(text)["uri"] == URI
    assert text.replace("\n", "").isprintable()
