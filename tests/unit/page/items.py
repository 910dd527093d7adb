"""Items of the jobs table for the page's tests, and records that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from retrain.page.moments import Clock
from retrain.page.page import page
from retrain.page.reading import Item, PageRecords
from retrain.page.request import PageRequest, Viewer
from retrain.page.wiring import PageDependencies
from retrain.telling.notifications import Instructions

CLOCK = Clock(datetime(2026, 11, 25, 12, 0, tzinfo=UTC), UTC)


def item_of(status: str, landed_at: str = "2026-11-25T10:00:00.000Z", **values: Any) -> dict[str, Any]:
    """Return an item; None as a value leaves one out."""
    usual = {
        "object_uri": f"s3://bucket/penguins/{landed_at}.csv",
        "object_version": "version",
        "model": "penguins",
        "filename": f"{landed_at}.csv",
        "size_bytes": 1000,
        "landed_at": landed_at,
        "updated_at": landed_at,
        "attempts": 1,
        "status": status,
    }
    return {name: value for name, value in {**usual, **values}.items() if value is not None}


def live_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models table's item of a model that an item's job made live."""
    names = ("model", "object_uri", "object_version", "landed_at", "switched_at", "switched_by")
    return {name: item.get(name, "") for name in names}


@dataclass
class HeldRecords:
    """Records in memory."""

    items: Sequence[Item] = ()
    live_items: dict[str, Item] = field(default_factory=dict)
    names: Sequence[str] = ("penguins",)

    def model_names(self) -> list[str]:
        """Return the models."""
        return list(self.names)

    def live(self, _names: Sequence[str]) -> dict[str, Item]:
        """Return what is live."""
        return self.live_items

    def newest(self, model: str, limit: int, before: str = "") -> list[Item]:
        """Return a model's items."""
        own = [item for item in self.items if item.get("model") == model]
        return [item for item in own if not before or str(item["landed_at"]) < before][:limit]

    def waiting(self, _limit: int) -> list[Item]:
        """Return the halves that wait."""
        return [item for item in self.items if item.get("status") == "WAITING"]

    def retrying(self, _limit: int) -> list[Item]:
        """Return none."""
        return []

    def given_up(self, _limit: int) -> list[Item]:
        """Return what was given up."""
        return [item for item in self.items if "given_up_at" in item]

    def refused(self, _limit: int, _now: float) -> list[Item]:
        """Return what was refused and belongs to no model."""
        return [item for item in self.items if item.get("status") == "REJECTED"]

    def file(self, object_uri: str, object_version: str) -> Item | None:
        """Return an item by its key."""
        key = (object_uri, object_version)
        return next((item for item in self.items if (item["object_uri"], item["object_version"]) == key), None)


def rendered(
    records: HeldRecords, request: PageRequest | None = None, *, policy: str = "Manual", is_narrow: bool = False
) -> str:
    """Return a view of records as HTML."""
    deps = PageDependencies(
        stack_name="a stack",
        records=cast("PageRecords", records),
        instructions=Instructions(policy, "switch", "upload"),
        switch_arn="arn:aws:lambda:us-east-1:123456789012:function:switch",
        upload_arn="arn:aws:lambda:us-east-1:123456789012:function:upload",
    )
    viewer = Viewer("light", is_narrow=is_narrow, zone=UTC)
    return page(deps, request or PageRequest(), viewer, "arn:aws:lambda:us-east-1:123456789012:function:page")
