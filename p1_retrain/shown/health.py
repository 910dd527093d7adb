"""Whether all is well, as text: what needs a person first, with the command for it."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from p1_retrain.found.checks import OK, PERSON, UNKNOWN, Check
from p1_retrain.found.health import Health
from p1_retrain.found.models import Model
from p1_retrain.moments import local_time
from p1_retrain.shown.words import command_lines, listing, state_text

_MARKS = {OK: ("ok", "green"), PERSON: ("!!", "bold red"), UNKNOWN: ("??", "yellow")}
_VERDICTS = {
    OK: Text("All is well.", style="bold green"),
    PERSON: Text("Something needs a person.", style="bold red"),
    UNKNOWN: Text("Not all could be found out.", style="bold yellow"),
}


def view(health: Health) -> RenderableType:
    """Return the verdict, the checks, and the models."""
    headline = Text.assemble(_VERDICTS[health.verdict], (f"  {health.stack} in {health.region}", "dim"))
    parts: list[RenderableType] = [headline, Text(), _checks(health)]
    wanting = [check for check in health.checks if check.commands]
    if wanting:
        parts += [Text(), Text("What to run:", style="bold")]
        parts += [command_lines(list(dict.fromkeys(command for check in wanting for command in check.commands)))]
    if health.models:
        parts += [Text(), _models(health)]
    return Group(*parts)


def _checks(health: Health) -> RenderableType:
    table = listing("", "check", "found")
    for check in sorted(health.checks, key=_by_urgency):
        mark, style = _MARKS[check.verdict]
        text = check.text.replace(f"s3://{health.landing_bucket}/", "")  # the commands have the whole URI
        table.add_row(Text(mark, style=style), check.name, Text(text))
    return table


def _by_urgency(check: Check) -> int:
    return [PERSON, UNKNOWN, OK].index(check.verdict)


def _models(health: Health) -> RenderableType:
    days = {key.model: f"{key.days_left} days, rotation {key.rotation}" for key in health.keys}
    table = listing("model", "newest file", "live", "key")
    for model in health.models:
        table.add_row(model.model, _newest(model), _live(model), days.get(model.model, "no secret"))
    return table


def _newest(model: Model) -> Text:
    if model.newest is None:
        return Text("none in 30 days", style="dim")
    return Text.assemble(state_text(model.newest.state), f"\nlanded {local_time(model.newest.landed_at)}")


def _live(model: Model) -> Text:
    if model.live_job is None:
        return Text("none by us", style="dim")
    return Text(f"since {local_time(model.live_since)}\njob {model.live_job}")
