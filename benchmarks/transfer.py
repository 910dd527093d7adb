"""What every contestant gets: one object to read, one URL to put it to."""

from __future__ import annotations

from dataclasses import dataclass

BUCKET = "landing"


@dataclass(frozen=True)
class Transfer:
    """One object at the source, its URL at the sink, and the certificate (PEM) that both ends show."""

    source_endpoint: str
    key: str
    size_bytes: int
    sink_url: str
    ca_path: str

    @property
    def source_url(self) -> str:
        """The object's path-style URL."""
        return f"{self.source_endpoint}/{BUCKET}/{self.key}"
