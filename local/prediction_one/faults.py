"""Which armed fault strikes a request."""

from dataclasses import dataclass, field
from random import Random

from local.prediction_one.values import Fault


@dataclass
class _ArmedFault:
    fault: Fault
    hits: int = 0
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.fault.seed)  # noqa: S311 - repeatable chance, nothing secret

    def strikes(self, operation: str, model: str | None, filename: str | None) -> bool:
        fault = self.fault
        return (
            fault.operation == operation
            and fault.model in (None, model)
            and fault.filename in (None, filename)
            and (fault.probability >= 1 or self.random.random() < fault.probability)
        )


class FaultPlan:
    """The armed faults, in the order they were armed."""

    def __init__(self) -> None:
        self._armed: list[_ArmedFault] = []

    def arm(self, fault: Fault) -> None:
        """Let `fault` strike from now on."""
        self._armed.append(_ArmedFault(fault))

    def clear(self) -> None:
        """Disarm all faults."""
        self._armed.clear()

    def armed(self) -> list[Fault]:
        """Return the faults that can still strike."""
        return [armed.fault for armed in self._armed]

    def take(self, operation: str, model: str | None, filename: str | None) -> Fault | None:
        """Return the first fault that strikes this request, and count it."""
        for armed in self._armed:
            if armed.strikes(operation, model, filename):
                armed.hits += 1
                if armed.hits == armed.fault.times:
                    self._armed.remove(armed)
                return armed.fault
        return None
