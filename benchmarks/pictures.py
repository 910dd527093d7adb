"""`python -m benchmarks.pictures DIRECTORY`: draws what the benchmarks wrote to their JSON files, into docs/pictures.

Each picture is drawn whose file is in the directory: burst.json, track.json, relay.json; and the cost by load, which is
computed. They are SVGs without a background, in colours that are readable on white and on black, and the same for the
same numbers. `make bench` runs it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.cost_inputs import LOADS, Inputs
from benchmarks.cost_model import at_rest, for_files, transfer_dollars
from benchmarks.local_parts import MIB, REPOSITORY

PICTURES = REPOSITORY / "docs" / "pictures"

_TEXT, _LINES = "#7d8590", "#7d859055"
_COLOURS = ("#3b82f6", "#d97706", "#16a34a")
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": _LINES,
    "axes.labelcolor": _TEXT,
    "axes.spines.bottom": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "legend.frameon": False,
    "legend.labelcolor": _TEXT,
    "svg.fonttype": "none",  # text stays text, in the reader's own font
    "svg.hashsalt": "prediction-one-retrain",  # otherwise the ids in the file are new ones each time
    "text.color": _TEXT,
    "ytick.color": _TEXT,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what there is, and say which files were written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the benchmarks wrote their JSON files")
    parser.add_argument("--to", type=Path, default=PICTURES, help="where the pictures go (docs/pictures)")
    options = parser.parse_args(arguments)
    options.to.mkdir(parents=True, exist_ok=True)
    draw_cost(Inputs(), options.to / "cost.svg")
    written = ["cost.svg"]
    for name, (file, draw) in DRAWN_FROM.items():
        if (options.directory / file).exists():
            draw(json.loads((options.directory / file).read_text()), options.to / name)
            written.append(name)
    print(f"Drawn: {', '.join(written)} in {options.to}")
    return 0


def draw_memory(burst: Mapping[str, Any], path: Path) -> None:
    """Draw the peak memory by the size of the one file."""
    sizes = {f"{int(size):,} MiB": peak / MIB for size, peak in burst["memory_bytes"].items()}
    _draw(path, "Upload function: MiB of memory, by the size of the file", sizes, {"": list(sizes.values())})


def draw_burst(burst: Mapping[str, Any], path: Path) -> None:
    """Draw the CPU and the time per file by the number of files that land at once."""
    bursts = burst["bursts"]
    parts = {
        "CPU of the function": [one["cpu_ms_per_file"] for one in bursts],
        "in all, mostly the local AWS": [one["seconds"] / one["files"] * 1_000 for one in bursts],
    }
    names = [f"{one['files']:,} files" for one in bursts]
    _draw(path, "Upload function: ms per file, by the files that land at once", names, parts, shown="{:.1f}")


def draw_track(track: Mapping[str, Any], path: Path) -> None:
    """Draw how many jobs a run checks in a minute, by the number of open jobs."""
    runs = track["runs"]
    title = f"Track function: jobs checked per minute, at {track['latency_ms']} ms of the service for each"
    names = [f"{one['jobs']:,} open jobs" for one in runs]
    _draw(path, title, names, {"": [one["checked"] / one["run"]["seconds"] * 60 for one in runs]})


def draw_relay(relay: Mapping[str, Any], path: Path) -> None:
    """Draw the CPU per GiB of each contestant, by the report that `benchmarks.relay --json` writes."""
    per_gib = {relay["titles"][name]: medians["cpu_seconds_per_gib"] for name, medians in relay["compared"].items()}
    per_gib = dict(sorted(per_gib.items(), key=lambda one: one[1]))
    title = "CPU seconds per GiB, from S3 to the upload URL, without the start"
    _draw(path, title, per_gib, {"": list(per_gib.values())}, shown="{:.2f}")


def draw_cost(inputs: Inputs, path: Path) -> None:
    """Draw a month's cost of each load: at rest, for the files, and for the transfer to another region."""
    region = "to a bucket in another region"
    parts = {
        "at rest": [at_rest(inputs).total] * len(LOADS),
        "for the files": [for_files(inputs, load).total for load in LOADS],
        "their transfer, if the service is in another region": [
            transfer_dollars(inputs, load)[region] for load in LOADS
        ],
    }
    names = [load.name for load in LOADS]
    _draw(path, "Dollars a month", names, parts, shown="${:,.2f}")


DRAWN_FROM: Mapping[str, tuple[str, Callable[[Mapping[str, Any], Path], None]]] = {
    "memory.svg": ("burst.json", draw_memory),
    "burst.svg": ("burst.json", draw_burst),
    "track.svg": ("track.json", draw_track),
    "relay.svg": ("relay.json", draw_relay),
}
"""Each picture, the file that it is drawn from, and what draws it."""


def _draw(
    path: Path, title: str, names: Iterable[str], parts: Mapping[str, Sequence[float]], *, shown: str = "{:,.0f}"
) -> None:
    """Draw a group of bars for each name, one for each part, and write beside each its number."""
    groups = list(names)
    rows = len(groups) * len(parts)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7, 0.7 + 0.24 * rows + 0.2 * len(groups)), layout="constrained")
        axes = figure.add_subplot()
        for number, (label, values) in enumerate(parts.items()):
            height = 0.8 / len(parts)
            places = [group + number * height for group in range(len(groups))]
            bars = axes.barh(places, values, height=height * 0.9, color=_COLOURS[number], label=label)
            axes.bar_label(bars, fmt=shown, padding=3)
        axes.set_yticks([group + 0.4 - 0.4 / len(parts) for group in range(len(groups))], groups)
        figure.suptitle(title, x=0.01, ha="left", size=11)
        axes.tick_params(length=0)
        axes.xaxis.set_visible(False)
        axes.margins(x=0.12)
        axes.invert_yaxis()
        if len(parts) > 1:
            figure.legend(loc="outside lower left", ncols=len(parts))
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    sys.exit(main())
