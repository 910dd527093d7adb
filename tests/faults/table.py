"""Writes the fault matrix into docs/reliability.md: `PYTHONPATH=. .venv/bin/python -m tests.faults.table`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.faults.aws_errors import AwsError, errors_of
from tests.faults.injection import LostAnswer
from tests.faults.matrix import Call, Situation, errors_at, lost_answers_at
from tests.faults.situations import ALL

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN = (
    "<!-- The tables down to the next mark are written by `PYTHONPATH=. .venv/bin/python -m tests.faults.table`. -->\n"
)
END = "<!-- Here they end. -->\n"


def tables() -> str:
    """Return both tables as Markdown: what happens at each call, and the errors of each operation."""
    return "\n".join([*_matrix(), "", *_errors(), ""])


def with_tables(page: str) -> str:
    """Return a page with the present tables between the marks."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + tables() + "\n" + END + rest.partition(END)[2]


def _matrix() -> Iterator[str]:
    yield "| Function: it deals with | AWS calls that fail, one at a time | Errors | Answer lost | Outcome |"
    yield "|---|---|---|---|---|"
    tried = errors_at(ALL, every=False)
    for situation in ALL:
        rows: dict[tuple[str, ...], list[tuple[str, list[AwsError]]]] = {}
        for number, call in situation.failing:
            lost = ", ".join(how.removeprefix("answer lost ") for how in lost_answers_at(call, every=False))
            alike = (call.operation, lost, "; ".join(_outcomes(situation, call)))
            rows.setdefault(alike, []).append((call.purpose, tried[situation, number]))
        for (operation, lost, outcome), calls in rows.items():
            purposes = ", ".join(purpose for purpose, _ in calls)
            errors = {error for _, some in calls for error in some}
            number_of_errors = f"{len(errors)} of {len(errors_of(operation))}"
            function = f"`{situation.function}`: {situation.name}"
            yield f"| {function} | `{operation}`: {purposes} | {number_of_errors} | {lost} | {outcome} |"


def _outcomes(situation: Situation, call: Call) -> Iterator[str]:
    others: dict[str, list[str]] = {}
    for fault, (_, outcome) in call.otherwise.items():
        others.setdefault(outcome, []).append(fault if fault in [*LostAnswer] else f"`{fault}`")
    yield situation.outcome
    if call.if_refused:
        yield f"**any error:** {call.if_refused}"
    for outcome, faults in others.items():
        if outcome != situation.outcome:
            yield f"**{', '.join(faults)}:** {outcome}"


def _errors() -> Iterator[str]:
    yield "| Operation | Errors (in italics: the SDK repeats the call) |"
    yield "|---|---|"
    for operation in sorted({call.operation for situation in ALL for _, call in situation.failing}):
        names = [f"*{error.code}*" if error.is_repeated else error.code for error in errors_of(operation)]
        yield f"| `{operation}` | {', '.join(names)} |"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
