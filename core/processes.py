"""Child processes that do not outlive who started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2), linux/prctl.h


def exit_with_parent(parent_pid: int, signal_number: int = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent dies, however it dies.

    Called by the child. Linux only; elsewhere a parent that is killed leaves its children to their own ends.

    Args:
        parent_pid: As the parent knows it: it may have died before the child could ask.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent_pid:  # it is dead already
        os.kill(os.getpid(), signal_number)
