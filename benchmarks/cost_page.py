"""The page docs/cost.md: the computed numbers in the text of cost_template.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.cost_inputs import LOADS, Inputs, Load
from benchmarks.cost_model import (
    VCPU_MB,
    at_rest,
    for_files,
    relay_seconds,
    seconds_of,
    transfer_dollars,
    upload_dollars,
    upload_seconds,
    vcpu_share,
)

MEMORY_SIZES_MB = (128, 256, 512, 1_024, 1_769, 2_048)
LARGEST = Load(1, 5_369)
"""The service's limit of one upload: 5 GiB."""

_TEMPLATE = Path(__file__).with_name("cost_template.md")
_WHOLE_DOLLARS, _CENTS = 100, 0.095
"""From here on without cents; below a cent or so with two digits."""


def page(inputs: Inputs) -> str:
    """Return it as Markdown."""
    tables = {
        "summary": _summary(inputs),
        "components": _components(inputs),
        "transfer": _transfer(inputs),
        "memory": _memory(inputs),
    }
    return _TEMPLATE.read_text(encoding="utf-8").format(
        **tables, **_sources(inputs), **_checks(inputs), **_recommended(inputs), **_assumptions(inputs)
    )


def _summary(inputs: Inputs) -> str:
    rest = at_rest(inputs).total
    rows = [["at rest, without any file", dollars(rest), "0", "", ""]]
    for load in LOADS:
        files = for_files(inputs, load).total
        per_file, per_tib = files / load.files * 1_000, files / load.tib
        rows.append([load.name, dollars(rest + files), dollars(files), dollars(per_file), dollars(per_tib)])
    return _table(["", "a month", "of it, for the files", "per 1,000 files", "per TiB"], rows)


def _components(inputs: Inputs) -> str:
    rest, bills = at_rest(inputs), [for_files(inputs, load) for load in LOADS]
    rows = [
        [name, dollars(amount), *(dollars(bill.dollars.get(name, 0)) for bill in bills)]
        for name, amount in rest.dollars.items()
    ]
    rows.append(["**in all**", dollars(rest.total), *(dollars(bill.total) for bill in bills)])
    return _table(["a month", "at rest", *(f"and for {load.name}" for load in LOADS)], rows)


def _transfer(inputs: Inputs) -> str:
    by_load = [transfer_dollars(inputs, load) for load in LOADS]
    rows = [[where, *(dollars(amounts[where]) for amounts in by_load)] for where in by_load[0]]
    return _table(["a month", *(f"{load.name}: {load.gb:,.0f} GB" for load in LOADS)], rows)


def _memory(inputs: Inputs) -> str:
    headings = ["memory", "vCPU", *(load.name.removesuffix(" a night") for load in LOADS), "5 GiB"]
    return _table(headings, [_memory_row(inputs, size_mb) for size_mb in MEMORY_SIZES_MB])


def _memory_row(inputs: Inputs, size_mb: int) -> list[str]:
    is_present = size_mb == inputs.memory_mb("upload")
    cells = [f"**{size_mb:,} MB**" if is_present else f"{size_mb:,} MB", f"{vcpu_share(size_mb):.2f}"]
    for load in LOADS:
        limit, amount = relay_seconds(inputs, load, size_mb)[1], upload_dollars(inputs, load, size_mb)
        cells.append(f"{upload_seconds(inputs, load, size_mb):.1f} s, {limit}, {dollars(amount)}")
    return [*cells, f"{upload_seconds(inputs, LARGEST, size_mb):.0f} s"]


def _recommended(inputs: Inputs) -> Mapping[str, object]:
    """Return the smallest size at which the network sets the limit, and what the next smaller one means."""
    best = next(size for size in MEMORY_SIZES_MB if relay_seconds(inputs, LARGEST, size)[1] == "network")
    smaller, present = MEMORY_SIZES_MB[MEMORY_SIZES_MB.index(best) - 1], inputs.memory_mb("upload")
    seconds = {size: upload_seconds(inputs, LOADS[-1], size) for size in (smaller, best)}
    amounts = {size: upload_dollars(inputs, LOADS[-1], size) for size in (smaller, best)}
    return {
        "vcpu_mb": f"{VCPU_MB:,}",
        "peak_mib": f"{inputs.step('upload')['peak_memory_mib']:.0f}",
        "best_mb": best,
        "as_template": "the template's" if best == present else f"the template's is {present} MB",
        "smaller_mb": smaller,
        "slower": f"{seconds[smaller] / seconds[best]:.1f}",
        "cheaper": f"{amounts[smaller] / amounts[best]:.2f}",
        "largest": f"{upload_seconds(inputs, LARGEST, best):.0f}",
        "timeout": inputs.timeout_seconds("upload"),
    }


def _checks(inputs: Inputs) -> Mapping[str, object]:
    """Return what the checks write, and the prices of what is not in the bills."""
    units = {step: inputs.step(step)["write_units"] for step in ("upload", "check", "finish")}
    checking = inputs.checks * units["check"]
    view = seconds_of(inputs, "page") * inputs.memory_mb("page") / 1024 * inputs.price["lambda_gb_second"]
    view += inputs.step("page")["calls"]["Query"] / 2 * inputs.price["dynamodb_read_unit"]
    return {
        "checks": inputs.checks,
        "check_units": f"{checking:g}",
        "write_units": f"{units['upload'] + checking + units['finish']:g}",
        "alarms": inputs.count("AWS::CloudWatch::Alarm"),
        "views": dollars(view * 1_000),
        "emails": dollars(inputs.price["sns_email"] * 1_000),
    }


def _sources(inputs: Inputs) -> Mapping[str, object]:
    return {
        "measured_by": inputs.measured["command"],
        "measured_on": inputs.measured["machine"]["date"],
        "region": inputs.price["region"],
        "prices_of": inputs.price["date"],
        "cpu_per_gib": inputs.measured["upload_cpu_seconds_per_gib"],
        "cpu_from": inputs.measured["upload_cpu_from"],
    }


def _assumptions(inputs: Inputs) -> Mapping[str, object]:
    assumed = inputs.assumed
    return {
        "models": assumed.models,
        "training_minutes": assumed.training_minutes,
        "slower_cpu": f"{assumed.slower:g}",
        "network": f"{assumed.network_mib_per_second:g}",
        "aws_ms": f"{assumed.aws_call_seconds * 1_000:g}",
        "service_ms": f"{assumed.service_call_seconds * 1_000:g}",
        "starts": inputs.default("MaxConcurrentUploads"),
        "own_log_bytes": assumed.own_log_bytes,
        "pollers": assumed.pollers,
        "nights_kept": assumed.nights_kept,
    }


def dollars(amount: float) -> str:
    """Return an amount for people."""
    if amount == 0:
        return "0"
    if amount >= _WHOLE_DOLLARS:
        return f"${amount:,.0f}"
    return f"${amount:.2f}" if amount >= _CENTS else f"${amount:.2g}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
