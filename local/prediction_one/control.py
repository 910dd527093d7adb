"""Steers a stand-in that runs in a process of its own."""

from http import HTTPStatus
from typing import Any

import requests

from local.prediction_one.control_room import STEERING_PATH
from local.prediction_one.steering import Steering

_TIMEOUTS_SECONDS = (5.0, 30.0)  # to connect, to read


class StandInControl(Steering):
    """Asks and steers the stand-in at `base_url`, over HTTP."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")

    def _ask(self, method: str, resource: str, **arguments: Any) -> Any:
        response = requests.request(
            method,
            self.base_url + STEERING_PATH + resource,
            params=arguments if method == "GET" else None,
            json=None if method == "GET" else arguments,
            timeout=_TIMEOUTS_SECONDS,
            allow_redirects=False,
        )
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise LookupError(response.json()["message"])
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise ValueError(response.json()["message"])
        response.raise_for_status()
        return response.json()
