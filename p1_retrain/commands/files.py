"""`p1-retrain files`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Annotated

import typer
from rich.live import Live

from p1_retrain.errors import CommandFailed
from p1_retrain.exits import status_for
from p1_retrain.found.files import OPEN_TROUBLES, File, items_of_model
from p1_retrain.found.key_setup import exists
from p1_retrain.found.results import Listing
from p1_retrain.help_texts import examples, help_of
from p1_retrain.moments import moment_of
from p1_retrain.operator import Operator, operator_of, out
from p1_retrain.patience import progress
from p1_retrain.shown.files import view

EVERY_SECONDS = 5

EPILOG = examples(
    ("p1-retrain files penguins", ""),
    ("p1-retrain files penguins --since 7d --status rejected", "what was refused this week, and why"),
    ("p1-retrain files penguins --watch", "follows them live"),
)


def files(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(help="The model: the folder that its files land in.")],
    status: Annotated[
        str | None, typer.Option(help="Only files in this status or state, for example RETRYING or 'given up'.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Only files that landed since then: 12h, 7d, 2026-11-23.")] = None,
    limit: Annotated[int, typer.Option(help="How many files at most.", min=1)] = 20,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Follow them live, until Ctrl-C.")] = False,
) -> None:
    """List a model's files, the newest first, with where each stands and why."""
    operator = operator_of(ctx)
    earliest = moment_of(since, operator.now) if since else None

    def look() -> Listing:
        items = items_of_model(operator.stack, model, earliest)
        every = (File.of(item) for item in items)
        chosen = (
            file for file in every if status is None or status.lower() in (file.status.lower(), file.state.lower())
        )
        found = list(islice(chosen, limit + 1))
        return Listing(model, operator.stack.landing_bucket, found[:limit], is_cut=len(found) > limit)

    with progress("Looking up the files"):
        listing = look()
        if not listing.files:
            _require_model(operator, model)
    if watch and not operator.as_json:
        listing = _follow(look, listing)
        raise typer.Exit(status_for(needs_person=_needs_person(listing)))
    operator.finish(listing, view, needs_person=_needs_person(listing))


def _needs_person(listing: Listing) -> bool:
    return any(file.state in OPEN_TROUBLES for file in listing.files)


def _follow(look: Callable[[], Listing], listing: Listing) -> Listing:
    """Show the files again and again, and return what was shown when a person pressed Ctrl-C."""
    with suppress(KeyboardInterrupt), Live(view(listing), console=out(), auto_refresh=False) as live:
        while True:
            time.sleep(EVERY_SECONDS)
            listing = look()
            live.update(view(listing), refresh=True)
    return listing


def _require_model(operator: Operator, model: str) -> None:
    """Tell a model without files from one that is not there."""
    if next(items_of_model(operator.stack, model, page=1), None) is None and not exists(operator.stack, model):
        raise CommandFailed(
            f"There is no model {model}: it has no secret and no file; `p1-retrain keys` lists the models, and "
            f"`p1-retrain keys add {model} --model-id ID` sets it up."
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=help_of(files), epilog=EPILOG)(files)
