"""The stand-in as a whole, to be used inside a test or by the command line."""

from collections.abc import Iterable, Mapping
from threading import Thread
from typing import Any, Self

from local.prediction_one.connection import Connection, StandInServer
from local.prediction_one.control_room import STEERING_PATH, control, serve_control
from local.prediction_one.exchange import Exchange
from local.prediction_one.state import ServiceState
from local.prediction_one.steering import Steering
from local.prediction_one.values import Settings

_SHUTDOWN_POLL_SECONDS = 0.02


class PredictionOneStandIn(Steering):
    """
    Prediction One on 127.0.0.1, for as long as the `with` block runs.

    Parameters
    ----------
    api_keys
        The model that each API key opens.
    secret_keys
        The account's Secret Keys, for API 4.
    port
        0 takes a free one.
    training_seconds
        How long a retraining takes.
    verbose
        Write each request to stderr, without its keys.
    """

    def __init__(
        self,
        api_keys: Mapping[str, str],
        secret_keys: Iterable[str] = (),
        *,
        port: int = 0,
        training_seconds: float = Settings.training_seconds,
        verbose: bool = False,
    ) -> None:
        self._state = ServiceState(api_keys, secret_keys, Settings(training_seconds=training_seconds))
        self._port = port
        self._verbose = verbose

    def __enter__(self) -> Self:
        """Open the port and serve."""
        self._server = StandInServer(self._port, self._serve, verbose=self._verbose)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"
        arguments = {"poll_interval": _SHUTDOWN_POLL_SECONDS}
        self._thread = Thread(target=self._server.serve_forever, kwargs=arguments, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the port and every connection; what was recorded can still be read."""
        self._server.stop()
        self._thread.join()

    def _serve(self, connection: Connection) -> None:
        if connection.path.startswith(STEERING_PATH):
            serve_control(self._state, connection)
        else:
            Exchange(connection, self._state).run()

    def _ask(self, method: str, resource: str, **arguments: Any) -> Any:
        return control(self._state, method, resource, arguments)
