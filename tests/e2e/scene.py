"""A deployed function that has to do without one action of its role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.policies import without_action
from tests.e2e.tracking.tracking import begin, finish, make_due
from tests.listener import Listener


@dataclass(frozen=True)
class Scene:
    """The deployed stack, a model of the test's own, and the action that one function has to do without."""

    stack: LocalStack
    model: str
    listener: Listener
    wait_for_job: Callable[..., dict[str, Any]]
    function: str
    action: str

    def without_action(self) -> Any:
        """Take the action out of the function's policy; a context manager."""
        return without_action(self.stack, self.function, self.action)

    def finished_job(self) -> dict[str, Any]:
        """Return a job that the service has finished, and that is due to be checked."""
        self.stack.add_model(self.model)
        job = begin(self.stack, self.model)
        finish(self.stack, job)
        make_due(self.stack, job)
        return job

    def wait_for_log(self, *texts: str) -> None:
        """Wait until one line of the log has all texts."""
        wait_for("the log line", lambda: any(all(t in line for t in texts) for line in self.stack.log_lines()))
