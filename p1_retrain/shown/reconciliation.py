"""What a reconciliation found or did."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from p1_retrain.found.results import Reconciled
from p1_retrain.moments import counted
from p1_retrain.shown.words import listing


def view(found: Reconciled) -> RenderableType:
    """Return the counts, the retrainings by model, and what only a person can decide."""
    counts = f"{counted(found.listed, 'file')} looked at: {found.known} known, {found.missing} without an item."
    parts: list[RenderableType] = [Text(counts)]
    if found.models:
        will = "Retrainings that this would start" if found.dry_run else "Retrainings that follow"
        table = listing("model", "retrainings")
        for model, number in sorted(found.models.items()):
            table.add_row(model, str(number))
        parts += [Text(f"{will}:", style="bold"), table]
    if found.unsure:
        parts += [
            Text("Only a person can decide about:", style="bold red"),
            *(Text(f"  {one}") for one in found.unsure),
        ]
        parts += [Text("Look at the model in Prediction One; land the file again if it is not trained on it.")]
    parts += [Text(_outcome(found), style="bold")]
    return Group(*parts)


def _outcome(found: Reconciled) -> str:
    if not found.dry_run:
        return f"Queued: {counted(found.sent, 'file')}."
    return (
        "This was a dry run: nothing was queued. Add --yes to queue them." if found.missing else "Nothing is missing."
    )
