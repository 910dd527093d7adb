"""The name of a model's secret, and what its text contains."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,4096}")
"""Printable ASCII. Any other key cannot be a header, and the exception about it would quote the key. Servers accept
headers of some KiB; a longer text is another one that somebody stored by mistake."""

MAX_TEXT = 60_000
"""How many characters a secret may have before a new key is added: with it, 65,536 (quotas of Secrets Manager)."""


def api_key_in(secret: object) -> str | None:
    """Return the API key in a secret's text, JSON or the key alone; None if there is none that can be sent."""
    text = secret.strip() if isinstance(secret, str) else ""
    api_key = fields_in(text).get("api_key") if text.startswith("{") else text
    return api_key if isinstance(api_key, str) and HEADER_SAFE.fullmatch(api_key) else None


def fields_in(secret: str | None) -> dict[str, Any]:
    """Return a secret's text as a JSON object; empty if it is none."""
    try:
        value = json.loads(secret or "")
    except (ValueError, RecursionError):  # RecursionError: nested too deep
        return {}
    return value if isinstance(value, dict) else {}


def secret_text(fields: Mapping[str, Any]) -> str:
    """Return the text of a secret. In ASCII: half a surrogate pair, as JSON may hold, has no encoding of its own."""
    return json.dumps(fields)


def fits(value: Any, max_characters: int) -> bool:
    """Return whether a value's JSON has at most so many characters."""
    try:
        return len(json.dumps(value)) <= max_characters
    except RecursionError:  # nested just so deep that it could be read
        return False


def model_of(secret_name: str, prefix: str) -> str | None:
    """Return the model that a secret belongs to; None for others, such as `{prefix}/_account`."""
    model = secret_name.removeprefix(f"{prefix}/")
    return None if model == secret_name or model.startswith("_") or "/" in model else model
