"""Each AWS call of the announce function fails once, in every way: each change is told in order, or kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from retrain.errors import AnnouncementFailedError
from tests.faults.injection import AwsFaults
from tests.faults.matrix import Case, Situation, cases_of
from tests.faults.situations import ALL, ANNOUNCE
from tests.functional.telling.conftest import AnnounceFunction
from tests.listener import Listener
from tests.streams import sample_job, stream_event

TIMES = 5

TRAINING, FINISHED, SWITCHED = (sample_job(status=status) for status in ("TRAINING", "FINISHED", "SWITCHED"))
STEPS = [("TRAINING", "FINISHED"), ("FINISHED", "SWITCHED")]


@dataclass
class Scene:
    """The announce function, and who listens to it.

    Attributes
    ----------
    raised
        What the function raised to Lambda.
    """

    function: AnnounceFunction
    listener: Listener
    monkeypatch: pytest.MonkeyPatch
    raised: list[str] = field(default_factory=list)

    def announce(self) -> str:
        """Hand in the changes until none is requested again, as Lambda does, and return the outcome."""
        records = stream_event((TRAINING, FINISHED), (FINISHED, SWITCHED))["Records"]
        for _ in range(TIMES):
            records = self._left(records)
            if not records:
                return self.outcome()
        raise AssertionError("the batch is repeated without end")

    def _left(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            failed = self.function.handle({"Records": records})
        except AnnouncementFailedError as error:
            self.raised.append(f"{error.code} {error}")
            return records
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        return records[numbers.index(failed[0]) :] if failed else []

    def outcome(self) -> str:
        """Return what rules, people and the dead-letter queue got."""
        told = self.listener.steps_of(FINISHED["object_uri"])
        distinct = list(dict.fromkeys(told))
        assert distinct == [step for step in STEPS if step in distinct], "in order"
        events = (
            "an event repeated"
            if len(told) > len(distinct)
            else ["no event", "one event", "each event once"][len(told)]
        )
        mails = len(self.listener.notifications)
        kept = {"event" if "detail" in letter else "e-mail" for letter in self.function.dead_letters()}
        parts = [events, *(["e-mail once" if mails == 1 else "e-mail repeated"] if mails else [])]
        return ", ".join([*parts, *(f"{what} in the dead-letter queue" for what in sorted(kept))])


@pytest.fixture
def scene(
    aws_faults: AwsFaults, announce_function: AnnounceFunction, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> Scene:
    """Give the function, cold: all its calls are counted."""
    assert aws_faults.calls == []
    return Scene(announce_function, listener, monkeypatch)


def refuse_the_e_mail(scene: Scene) -> str:
    """Take the topic away."""
    scene.monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:not-there")
    return scene.announce()


RUNS: dict[str, Callable[[Scene], str]] = {
    "two changes, one with an e-mail": Scene.announce,
    "an e-mail that SNS refuses": refuse_the_e_mail,
}


@pytest.mark.parametrize("situation", ANNOUNCE, ids=str)
def test_calls_are_those_of_the_matrix(scene: Scene, aws_faults: AwsFaults, situation: Situation) -> None:
    """Nothing fails. A call that is new needs a row, and the rows say where the faults strike."""
    outcome = RUNS[situation.name](scene)

    assert (outcome, aws_faults.calls) == (situation.outcome, situation.operations)


@pytest.mark.parametrize("case", cases_of("announce", ALL), ids=str)
def test_change_is_told_or_kept_whichever_call_fails(
    scene: Scene, aws_faults: AwsFaults, case: Case, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """Lambda repeats the batch from the change that failed, and the log says what failed."""
    aws_faults.arm(case.number, case.fault)

    outcome = RUNS[case.situation.name](scene)

    assert (outcome, aws_faults.tries > 1) == (case.outcome, case.is_repeated)
    assert case.misreported(stdout(), scene.raised) == []
