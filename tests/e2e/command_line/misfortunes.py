"""Fifteen misfortunes: what `p1-retrain why` says of each, and what to do. The table in the docs is made of this.

`python -m tests.e2e.command_line.misfortunes` writes it into docs/command-line.md; a unit test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- misfortunes: begin -->", "<!-- misfortunes: end -->"
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "command-line.md"


@dataclass(frozen=True)
class Misfortune:
    """Something that went wrong with a file.

    Attributes
    ----------
    state
        The state that `why` gives it.
    cause
        What `why` says, in these words.
    next_step
        What it says to do, in these words.
    command
        The beginning of the command that it prints; empty if nothing is to be run.
    status
        The exit status.
    """

    state: str
    cause: str
    next_step: str
    command: str
    status: int


MISFORTUNES = {
    "wrong key": Misfortune("RETRYING", "API_KEY_REJECTED", "Store or issue a new one", "p1-retrain keys rotate", 1),
    "key ended": Misfortune("RETRYING", "API_KEY_REJECTED", "Store or issue a new one", "p1-retrain keys rotate", 1),
    "no secret": Misfortune("RETRYING", "API_KEY_UNAVAILABLE", "has no API key. Create it", "p1-retrain keys add", 1),
    "service down": Misfortune("RETRYING", "SERVICE_UNAVAILABLE", "It is tried again automatically", "", 0),
    "refused file": Misfortune(
        "REJECTED", "EMPTY_FILE", "Correct the file as the reason says, and land it again", "", 1
    ),
    "superseded": Misfortune(
        "SUPERSEDED", "OBJECT_SUPERSEDED", "A newer version of the file has an item of its own", "", 0
    ),
    "lone half": Misfortune("WAITING", "it waits for the other half", "The other half must land below", "", 0),
    "given up": Misfortune(
        "given up", "no attempt follows automatically", "Then redrive the file", "p1-retrain redrive", 1
    ),
    "outcome unknown": Misfortune(
        "needs decision",
        "OUTCOME_NEEDS_DECISION",
        "Look at the model",
        "p1-retrain resolve",
        1,
    ),
    "stalled": Misfortune("STALLED", "longer than MaxTrainingHours", "Look at the model", "aws s3 cp", 1),
    "newer is live": Misfortune(
        "switch not due",
        "NEWER_IN_SERVICE",
        "Nothing: a model that was trained on a newer file is live",
        "p1-retrain switch",
        0,
    ),
    "rule off": Misfortune(
        "event lost", "LandedObjectRule is disabled", "Run the first command", "aws events enable-rule", 1
    ),
    "outside the prefix": Misfortune(
        "outside the prefix", "only files below it are training data", "Nothing: it is no training file", "", 0
    ),
    "ignored name": Misfortune(
        "ignored", "a hidden file: its name begins with . or _", "Nothing: it is no training file", "", 0
    ),
    "never landed": Misfortune("not there", "There is no such object in the bucket", "Check the name", "", 1),
}


def table() -> str:
    """Return the table as the docs have it."""
    rows = ["| Misfortune | State | `why` says | Next step | Command | Exit |", "|---|---|---|---|---|---|"]
    for name, one in MISFORTUNES.items():
        command = f"`{one.command} ...`" if one.command else "none"
        rows.append(f"| {name} | `{one.state}` | {one.cause} | {one.next_step} | {command} | {one.status} |")
    return "\n".join(rows)


def main() -> None:
    """Write the table into the docs."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
