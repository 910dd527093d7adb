"""Writes into docs/reliability.md what the corpus holds.

`PYTHONPATH=.:functions .venv/bin/python -m tests.hostile.table`
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.hostile.answers import DAMAGED, ENDLESS, JSON_BODIES
from tests.hostile.certificates import WRONG
from tests.hostile.corpus import loaded
from tests.hostile.urls import URLS
from tests.hostile.zips import ZIPS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN = (
    "<!-- The table down to the next mark is written by "
    "`PYTHONPATH=.:functions .venv/bin/python -m tests.hostile.table`. -->\n"
)
END = "<!-- Here it ends. -->\n"

_TEXTS = {
    "events": "Messages in the upload queue",
    "keys": "Keys of landed files",
    "csv": "Data files: headers, zero bytes, byte order marks",
    "secrets": "Contents of secrets",
    "requests": "Requests of people and events of other senders",
    "widget": "Widget events of the page",
}
"""The files of tests/data/hostile."""


def table() -> str:
    """Return the table as Markdown: of each kind of input, how many there are and what becomes of them."""
    return "\n".join(["| Input | Entries | Right outcomes |", "|---|---|---|", *_rows(), ""])


def with_table(page: str) -> str:
    """Return a page with the present table between the marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


def _rows() -> Iterator[str]:
    for name, title in _TEXTS.items():
        yield _row(f"{title} (`tests/data/hostile/{name}.json`)", [entry.outcome for entry in loaded(name)])
    yield _row("Landed zips (`tests/hostile/zips.py`)", [found.outcome for found in ZIPS.values()])
    answers = {**ENDLESS, **DAMAGED, **JSON_BODIES}
    yield _row("Answers of the service (`tests/hostile/answers.py`)", [found.outcome for found in answers.values()])
    yield _row("Upload and download URLs (`tests/hostile/urls.py`)", ["a recorded failure" for _ in URLS])
    yield _row("Certificates of servers (`tests/hostile/certificates.py`)", ["no request is made" for _ in WRONG])


def _row(what: str, outcomes: Iterable[str]) -> str:
    counted = Counter(f"`{outcome}`" if outcome.isupper() else outcome for outcome in outcomes)
    shown = ", ".join(f"{outcome} ({number})" for outcome, number in counted.most_common())
    return f"| {what} | {counted.total()} | {shown} |"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
