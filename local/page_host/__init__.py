"""What CloudWatch does with a custom widget, on this machine: `python -m local.page_host`."""

from local.page_host.host import PageHost

__all__ = ["PageHost"]
