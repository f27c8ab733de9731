"""`python -m gpu_worker`: the worker as a process of its own."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys

from core.errors import ConfigurationError
from core.settings import Settings

EXIT_WITH_PARENT = "LIKENESS_EXIT_WITH_PARENT"
"""Set by a parent that wants no worker left behind, however it dies itself."""
PR_SET_PDEATHSIG = 1  # prctl(2), linux/prctl.h


def exit_with_parent() -> None:
    """Have the kernel send SIGTERM when the parent dies. Linux only; elsewhere the parent has to do it."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died in between
        os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run the worker; the exit code is 0 after an orderly end, 2 when the settings cannot work."""
    if os.environ.get(EXIT_WITH_PARENT) == "1":
        exit_with_parent()
    # What transformers says when it is imported is about torchvision, which no base here needs.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from gpu_worker.main import run

    settings = Settings()
    logging.basicConfig(
        level=settings.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        asyncio.run(run(settings))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
