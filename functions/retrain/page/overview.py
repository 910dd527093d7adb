"""The overview: what needs a person, what is live and what came after it, and the files that landed last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from retrain.page.attention import of_model
from retrain.page.files import FileRow, split_uri
from retrain.page.moments import Clock
from retrain.page.problems import Problems
from retrain.page.reading import MAX_MODELS, Item
from retrain.page.states import has_key_trouble
from retrain.page.wiring import QUERIES_AT_A_TIME, PageDependencies

FILES_OF_A_MODEL = 15
"""That are looked at for what came after the live model. So the files that landed last of all are right up to here."""

FILES_SHOWN, WAITING_SHOWN, URGENT_SHOWN = 15, 10, 20


@dataclass(frozen=True)
class LiveModel:
    """What the service predicts with, by the models table."""

    name: str
    folder: str
    uri: str
    version: str
    since: str
    since_exact: str
    by: str

    @classmethod
    def of(cls, item: Item, clock: Clock) -> LiveModel:
        """Return what an item of the models table says."""
        uri = str(item["object_uri"])
        folder, name = split_uri(uri)
        since = item.get("switched_at")
        version, by = str(item.get("object_version", "")), str(item.get("switched_by", ""))
        return cls(name, folder, uri, version, clock.moment(since), clock.exact(since), by)


@dataclass(frozen=True)
class ModelRow:
    """A model.

    Attributes
    ----------
    live
        None if no model was made live.
    newest
        The file after it that landed last; None if there is none.
    more
        How many others landed after it, of those that were looked at.
    """

    model: str
    live: LiveModel | None
    newest: FileRow | None
    more: int


@dataclass(frozen=True)
class Overview:
    """All of it.

    Attributes
    ----------
    models_left_out
        There are more models than are shown.
    live_is_known, files_are_known
        Whether it could be read what is live, and what landed for each model.
    """

    urgent: Sequence[FileRow]
    models: Sequence[ModelRow]
    models_left_out: bool
    live_is_known: bool
    files_are_known: bool
    files: Sequence[FileRow]
    waiting: Sequence[FileRow]


def overview(deps: PageDependencies, clock: Clock, problems: Problems) -> Overview:
    """Return the overview; what cannot be read is left out, and said in `problems`."""
    read, records, query = problems.read, deps.records, "dynamodb:Query"
    listed = read("The models cannot be listed", "secretsmanager:ListSecrets", records.model_names) or []
    names = listed[:MAX_MODELS]
    known_live = read("What is live cannot be shown", "dynamodb:BatchGetItem", lambda: records.live(names))
    known_files = read("The models' files cannot be shown", query, lambda: _files_of(deps, names))
    live, files = known_live or {}, known_files or {}
    waiting = read("Waiting files cannot be shown", query, lambda: records.waiting(WAITING_SHOWN)) or []
    given_up = read("Files that were given up cannot be shown", query, lambda: records.given_up(URGENT_SHOWN)) or []
    now = clock.now.timestamp()
    refused = read("Refused files cannot be shown", query, lambda: records.refused(URGENT_SHOWN, now)) or []
    retrying = read("Retried files cannot be shown", query, lambda: records.retrying(URGENT_SHOWN)) or []
    automatic = deps.instructions.policy == "Automatic"
    urgent = [item for name in files for item in of_model(files[name], live.get(name), is_automatic=automatic)]
    strange = [item for item in refused if item.get("model") not in names]
    keyless = [item for item in retrying if has_key_trouble(item)]
    row = partial(FileRow.of, clock=clock)
    return Overview(
        urgent=[row(item) for item in _newest_first([*urgent, *given_up, *strange, *keyless])[:URGENT_SHOWN]],
        models=sorted(
            (_model_row(name, files.get(name, []), live.get(name), clock) for name in names),
            key=lambda row: row.live is None and row.newest is None,  # those without a file at the end
        ),
        models_left_out=len(listed) > MAX_MODELS,
        live_is_known=known_live is not None,
        files_are_known=known_files is not None,
        files=[row(item) for item in _newest_first([*_all(files), *given_up, *strange, *retrying])[:FILES_SHOWN]],
        waiting=[row(item) for item in waiting],
    )


def _files_of(deps: PageDependencies, names: Sequence[str]) -> dict[str, list[Item]]:
    """Return the newest files of each model, several models at a time: clients are safe to share between threads."""
    with ThreadPoolExecutor(QUERIES_AT_A_TIME) as threads:
        found = threads.map(partial(deps.records.newest, limit=FILES_OF_A_MODEL), names)
        return dict(zip(names, found, strict=True))


def _model_row(name: str, files: Sequence[Item], live: Item | None, clock: Clock) -> ModelRow:
    later = [item for item in files if live is None or str(item.get("landed_at")) > str(live["landed_at"])]
    newest = FileRow.of(later[0], clock) if later else None
    return ModelRow(name, LiveModel.of(live, clock) if live else None, newest, max(0, len(later) - 1))


def _all(files: Mapping[str, Sequence[Item]]) -> Iterable[Item]:
    return (item for of_one in files.values() for item in of_one)


def _newest_first(items: Iterable[Item]) -> list[Item]:
    """Return items, each once, by when they landed."""
    distinct = {(item["object_uri"], item["object_version"]): item for item in items}
    return sorted(distinct.values(), key=lambda item: str(item.get("landed_at")), reverse=True)
