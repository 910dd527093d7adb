"""A bucket of any size that lists each page of its versions in the same time: MiniStack sorts all keys for each."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import parse_qs, urlsplit

BUCKET = "landing"
ETAG = "b1946ac92492d2347c6235b4d2611184"

_VERSION = """<Version><Key>{key}</Key><VersionId>{version}</VersionId><IsLatest>true</IsLatest>\
<LastModified>{modified}</LastModified><ETag>"{etag}"</ETag><Size>15241</Size><StorageClass>STANDARD</StorageClass>\
<Owner><ID>{owner}</ID></Owner></Version>"""
_NOTIFICATIONS = "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"


def key_of(number: int) -> str:
    """Return the key of a version: 1,000 in a folder, as by a daily job of many files."""
    return f"model-{number // 1_000:04}/2026-11-23/part-{number:08}.snappy.csv"


def version_of(number: int) -> str:
    """Return the id of a version, as long as S3's."""
    return f"{number:032}"


class LongListing:
    """Serves the bucket on loopback; a context manager.

    Parameters
    ----------
    versions
        How many there are.
    age
        How old all of them are.
    """

    def __init__(self, versions: int, age: timedelta) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        cast("Any", self._server).versions = versions
        cast("Any", self._server).modified = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a page of the listing, or that notifications are on."""
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        body = (_NOTIFICATIONS if "notification" in query else self._page(query)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _page(self, query: dict[str, list[str]]) -> str:
        server: Any = self.server
        first = int(query["version-id-marker"][0]) + 1 if "version-id-marker" in query else 0
        last = min(first + int(query["max-keys"][0]), server.versions)
        listed = "".join(
            _VERSION.format(
                key=key_of(number), version=version_of(number), modified=server.modified, etag=ETAG, owner="0" * 64
            )
            for number in range(first, last)
        )
        if last == server.versions:
            return f"<ListVersionsResult><IsTruncated>false</IsTruncated>{listed}</ListVersionsResult>"
        markers = f"<NextKeyMarker>{key_of(last - 1)}</NextKeyMarker>"
        markers += f"<NextVersionIdMarker>{version_of(last - 1)}</NextVersionIdMarker>"
        return f"<ListVersionsResult><IsTruncated>true</IsTruncated>{markers}{listed}</ListVersionsResult>"
