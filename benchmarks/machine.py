"""The machine that a number was measured on: what explains it, and nothing that tells whose it was."""

from __future__ import annotations

import os
import platform
import ssl
from datetime import UTC, datetime
from importlib.metadata import version


def machine() -> dict[str, str | int | None]:
    """Return the date, the system, and the versions that a number depends on."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        **{library: version(library) for library in ("boto3", "requests", "urllib3")},
    }
