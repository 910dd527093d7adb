"""Whether all is well: every check on its own, so that one that cannot be made hides none of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from p1_retrain.errors import sentence_of
from p1_retrain.found.checks import (
    OK,
    PERSON,
    UNKNOWN,
    Check,
    check_alarms,
    check_dead_letters,
    check_flow,
    check_functions,
    check_oldest,
    check_queue,
)
from p1_retrain.found.keys import Key, keys_of
from p1_retrain.found.models import Model, models_of
from p1_retrain.moments import counted
from p1_retrain.stack import Stack

NAMED = 10
"""How many files are named; there may be thousands."""


@dataclass(frozen=True)
class Health:
    """All checks, and the models and keys that they looked at."""

    stack: str
    region: str
    landing_bucket: str
    verdict: str
    checks: list[Check]
    models: list[Model]
    keys: list[Key]


def health_of(stack: Stack, now: datetime) -> Health:
    """Return whether all is well. Never raises because AWS refuses: the check says so."""
    for service in ("lambda", "cloudwatch", "s3", "events", "sqs", "secretsmanager"):
        stack.client(service)  # made before the threads ask for them
    _ = stack.jobs, stack.models
    looks: dict[str, Callable[[Stack, datetime], Check]] = {
        "functions": check_functions,
        "notifications": check_flow,
        "upload queue": check_queue,
        "dead letters": check_dead_letters,
        "files on their way": check_oldest,
        "alarms": check_alarms,
    }
    with ThreadPoolExecutor(len(looks) + 1) as pool:
        begun = [pool.submit(_checked, name, look, stack, now) for name, look in looks.items()]
        keys, key_check = _keys(stack, now)
        models, model_check = _models(stack, [key.model for key in keys], now)
        checks = [future.result() for future in begun] + [model_check, key_check]
    return Health(
        stack.name, str(stack.session.region_name), stack.landing_bucket, _worst(checks), checks, models, keys
    )


def _worst(checks: Iterable[Check]) -> str:
    verdicts = {check.verdict for check in checks}
    return next(verdict for verdict in (PERSON, UNKNOWN, OK) if verdict in verdicts)


def _checked(name: str, look: Callable[[Stack, datetime], Check], stack: Stack, now: datetime) -> Check:
    try:
        return look(stack, now)
    except Exception as error:  # noqa: BLE001 - the check says so, and the others are made
        return Check(name, UNKNOWN, sentence_of(error))


def _keys(stack: Stack, now: datetime) -> tuple[list[Key], Check]:
    try:
        keys = keys_of(stack, now)
    except Exception as error:  # noqa: BLE001 - as in _checked
        return [], Check("keys", UNKNOWN, sentence_of(error))
    troubled = [key for key in keys if key.needs_person]
    if troubled:
        text = "\n".join(f"{key.model}: {key.trouble}" for key in troubled)
        return keys, Check("keys", PERSON, text, [key.command for key in troubled if key.command])
    soonest = f"The first of {len(keys)} ends in {keys[0].days_left} days." if keys else "No model has a secret yet."
    return keys, Check("keys", OK, soonest)


def _models(stack: Stack, with_secret: list[str], now: datetime) -> tuple[list[Model], Check]:
    try:
        models = models_of(stack, with_secret, now)
    except Exception as error:  # noqa: BLE001 - as in _checked
        return [], Check("files", UNKNOWN, sentence_of(error))
    troubles = [trouble for model in models for trouble in model.troubles]
    if not troubles:
        return models, Check("files", OK, f"No file of {counted(len(models), 'model')} needs a person.")
    told = [f"{trouble.uri}: {trouble.state} ({trouble.reason_code or 'no error'})" for trouble in troubles]
    more = [f"and {len(told) - NAMED} more"] if len(told) > NAMED else []
    commands = [trouble.command for trouble in troubles[:NAMED]]
    return models, Check("files", PERSON, "\n".join(told[:NAMED] + more), commands)
