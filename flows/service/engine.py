"""One flow run in a process of its own: `python -m flows.service.engine`, or a fork of the warm parent.

What Prefect's own `python -m prefect.engine` does, in a process that goes when the service goes.
"""

from __future__ import annotations

import runpy
import signal
import sys
import warnings

from flows.schedule import environment

ENGINE = "prefect.engine"


def carry_out(module: str = ENGINE) -> None:
    """Carry out the run that the environment names (PREFECT__FLOW_RUN_ID), as `python -m module` would;
    ends as that does, by `SystemExit` or a signal.

    The process dies with the one that started it, and at once: asked to end, it would first try to tell
    a server that went as well. A Ctrl-C on the terminal it leaves to the runner, which lets runs end.
    """
    environment.die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.argv = [module]
    with warnings.catch_warnings():
        # A warm process has imported the module; running it as a program is what Prefect does too.
        warnings.filterwarnings("ignore", ".*found in sys.modules", RuntimeWarning, "runpy")
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    carry_out()
