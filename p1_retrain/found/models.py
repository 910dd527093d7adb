"""The models: what is live, what landed last, and which of their files need a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from p1_retrain.found.files import OPEN_TROUBLES, REFUSALS, File, Item, items_of_model
from p1_retrain.found.next_steps import next_step
from p1_retrain.found.steps import About
from p1_retrain.stack import Stack
from retrain.aws.dynamodb import table_errors
from retrain.ledger.status import Status
from retrain.moments import iso_utc
from retrain.operator_commands import p1_retrain

LOOK_BACK = timedelta(days=30)
REFUSED_LATELY = timedelta(days=1)
FILES_LOOKED_AT = 500
"""Of each model, the newest."""


@dataclass(frozen=True)
class Trouble:
    """A file that needs a person, and the command that tells more or helps."""

    uri: str
    state: str
    reason_code: str | None
    reason: str | None
    command: str


@dataclass(frozen=True)
class Model:
    """A model.

    Attributes
    ----------
    live_uri, live_job, live_since
        Which file's model is live; None if none was made live by this product.
    newest
        The file that landed last; None if none did in 30 days.
    troubles
        Its files that need a person, the newest first.
    """

    model: str
    live_uri: str | None
    live_job: str | None
    live_since: str | None
    newest: File | None
    troubles: list[Trouble]


def models_of(stack: Stack, with_secret: Iterable[str], now: datetime) -> list[Model]:
    """Return the models that have a secret or were live once.

    Raises
    ------
    TableUnavailableError
        DynamoDB refused or did not answer.
    """
    live: dict[str, Item] = {}
    with table_errors(stack.models.name, "could not be read"):
        for page in stack.models.meta.client.get_paginator("scan").paginate(TableName=stack.models.name):
            live |= {str(item["model"]): item for item in page["Items"]}
    return [_model(stack, name, live.get(name, {}), now) for name in sorted({*with_secret, *live})]


def _model(stack: Stack, name: str, live: Item, now: datetime) -> Model:
    items: list[Item] = list(islice(items_of_model(stack, name, now - LOOK_BACK), FILES_LOOKED_AT))
    files = [File.of(item) for item in items]
    troubles = [
        Trouble(file.uri, file.state, file.reason_code, file.reason, p1_retrain(stack.name, "why", file.uri))
        for file, item in _that_count(files, items, now)
        if next_step(About(stack, item, live)).needs_person
    ]
    return Model(
        model=name,
        live_uri=_text(live, "object_uri"),
        live_job=_text(live, "retrain_job_id"),
        live_since=_text(live, "switched_at"),
        newest=files[0] if files else None,
        troubles=troubles,
    )


def _that_count(files: list[File], items: list[Item], now: datetime) -> Iterator[tuple[File, Item]]:
    """Yield the files that may need a person now.

    Those whose trouble stays until then; of finished ones the newest; and those that were refused within a day, unless
    the same file landed again.
    """
    seen: set[str] = set()
    finished = False
    for file, item in zip(files, items, strict=True):
        refused = file.state in REFUSALS and file.uri not in seen and file.landed_at > iso_utc(now - REFUSED_LATELY)
        newest_finished = file.state == Status.FINISHED and not finished
        if file.state in OPEN_TROUBLES or refused or newest_finished:
            yield file, item
        finished = finished or file.state == Status.FINISHED
        seen.add(file.uri)


def _text(item: Item, name: str) -> str | None:
    return str(item[name]) if name in item else None
