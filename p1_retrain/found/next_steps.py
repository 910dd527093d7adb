"""What comes next for a file, when, and what a person must do: from its item alone, and from what is live."""

from __future__ import annotations

from collections.abc import Callable

from p1_retrain.found.steps import FIXES, About, NextStep, land_again
from retrain.ledger.status import HiddenState, Status, state_of


def next_step(about: About) -> NextStep:
    """Return what comes next for a file."""
    step = _STEPS.get(state_of(about.item))
    if step is None:
        status = about.item["status"]
        return NextStep(f"The status {status} is not one of ours: correct the item in the table.", needs_person=True)
    return step(about)


def _waiting(about: About) -> NextStep:
    where = about.item.get("waits_for", "the other half's folder")
    return NextStep(f"The other half must land below {where}. Then both are sent together.")


def _uploading(about: About) -> NextStep:
    return NextStep(
        "An attempt is sending it. If the attempt dies, the next one can start when its lease ends.",
        at=about.at("lease_expires_at"),
    )


def _retrying(about: About) -> NextStep:
    automatic = "It is tried again automatically, up to 60 times in about 14 hours."
    if about.returns_at is None:
        automatic = f"{automatic} The next attempt comes within 15 minutes, or an hour if a key is the cause."
    fix = FIXES.get(str(about.item.get("error_code")))
    if fix is None:
        return NextStep(automatic, about.returns_at)
    text, words = fix(about)
    return NextStep(f"{text} {automatic}", about.returns_at, words, needs_person=True)


def _given_up(about: About) -> NextStep:
    fix = FIXES.get(str(about.item.get("error_code")))
    text, first = fix(about) if fix else ("Fix the cause that the reason names.", ())
    return NextStep(
        f"Nothing happens automatically any more. {text} Then redrive the file: nothing is sent twice.",
        commands=(*first, about.command("redrive", about.uri)),
        needs_person=True,
    )


def _needs_decision(about: About) -> NextStep:
    return NextStep(
        f"Look at the model {about.item.get('model')} in Prediction One. If the retrain job {about.job} is there or "
        "has finished, run the first command; if it is not there, the second one sends the file again.",
        commands=(
            about.command("resolve", about.uri, "--arrived", about.job),
            about.command("resolve", about.uri, "--send-again"),
        ),
        needs_person=True,
    )


def _training(about: About) -> NextStep:
    minutes = about.stack.parameters.get("TrackIntervalMinutes", "5")
    return NextStep(
        f"The service retrains the model. The track function asks every {minutes} minutes, later less often.",
        about.at("next_check_at"),
    )


def _stalled(about: About) -> NextStep:
    return NextStep(
        f"Look at the model {about.item.get('model')} in Prediction One: it has been in training for longer than "
        "MaxTrainingHours. The job is still checked, and can still finish. If it is lost there, land the file again.",
        about.at("next_check_at"),
        (land_again(about.uri),),
        needs_person=True,
    )


def _no_result(about: About) -> NextStep:
    return NextStep(
        "The last checks failed: fix the cause that the reason names. The next check then asks again.",
        about.at("next_check_at"),
        needs_person=True,
    )


def _finished(about: About) -> NextStep:
    if "next_check_at" in about.item:
        return NextStep("Its model goes live with the next run of the track function.", about.at("next_check_at"))
    if _newer_is_live(about):
        return NextStep("Nothing: a model that was trained on a newer file is live.")
    return NextStep(
        "Check its results. If they are good, make its model live.",
        commands=(about.command("switch", about.job),),
        needs_person=True,
    )


def _not_switched(about: About) -> NextStep:
    automatic = " It is tried again automatically." if "next_check_at" in about.item else ""
    return NextStep(
        f"Fix the cause that the reason names.{automatic} To make its model live yourself, run the command.",
        about.at("next_check_at"),
        (about.command("switch", about.job),),
        needs_person=not _newer_is_live(about),
    )


def _switch_not_due(about: About) -> NextStep:
    return NextStep(
        "Nothing: a model that was trained on a newer file is live. This makes the older one live all the same.",
        about.at("next_check_at"),
        (about.command("switch", about.job, "--force"),),
    )


def _switched(about: About) -> NextStep:
    if about.item.get("in_service"):
        return NextStep("Nothing: its model is live.")
    return NextStep("Nothing: its model was live, and another one has replaced it.")


def _rejected(_: About) -> NextStep:
    return NextStep("Correct the file as the reason says, and land it again.", needs_person=True)


def _superseded(_: About) -> NextStep:
    return NextStep("Nothing: this version is gone. A newer version of the file has an item of its own.")


def _failed(about: About) -> NextStep:
    return NextStep(
        "Fix what the reason names, then land the file again.", commands=(land_again(about.uri),), needs_person=True
    )


def _unreadable(_: About) -> NextStep:
    return NextStep(
        "Find out who sent the message: its text is in the upload function's log. If a file has landed, land it again.",
        needs_person=True,
    )


def _newer_is_live(about: About) -> bool:
    return str(about.live.get("landed_at", "")) > str(about.item.get("landed_at", ""))


_STEPS: dict[str, Callable[[About], NextStep]] = {
    Status.WAITING: _waiting,
    Status.UPLOADING: _uploading,
    Status.RETRYING: _retrying,
    Status.TRAINING: _training,
    Status.STALLED: _stalled,
    Status.FINISHED: _finished,
    Status.SWITCHED: _switched,
    Status.REJECTED: _rejected,
    Status.SUPERSEDED: _superseded,
    Status.FAILED: _failed,
    HiddenState.GIVEN_UP: _given_up,
    HiddenState.NEEDS_DECISION: _needs_decision,
    HiddenState.UNREADABLE: _unreadable,
    HiddenState.NO_RESULT: _no_result,
    HiddenState.NOT_SWITCHED: _not_switched,
    HiddenState.SWITCH_NOT_DUE: _switch_not_due,
}
