"""The example of the service's manual: read everything, then put it.

https://predictionone.sony.biz/cloud_manual/operating_instruction/re_train_api/ (Retrain Data Upload API)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from benchmarks.transfer import Transfer

_TIMEOUTS_SECONDS = (30, 120)


def relay(transfer: Transfer) -> None:
    """Hold the whole object in memory between the two requests."""
    landed = requests.get(transfer.source_url, timeout=_TIMEOUTS_SECONDS, verify=transfer.ca_path)
    landed.raise_for_status()
    data = landed.content
    response = requests.put(transfer.sink_url, data=data, timeout=_TIMEOUTS_SECONDS, verify=transfer.ca_path)
    response.raise_for_status()
