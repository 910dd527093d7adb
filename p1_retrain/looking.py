"""The commands that look: nothing is changed."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.text import Text

from p1_retrain.costs import Cost, costs_of
from p1_retrain.files import File, ago, files_of_model
from p1_retrain.health import findings
from p1_retrain.keys import model_keys
from p1_retrain.letters import dead_letters
from p1_retrain.operator import NEEDS_A_PERSON, WELL, Operator, Uri
from p1_retrain.story import Story, story_of

WATCH_SECONDS = 5

_FILE_COLUMNS = ("landed", "file", "status", "for", "reason")


def status(context: typer.Context) -> None:
    """Is all well? Functions, alarms, queues, the oldest file on its way, notifications, keys, models."""
    operator: Operator = context.obj
    found = list(findings(operator.stack))
    operator.screen.answer(
        {"stack": operator.stack.name, "is_well": all(each.is_well for each in found), "findings": found}
    )
    operator.screen.table(
        ("", "what", "how it is", "what to do"),
        [("ok" if each.is_well else "!!", each.about, each.says, each.to_do) for each in found],
    )
    raise typer.Exit(WELL if all(each.is_well for each in found) else NEEDS_A_PERSON)


def files(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="The model's folder below the landing prefix.")],
    with_status: Annotated[
        str | None, typer.Option("--status", help="Only these, for example RETRYING or 'given up'.")
    ] = None,
    since: Annotated[str, typer.Option(help="Only files that landed then or later, for example 2026-11-01.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    watch: Annotated[bool, typer.Option("--watch", help="Follow until Ctrl-C.")] = False,
) -> None:
    """List a model's files, the newest first, with the reason where one has not come further."""
    operator: Operator = context.obj

    def look() -> list[File]:
        return files_of_model(operator.stack, model, limit, with_status, since)

    if watch:
        _follow(look)
        return
    found = look()
    operator.screen.answer({"model": model, "files": found})
    operator.screen.table(_FILE_COLUMNS, map(_row, found))
    if not found:
        operator.screen.say(f"No file of {model} has an item. p1-retrain keys lists the models.")


def why(
    context: typer.Context,
    uri: Uri,
    version: Annotated[str | None, typer.Option(help="One version of the object; else the newest.")] = None,
) -> None:
    """Tell what became of a file: where it stands, why, what comes next, what to do, and its log."""
    operator: Operator = context.obj
    story = story_of(operator.stack, uri, version)
    operator.screen.answer(story)
    _tell(operator, story)
    raise typer.Exit(NEEDS_A_PERSON if story.needs_a_person else WELL)


def dead_letters_kept(context: typer.Context) -> None:
    """List what the two dead-letter queues keep: which file, why, since when, and until when."""
    operator: Operator = context.obj
    letters = dead_letters(operator.stack)
    operator.screen.answer({"dead_letters": letters})
    operator.screen.table(
        ("queue", "what", "reason", "queued", "kept until"),
        [
            (each.queue, each.what, each.reason, f"{ago(each.queued_at)} ago", f"{each.kept_until:%Y-%m-%d}")
            for each in letters
        ],
    )
    if not letters:
        operator.screen.say("Both dead-letter queues are empty.")
    raise typer.Exit(NEEDS_A_PERSON if letters else WELL)


def keys(context: typer.Context) -> None:
    """List the models' API keys: days left, rotation."""
    if context.invoked_subcommand:
        return
    operator: Operator = context.obj
    found = model_keys(operator.stack)
    operator.screen.answer({"keys": found})
    operator.screen.table(
        ("model", "days left", "rotation", "changed"),
        [
            (
                key.model,
                f"{key.days_left}{'' if key.is_measured else ' (estimated)'}",
                key.rotation,
                f"{ago(key.last_changed_at)} ago",
            )
            for key in found
        ],
    )
    if not found:
        operator.screen.say("There is no model yet. Set one up: p1-retrain keys add MODEL --model-id ID")
    raise typer.Exit(NEEDS_A_PERSON if any(key.needs_a_person for key in found) else WELL)


def _row(file: File) -> tuple[str, ...]:
    live = " (live)" if file["in_service"] else ""
    landed = str(file["landed_at"])[:16].replace("T", " ")
    return landed, str(file["filename"]), f"{file.state}{live}", ago(file["updated_at"]), file.reason


def _follow(look: Any) -> None:
    with Live(refresh_per_second=1) as live:
        while True:
            live.update(
                Text("\n".join("  ".join(cell for cell in _row(file) if cell) for file in look()) or "No file yet.")
            )
            time.sleep(WATCH_SECONDS)


def costs(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=450, help="Over how many days to measure the traffic.")] = 30,
) -> None:
    """Tell what the stack costs: at rest each month, and for its own traffic, per file and in all."""
    operator: Operator = context.obj
    found = costs_of(operator.stack, days)
    operator.screen.answer({**asdict(found), "per_file": found.per_file})
    say, table = operator.screen.say, operator.screen.table
    say(f"Prices of {found.region}, {found.prices_of}, without free tiers. At rest, each month:\n")
    _bill(operator, found.at_rest_month)
    say(f"\nThe traffic of the last {found.days} days, the schedules' runs among it:\n")
    _bill(operator, found.traffic)
    if found.per_file is not None:
        table(
            ("uploaded", "", "per file"), [(f"{found.files} files", f"{found.gib:.2f} GiB", f"${found.per_file:.5f}")]
        )


def _bill(operator: Operator, lines: list[Cost]) -> None:
    total = sum(cost.dollars for cost in lines)
    rows = [(cost.component, f"{cost.dollars:.4f}", cost.of) for cost in lines]
    operator.screen.table(("", "$", "of"), [*rows, ("in all", f"{total:.4f}", "")])


def _tell(operator: Operator, story: Story) -> None:
    say = operator.screen.say
    if story.file:
        file = story.file
        say(f"{file['object_uri']}, version {file['object_version']}")
        say(f"{file.state} since {file['updated_at']} ({ago(file['updated_at'])} ago)")
        say(f"landed {file['landed_at']}, {file['attempts'] or 0} attempts")
        for name in ("retrain_job_id", "service_status", "result_uri", "switched_at"):
            if file[name]:
                say(f"{name}: {file[name]}")
        if file.reason:
            say(f"reason: {file.reason}")
    say(f"\nWhat comes next: {story.comes_next}")
    if story.to_do:
        say(f"\n{story.to_do}")
    if story.others:
        say("\nOther versions:")
        operator.screen.table(_FILE_COLUMNS, map(_row, story.others))
    if story.log:
        say("\nLog:")
        lines = [(line.at[:23], line.function, line.level, f"{line.message}. {line.reason}") for line in story.log]
        operator.screen.table(("at", "function", "level", "message"), lines)
