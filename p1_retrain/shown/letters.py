"""Dead letters as a table, and what a redrive did."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from p1_retrain.found.letters import Letter
from p1_retrain.found.redriving import Redriven
from p1_retrain.found.results import DeadLetters
from p1_retrain.moments import counted, local_time, zone
from p1_retrain.shown.words import command_lines, listing, reason_text, when


def view(found: DeadLetters) -> RenderableType:
    """Return the letters of both queues, the oldest first, each with the day on which it is lost."""
    if not found.uploads and not found.announcements:
        return Text("No dead letters.", style="green")
    parts: list[RenderableType] = []
    if found.uploads:
        count = max(found.uploads_in_all, len(found.uploads))
        title = f"Of landed files: {count}. Fix the cause, then redrive them; nothing is sent twice:"
        parts += [Text(title, style="bold"), _table(found.uploads, found.bucket), Text()]
        if count > len(found.uploads):
            parts += [Text(f"Only {len(found.uploads)} were read; a redrive moves them all.", style="dim")]
        parts += [Text.assemble("The first is lost at ", when(found.uploads[0].kept_until), ".")]
        parts += [command_lines([found.redrive_command])]
    if found.announcements:
        title = f"Of announcements: {len(found.announcements)}. Read them, tell whoever should know, then delete them:"
        parts += [Text()] * bool(parts) + [Text(title, style="bold"), _table(found.announcements, found.bucket), Text()]
        parts += [command_lines([found.purge_command])]
    return Group(*parts)


def _table(letters: list[Letter], bucket: str) -> RenderableType:
    table = listing(f"given up ({zone()})", "kept until", "file and reason")
    for letter in letters:
        about = Text((letter.uri or "(no file)").removeprefix(f"s3://{bucket}/"))
        about.append("\n").append_text(reason_text(letter.reason_code, letter.reason))
        table.add_row(local_time(letter.given_up_at), local_time(letter.kept_until), about)
    return table


def view_redriven(done: Redriven) -> RenderableType:
    """Return what was moved, and what was not there."""
    if done.moved == 0 and not done.not_found:
        return Text("There are no dead letters of landed files.", style="green")
    if done.by == "SQS":
        moved = f"SQS now moves about {counted(done.moved, 'message')} to the upload queue, on its own."
    else:
        moved = f"In the upload queue again: {counted(done.moved, 'message')}."
    lost = [
        Text(
            f"No dead letter is about {uri}: it was redriven before, or is older than 14 days. Then land it again.",
            style="red",
        )
        for uri in done.not_found
    ]
    return Group(Text(moved), *lost)
