"""`python -m local.page_host --function NAME`: serves until it is interrupted, and prints its address first."""

from __future__ import annotations

import argparse

import boto3
from botocore.config import Config

from local.page_host.host import PageHost


def main() -> None:
    """Serve with the rights of the AWS credentials in the environment."""
    parser = argparse.ArgumentParser(prog="python -m local.page_host", description=__doc__)
    parser.add_argument("--function", required=True, help="the page function's name")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    functions = boto3.client("lambda", config=Config(read_timeout=310, retries={"total_max_attempts": 1}))
    host = PageHost(functions, options.function, options.port)
    print(host.url, flush=True)
    host.serve()


if __name__ == "__main__":
    main()
