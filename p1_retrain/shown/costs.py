"""What a stack costs, as a bill."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from p1_retrain.found.costs import Cost, Costs
from p1_retrain.shown.words import listing


def view(found: Costs) -> RenderableType:
    """Return both bills, and what a file costs."""
    parts: list[RenderableType] = [
        Text(f"At rest, each month, by the prices of {found.region} of {found.prices_of}, without free tiers:"),
        _bill(found.at_rest_month),
        Text(f"\nFor the traffic of the last {found.days} days, the schedules' runs among it:"),
        _bill(found.traffic),
    ]
    if found.per_file is not None:
        parts.append(Text(f"\n{found.files} files, {found.gib:.2f} GiB: ${found.per_file:.5f} for each file."))
    return Group(*parts)


def _bill(costs: list[Cost]) -> RenderableType:
    table = listing("", "$", "for")
    for cost in costs:
        table.add_row(cost.component, f"{cost.dollars:.4f}", cost.of)
    table.add_row("in all", f"{sum(cost.dollars for cost in costs):.4f}", "", style="bold")
    return table
