"""The views that a click leads to: a model with its files, and a file with its history, reason and next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retrain.ledger.status import INTERNAL_ATTRIBUTES
from retrain.page.files import FileRow, size_text
from retrain.page.moments import Clock
from retrain.page.overview import LiveModel
from retrain.page.problems import Problems
from retrain.page.wiring import PageDependencies
from retrain.telling.notifications import advice_of

FILES_OF_A_PAGE = 50

_COMMANDS = ("p1-retrain ", "aws ", "printf ")
"""How the commands among an e-mail's paragraphs begin."""

_MOMENTS = {
    "landed_at": "Landed",
    "upload_started_at": "Last upload began",
    "uploaded_at": "Arrived at Prediction One",
    "finished_at": "Retraining finished",
    "switched_at": "Went live",
    "given_up_at": "Given up",
}

_FACTS = {
    "model": "Model",
    "object_uri": "File",
    "object_version": "Version",
    "size_bytes": "Size",
    "status": "Status",
    "service_status": "Prediction One says",
    "service_message": "and adds",
    "retrain_job_id": "Retrain job",
    "model_id": "Model id",
    "attempts": "Attempts",
    "waits_for": "Waits for",
    "result_uri": "Results",
    "switched_by": "Switched by",
    "error_code": "Error code",
}


@dataclass(frozen=True)
class Event:
    """Something that happened to a file, and when."""

    what: str
    at: str
    at_exact: str
    ago: str


@dataclass(frozen=True)
class Paragraph:
    """A part of what to do: a sentence, or a command to run."""

    text: str
    is_command: bool


@dataclass(frozen=True)
class FileDetails:
    """A file."""

    row: FileRow
    history: Sequence[Event]
    advice: Sequence[Paragraph]
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ModelDetails:
    """A model.

    Attributes
    ----------
    live_is_known, files_are_known
        Whether both could be read.
    older_before
        Where the next page of its files begins; empty if this is the last.
    """

    model: str
    live: LiveModel | None
    live_is_known: bool
    files: Sequence[FileRow]
    files_are_known: bool
    older_before: str


def file_details(deps: PageDependencies, key: tuple[str, str], clock: Clock, problems: Problems) -> FileDetails | None:
    """Return a file; None if it has no item, or it cannot be read."""
    item = problems.read("The file cannot be shown", "dynamodb:Query", lambda: deps.records.file(*key))
    if item is None:
        return None
    row = FileRow.of(item, clock)
    paragraphs = advice_of(item, deps.instructions) or [row.state.next_step]
    advice = [Paragraph(text, text.startswith(_COMMANDS)) for text in paragraphs if text]
    return FileDetails(row, _history(item, clock), advice, _facts(item))


def model_details(deps: PageDependencies, model: str, before: str, clock: Clock, problems: Problems) -> ModelDetails:
    """Return a model and one page of its files."""
    read, records = problems.read, deps.records
    live = read("What is live cannot be shown", "dynamodb:BatchGetItem", lambda: records.live([model]))
    files = read(
        "The model's files cannot be shown", "dynamodb:Query", lambda: records.newest(model, FILES_OF_A_PAGE, before)
    )
    rows = [FileRow.of(item, clock) for item in files or []]
    return ModelDetails(
        model=model,
        live=LiveModel.of(live[model], clock) if live else None,
        live_is_known=live is not None,
        files=rows,
        files_are_known=files is not None,
        older_before=rows[-1].landed_at if len(rows) == FILES_OF_A_PAGE else "",
    )


def _history(item: Mapping[str, Any], clock: Clock) -> list[Event]:
    """Return what happened to a file, in order."""
    known = sorted((str(item[name]), what) for name, what in _MOMENTS.items() if name in item)
    if known and (last := str(item.get("updated_at", ""))) > known[-1][0]:
        known.append((last, "Last change"))
    return [Event(what, clock.moment(at), clock.exact(at), clock.ago(at)) for at, what in known]


def _facts(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what else the item says, without what the functions keep for their own use."""
    shown = {name: what for name, what in _FACTS.items() if name in item and name not in INTERNAL_ATTRIBUTES}
    return [(what, size_text(item[name]) if name == "size_bytes" else str(item[name])) for name, what in shown.items()]
