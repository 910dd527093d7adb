"""A built function as Lambda runs it: AWS's own runtime client in a process of its own, ended when its time is over.

The process is what Lambda calls an execution environment: it is started when there is none for an invocation, kept for
the next one, and killed by a time-out (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

from local.ministack import REGION
from local.processes import BackgroundProgram, wait_for
from local.runtime_api import Invocation, Outcome, RuntimeApi

if TYPE_CHECKING:
    from types import TracebackType

LAMBDA_PYTHON = Path(__file__).resolve().parents[1] / ".venv-lambda" / "bin" / "python"


@dataclass(frozen=True)
class Definition:
    """A function as the built template defines it.

    Attributes
    ----------
    task_root
        The directory that `sam build` made.
    variables
        Its environment variables.
    """

    name: str
    task_root: Path
    handler: str
    memory_mb: int
    timeout_seconds: int
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Return what the function is told as its ARN."""
        return f"arn:aws:lambda:{REGION}:000000000000:function:{self.name}"


class LambdaFunction:
    """A function to invoke; a context manager that ends its process.

    Parameters
    ----------
    definition
        What runs.
    work_dir
        An existing directory for its output.
    aws
        The variables that lead it to AWS: credentials and endpoint.

    Attributes
    ----------
    user_agent
        How the runtime client called itself last, with its Python version; empty before the first invocation.
    """

    def __init__(self, definition: Definition, work_dir: Path, aws: Mapping[str, str]) -> None:
        self._definition = definition
        self._work_dir = work_dir
        self._aws = aws
        self._outputs: list[Path] = []
        self._program: BackgroundProgram | None = None
        self._api: RuntimeApi | None = None
        self.user_agent = ""

    def __enter__(self) -> Self:
        """Do nothing: the first invocation starts the process."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, if there is one."""
        self._end()

    @property
    def pid(self) -> int | None:
        """Return the id of the process that waits for the next invocation, None if there is none."""
        return psutil.Process(self._program.supervisor_pid).children()[0].pid if self._program else None

    def start(self) -> tuple[float, float]:
        """Start the process; return the seconds and the CPU seconds until it asked for its first event."""
        started_at = time.monotonic()
        api, _ = self._started()
        asked_at = wait_for(f"{self._definition.name} to start", lambda: api.asked_at)
        spent = psutil.Process(self.pid).cpu_times()  # asking, it waits, and uses none
        return asked_at - started_at, spent.user + spent.system

    def output(self) -> str:
        """Return all that its processes wrote: what CloudWatch would have as its log."""
        return "".join(path.read_text(encoding="utf-8") for path in self._outputs)

    def invoke(
        self,
        event: Any,
        *,
        timeout_seconds: float | None = None,
        killed_after_seconds: float | None = None,
        hangs: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """Return how the function ends an event.

        Parameters
        ----------
        timeout_seconds
            How long the function is told that it has; else what its definition says.
        killed_after_seconds
            When it is killed; else when it is told. Less: as if the rest of its time had passed unseen.
        hangs
            Whether it is where the test wants it to be when it is killed: on a slow machine, the kill waits for that.
        """
        seconds = timeout_seconds or self._definition.timeout_seconds
        invocation = Invocation(event, self._definition.arn, seconds)
        kill_at_seconds = seconds if killed_after_seconds is None else killed_after_seconds
        api, program = self._started()
        api.hand_in(invocation)

        def look() -> Outcome | None:
            if invocation.outcome is None and program.has_ended:
                self._end()
                return _failure(invocation, api.init_error or _exited(invocation))
            if invocation.outcome is None and invocation.seconds_since_begin() >= kill_at_seconds and hangs():
                self._end()
                return _failure(invocation, _timed_out(invocation))
            return invocation.outcome

        outcome = wait_for(f"{self._definition.name} to end an event", look, kill_at_seconds + 60)
        self.user_agent = api.user_agent
        return outcome

    def _started(self) -> tuple[RuntimeApi, BackgroundProgram]:
        if self._program is None or self._api is None:
            self._api = RuntimeApi()
            self._outputs.append(self._work_dir / f"{self._definition.name}-{len(self._outputs)}.log")
            command = [str(LAMBDA_PYTHON), "-m", "awslambdaric", self._definition.handler]
            environment = {**_lambda_environment(self._definition, self._api.address), **self._aws}
            environment |= self._definition.variables
            self._program = BackgroundProgram(command, environment, self._outputs[-1], self._definition.task_root)
        return self._api, self._program

    def _end(self) -> None:
        if self._program:
            self._program.stop()
        if self._api:
            self._api.close()
        self._program = self._api = None


def _lambda_environment(definition: Definition, runtime_api: str) -> dict[str, str]:
    """Return the variables that Lambda sets, as far as they mean something on this machine.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(definition.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": definition.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{definition.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": REGION,
        "LAMBDA_TASK_ROOT": str(definition.task_root),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TZ": ":UTC",
        "_HANDLER": definition.handler,
    }


def _failure(invocation: Invocation, reason: Mapping[str, Any]) -> Outcome:
    return Outcome(invocation.request_id, reason, failed=True)


def _timed_out(invocation: Invocation) -> dict[str, str]:
    text = f"RequestId: {invocation.request_id} Error: Task timed out after {invocation.timeout_seconds:.2f} seconds"
    return {"errorType": "Sandbox.Timedout", "errorMessage": text}


def _exited(invocation: Invocation) -> dict[str, str]:
    text = f"RequestId: {invocation.request_id} Error: Runtime exited without providing a reason"
    return {"errorType": "Runtime.ExitError", "errorMessage": text}
