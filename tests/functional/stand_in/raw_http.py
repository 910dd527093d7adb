"""Requests that no HTTP library would send."""

from urllib.parse import urlsplit


def head_of_put(upload_url: str, *headers: str) -> bytes:
    """Return the first line and headers of a PUT, to be sent by hand."""
    parts = urlsplit(upload_url)
    lines = (f"PUT {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", *headers, "", "")
    return "\r\n".join(lines).encode()
