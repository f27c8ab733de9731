"""`python -m gpu_worker`: the worker as a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys

from core.errors import ConfigurationError
from core.logs import start_logging
from core.processes import exit_with_parent
from core.settings import Settings

EXIT_WITH_PARENT = "LIKENESS_EXIT_WITH_PARENT"
"""The process id of a parent that wants no worker left behind, however it dies itself."""


def main() -> int:
    """Run the worker; the exit code is 0 after an orderly end, 2 when the settings cannot work."""
    if parent := os.environ.get(EXIT_WITH_PARENT):
        exit_with_parent(int(parent))
    # What transformers says when it is imported is about torchvision, which no base here needs.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from gpu_worker.main import run

    settings = Settings()
    start_logging(settings.log_level)
    try:
        asyncio.run(run(settings))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
