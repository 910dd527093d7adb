"""The exit statuses, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """What a script may rely on."""

    ALL_WELL = 0
    NEEDS_PERSON = 1
    """Something needs a person; the output says what, and the command."""
    NOT_FOUND_OUT = 2
    """It could not be found out or done: an error, a missing permission, a wrong argument, or --yes is missing."""
    INTERRUPTED = 130
    """Ctrl-C."""


def status_for(*, needs_person: bool) -> ExitStatus:
    """Return the exit status of something that was found out."""
    return ExitStatus.NEEDS_PERSON if needs_person else ExitStatus.ALL_WELL
