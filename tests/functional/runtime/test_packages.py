"""The build has what is pinned, and nothing else: so the bill of materials, made of the pins, is the build's."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

from tests.conftest import REPOSITORY


def test_build_has_what_is_pinned(template: Path) -> None:
    """Each package in its version, in the one folder that all functions share."""
    pins = dict(
        re.findall(r"^([\w-]+)==(\S+)", (REPOSITORY / "functions" / "requirements.txt").read_text(), re.MULTILINE)
    )
    (shared,) = (folder for folder in template.parent.iterdir() if folder.is_dir())

    built = {found.name.lower().replace("_", "-"): found.version for found in distributions(path=[str(shared)])}

    assert built == pins
