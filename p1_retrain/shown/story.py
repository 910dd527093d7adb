"""The story of one landing as text: what matters at 3 a.m. first, the log last."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from p1_retrain.found.logs import LogLine
from p1_retrain.found.story import Story
from p1_retrain.moments import local_time, zone
from p1_retrain.shown.words import command_lines, facts, listing, reason_text, state_text, when


def view(story: Story, log_lines: int = 10) -> RenderableType:
    """Return the story, with the last lines of the log."""
    headline = Text.assemble(state_text(story.state), "  ", (story.uri, "bold"))
    parts: list[RenderableType] = [headline, Text(), Text(story.summary)]
    if story.reason_code or story.reason:
        parts.append(Text.assemble("Reason: ", reason_text(story.reason_code, story.reason)))
    parts += [Text(), Text.assemble(("Next: ", "bold"), story.next_step)]
    if story.next_at:
        parts.append(Text.assemble("When: ", when(story.next_at)))
    if story.commands:
        parts += [command_lines(story.commands)]
    parts += [Text(), facts(_rows(story))]
    if story.log or story.log_problem:
        parts += [Text(), *_log(story, log_lines)]
    return Group(*parts)


def _rows(story: Story) -> list[tuple[str, RenderableType]]:
    rows: list[tuple[str, RenderableType]] = [(local_time(event.at), Text(event.what)) for event in story.history]
    named = {
        "version": story.version,
        "model": story.model,
        "attempts": str(story.attempts) if story.attempts else None,
        "retrain job": story.retrain_job_id,
        "service says": story.service_status,
        "results": story.result_uri,
        "other versions": ", ".join(story.other_versions) or None,
    }
    return rows + [(name, Text(value)) for name, value in named.items() if value]


def _log(story: Story, log_lines: int) -> list[RenderableType]:
    problem = [Text(story.log_problem, style="yellow")] if story.log_problem else []
    if not story.log:
        return [*problem]
    table = listing(f"logged ({zone()})", "function", "message")
    for line in story.log[-log_lines:] if log_lines else []:
        table.add_row(local_time(line.at), line.function, _message(line))
    left_out = len(story.log) - log_lines
    more = f"The last {log_lines} of {len(story.log)} log lines; --log-lines shows more." if left_out > 0 else ""
    return [table, *([Text(more, style="dim")] if more else []), *problem]


def _message(line: LogLine) -> Text:
    style = {"ERROR": "red", "WARNING": "yellow"}.get(line.level, "default")
    message = Text(line.message, style=style)
    if line.in_seconds is not None:
        message.append(f" in {line.in_seconds} s")
    if line.reason_code:
        message.append(f": {line.reason_code}")
    return message
