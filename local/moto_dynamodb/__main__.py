"""Serves moto's DynamoDB on a free loopback port, whose URL it prints, until it is ended.

Moto's own program, `moto_server`, lets another request write between a request's check of a condition and its write: of
sixteen claims of one item at the same time, more than one succeeds (in 15 of 100 rounds, moto 5.2.5). DynamoDB checks
and writes in one step, which is what conditional writes are for; so here, requests take turns.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_app = create_backend_app("dynamodb")
_turn = threading.Lock()


class _QuietHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Deal with one request at a time."""
    with _turn:
        return _app(environ, start_response)


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, serve, threaded=True, request_handler=_QuietHandler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
