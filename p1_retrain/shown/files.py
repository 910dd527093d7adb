"""A model's files as a table."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from p1_retrain.found.results import Listing
from p1_retrain.moments import local_time, zone
from p1_retrain.shown.words import listing, reason_text, state_text


def view(found: Listing) -> RenderableType:
    """Return the files, the newest first: one line each, its reason below it."""
    if not found.files:
        return Text(f"No file of {found.model} matches.")
    table = listing(f"landed ({zone()})", "state", "file")
    for file in found.files:
        state = state_text(file.state)
        if file.is_live:
            state.append(" live", style="bold green")
        name = Text(file.uri.removeprefix(f"s3://{found.bucket}/"))
        if file.retrain_job_id:
            name.append(f"\njob {file.retrain_job_id}", style="dim")
        if file.reason_code:
            name.append("\n").append_text(reason_text(file.reason_code, file.reason))
        table.add_row(local_time(file.landed_at), state, name)
    more = (
        [Text("More files: raise --limit, or narrow with --since and --status.", style="dim")] if found.is_cut else []
    )
    return Group(table, *more)
