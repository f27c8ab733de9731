"""A small disk that can be filled: a tmpfs of its own under the data folder."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

SIZE_BYTES = 384 << 20
"""Far more than a run leaves; the ballast takes the rest."""
_BLOCK = bytes(4096)


class SmallDisk:
    """A folder, on a tmpfs where this machine lets us mount one. Elsewhere it is only a folder, and never full."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        asked = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=0700", "likeness-chaos", str(folder)]
        can_mount = shutil.which("mount") is not None and os.geteuid() == 0
        self.is_small = can_mount and subprocess.run(asked, capture_output=True).returncode == 0
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no free byte."""
        free = os.statvfs(self.folder)
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.posix_fallocate(file, 0, max(1, free.f_bavail * free.f_frsize - (1 << 20)))
            while True:
                os.write(file, _BLOCK)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
        finally:
            os.close(file)

    def empty(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink(missing_ok=True)

    def keep(self, folder: Path) -> None:
        """Copy what is on the disk to where it outlives it; sockets stay behind."""
        if self.is_small:
            sockets = shutil.ignore_patterns("*.sock", "ballast")
            shutil.copytree(self.folder, folder, ignore=sockets, dirs_exist_ok=True)

    def unmount(self) -> None:
        """Give the disk back."""
        if self.is_small:
            # Lazily: what still has a file open there, if anything, was reported already.
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True, capture_output=True)
            self.is_small = False
