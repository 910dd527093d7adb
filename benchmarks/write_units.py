"""How many write request units DynamoDB charges for a write, from the item before and after it.

"A standard write request unit can write an item up to 1 KB" (AWS, "Pricing for On-Demand Capacity"). An index that
holds the item costs its own: one unit if the item comes into it, leaves it, or changes in it, and two if its key there
changes, "one to delete the previous item from the index and another write to put the new item into the index" (DynamoDB
developer guide, "Using Global Secondary Indexes", on write capacity units). All our indexes hold whole items.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Image = Mapping[str, Mapping[str, Any]]
"""An item as a stream's record has it; empty: there is none."""

_UNIT_BYTES = 1024


def write_units(before: Image, after: Image, indexes: Sequence[Mapping[str, Any]]) -> int:
    """Return the units of one write: to the table, and to each index as the template defines it."""
    units = max(_units(before), _units(after))
    for index in indexes:
        old, new = (_key_in(image, index) for image in (before, after))
        if old == new:
            units += max(_units(before), _units(after)) if new else 0
        else:
            units += (_units(before) if old else 0) + (_units(after) if new else 0)
    return units


def _key_in(image: Image, index: Mapping[str, Any]) -> str | None:
    """Return an item's key in an index; None if the index does not hold it."""
    names = [part["AttributeName"] for part in index["KeySchema"]]
    return json.dumps([image[name] for name in names]) if all(name in image for name in names) else None


def _units(image: Image) -> int:
    return math.ceil(size_bytes(image) / _UNIT_BYTES)


def size_bytes(image: Image) -> int:
    """Return about how large an item is: its names and values as UTF-8, and nested ones as JSON, which is longer."""
    return sum(len(name.encode()) + len(_text(next(iter(value.values()))).encode()) for name, value in image.items())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
