"""What a model's secret is named, and what its text holds."""

from __future__ import annotations

import json
import re
from typing import Any

HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
"""Printable ASCII: a key with anything else can't be a header, and the exception about it would quote the key."""


def api_key_in(secret: object) -> str | None:
    """Return the API key that a secret's text holds, as JSON or bare, None if that is nothing that can be sent."""
    text = secret.strip() if isinstance(secret, str) else ""
    api_key = fields_in(text).get("api_key") if text.startswith("{") else text
    return api_key if isinstance(api_key, str) and HEADER_SAFE.fullmatch(api_key) else None


def fields_in(secret: str | None) -> dict[str, Any]:
    """Return the JSON object that a secret's text is, or an empty one."""
    try:
        value = json.loads(secret or "")
    except (ValueError, RecursionError):  # the latter for JSON that is nested too deep
        return {}
    return value if isinstance(value, dict) else {}


def model_of(secret_name: str, prefix: str) -> str | None:
    """Return the model whose API key a secret holds, None if it is no model's: `{prefix}/_account`, for example."""
    model = secret_name.removeprefix(f"{prefix}/")
    return None if model == secret_name or model.startswith("_") or "/" in model else model
