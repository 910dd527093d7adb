"""The two ends: nginx over TLS on loopback, as the object store that is read and as the one that is written.

Each end is an nginx of its own, so that neither takes the other's time. The sink is nginx's WebDAV PUT: it
answers only after it has read the whole body, and what it stored can be checked.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from benchmarks.tools import CannotMeasureError
from local.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.tools import Tools

_RAM_DISK = Path("/dev/shm")  # noqa: S108 - a private folder is made in it; RAM keeps the disk out of the result
_START_TIMEOUT_SECONDS = 10

# `master_process off`: one process, so that its id is all there is to end, and no change of user.
# One cipher: every contestant encrypts with the same.
# `client_body_buffer_size`: a body of any size passes through this much memory.
_CONFIG = """
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    default_type text/csv;
    client_max_body_size 0;
    client_body_buffer_size 256k;
    client_body_temp_path temp/body;
    proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi;
    scgi_temp_path temp/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate}.key;
        ssl_protocols TLSv1.3;
        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
        root {directory}/objects;
        dav_methods PUT;
    }}
}}
"""


@contextmanager
def scratch_directory(needed_bytes: int) -> Iterator[Path]:
    """Give a folder with room for `needed_bytes`, in RAM if there is enough; it is deleted at the end."""
    has_room = _RAM_DISK.is_dir() and shutil.disk_usage(_RAM_DISK).free > needed_bytes
    with tempfile.TemporaryDirectory(prefix="relay-", dir=_RAM_DISK if has_room else None) as name:
        if shutil.disk_usage(name).free < needed_bytes:
            raise CannotMeasureError(f"the benchmark needs {needed_bytes >> 20} MiB of temporary space.")
        yield Path(name)


def make_certificate(tools: Tools, certificate: Path) -> None:
    """Make a certificate for 127.0.0.1, and its key beside it, good for a day."""
    command = [tools.openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-noenc", "-days", "1", "-subj", "/CN=relay benchmark"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    command += ["-out", str(certificate), "-keyout", f"{certificate}.key"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise CannotMeasureError(f"openssl made no certificate: {made.stderr.strip()}")


@contextmanager
def object_store(tools: Tools, directory: Path, certificate: Path) -> Iterator[str]:
    """Serve the files in `directory`/objects to GET, HEAD and PUT; give the base URL.

    Raises
    ------
    CannotMeasureError
        nginx ended, or did not listen, within its time.
    """
    for name in ("objects", "temp"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = directory / "nginx.conf"
    config.write_text(_CONFIG.format(port=port, certificate=certificate, directory=directory))
    error_log = directory / "error.log"
    server = subprocess.Popen([tools.nginx, "-p", directory, "-c", config, "-e", error_log])
    try:
        _wait_until_listening(server, port, error_log)
        yield f"https://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_until_listening(server: subprocess.Popen[bytes], port: int, error_log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    reason = error_log.read_text().strip() if error_log.exists() else "no reason given"
    raise CannotMeasureError(f"nginx did not start: {reason}")


@contextmanager
def upload_url_service(sink_endpoint: str) -> Iterator[str]:
    """Answer every request for an upload URL with the sink's, for each file; give the API's base URL."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            (filename,) = parse_qs(urlsplit(self.path).query)["filename"]
            body = json.dumps({"retrain_job_id": "job", "upload_url": f"{sink_endpoint}/{filename}"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
