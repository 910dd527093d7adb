"""The models' keys as a table."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from p1_retrain.found.key_setup import SetUp
from p1_retrain.found.results import Keys
from p1_retrain.moments import local_time
from p1_retrain.shown.words import command_lines, listing

_ROTATION = {"on": "green", "off": "dim", "failing": "bold red"}


def view(found: Keys) -> RenderableType:
    """Return the keys, that which ends first in front."""
    if not found.keys:
        return Text("No model has a secret yet: `p1-retrain keys add MODEL --model-id ID` sets one up.")
    table = listing("model", "days left", "rotation", "last rotated", "next")
    for key in found.keys:
        days = Text(f"{key.days_left}" + ("" if key.days_from == "watch" else " (by age)"))
        days.stylize("bold red" if key.needs_person else "green")
        rotation = Text(key.rotation, style=_ROTATION[key.rotation])
        next_at = local_time(key.next_rotation_at)
        table.add_row(key.model, days, rotation, local_time(key.last_rotated_at), next_at)
    parts: list[RenderableType] = [table]
    for key in found.keys:
        if key.trouble:
            parts += [Text(), Text(f"{key.model}: {key.trouble}")]
            parts += [command_lines([key.command])] if key.command else []
    return Group(*parts)


def view_set_up(done: SetUp) -> RenderableType:
    """Return what was done for a model."""
    if not done.created:
        return Text(
            f"The rotation of {done.secret_name} is on, and a new API key comes within minutes. Nothing else in the "
            "secret was changed."
        )
    return Text(
        f"The secret {done.secret_name} was created, and its rotation is on: the first API key comes within minutes. "
        f"Then land files as {done.model}/.../NAME.csv."
    )
