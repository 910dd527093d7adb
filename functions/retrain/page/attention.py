"""Which of a model's files still need a person: those that landed after what is live, the newest of each kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrain.page.reading import Item
from retrain.page.states import can_redrive, can_switch, needs_person


def of_model(files: Sequence[Item], live: Item | None, *, is_automatic: bool) -> Iterator[Item]:
    """Yield those of a model's files, the newest first, that a person should look at.

    What landed before the live model's file no longer matters, nor does a version that was landed again, nor an older
    job that could be switched to. A file that was given up always matters: nothing was decided about it.
    """
    landed_again: set[str] = set()
    has_candidate = False
    for item in files:
        uri = str(item["object_uri"])
        is_later = live is None or str(item.get("landed_at")) > str(live["landed_at"])
        is_outdated = not is_later or uri in landed_again or (has_candidate and can_switch(item))
        if can_redrive(item) or (needs_person(item, is_automatic=is_automatic) and not is_outdated):
            yield item
        landed_again.add(uri)
        has_candidate = has_candidate or can_switch(item)
