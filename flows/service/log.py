"""One log for everything the service does: a line a thing, with its moment, on standard output.

Times are the machine's own, also on a virtual clock. Child processes write into the same stream.
"""

from __future__ import annotations

import logging
import sys

FORMAT = "%(asctime)s | %(levelname)-7s | %(message)s"
DATE = "%Y-%m-%d %H:%M:%S"


def one_log(level: int = logging.INFO) -> None:
    """Set up this process's log. Prefect's own lines have the same shape (`quiet.STEADY`)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(FORMAT, DATE))
    logger = logging.getLogger("dondoc")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
