"""What all views share: colours by meaning, times, and commands that can be copied as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from p1_retrain.found.files import OPEN_TROUBLES, REFUSALS
from p1_retrain.moments import distance, local_time, zone
from retrain.ledger.status import HiddenState, Status

_COLOURS = {
    Status.SWITCHED: "green",
    Status.FINISHED: "green",
    HiddenState.SWITCH_NOT_DUE: "green",
    Status.TRAINING: "cyan",
    Status.UPLOADING: "cyan",
    Status.RETRYING: "yellow",
    Status.WAITING: "yellow",
}


def state_text(state: str) -> Text:
    """Return a state in the colour that says how well it is."""
    if state in OPEN_TROUBLES or state in REFUSALS:
        return Text(state, style="bold red")
    return Text(state, style=_COLOURS.get(state, "default"))  # type: ignore[call-overload]  # a state is text, too


def when(iso: str | None) -> Text:
    """Return a moment in local time, and how far it is away."""
    if not iso:
        return Text("-")
    return Text.assemble(local_time(iso), f" {zone()}", (f"  ({distance(iso, datetime.now(UTC))})", "dim"))


def reason_text(code: str | None, reason: str | None) -> Text:
    """Return why something has not come further; empty if nothing is wrong."""
    if not code and not reason:
        return Text("")
    return Text.assemble((code or "", "yellow"), " " if code else "", reason or "")


def command_lines(commands: Sequence[str]) -> RenderableType:
    """Return commands, each on a line of its own, without a line break: a terminal copies it whole."""
    return Group(*(Text(f"  $ {command}", style="bold", no_wrap=True, overflow="ignore") for command in commands))


def facts(rows: Sequence[tuple[str, RenderableType]]) -> Table:
    """Return names and values, one pair a line."""
    table = Table.grid(padding=(0, 2), expand=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table


def listing(*columns: str) -> Table:
    """Return an empty table with a heading and no lines around it."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
