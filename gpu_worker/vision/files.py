"""Where a vision model's files lie, and what they are called together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import snapshot_download

from core.errors import ConfigurationError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
WANTED = ("*.safetensors", "*.json")
"""Weights that hold nothing but numbers, and how to use them; never pickles, never code."""
NOT_WANTED = ("*/*",)
CHUNK_BYTES = 2**20
NAME_CHARACTERS = 24
IDENTITY_DIGITS = 12


class NotDownloaded(ConfigurationError):
    """The hub's model is not on this machine, and was not to be fetched."""


def find_model(named: str, variable: str, *, may_download: bool = True) -> Path:
    """Return the folder of a model; one of the hub is downloaded once and then stays as it is.

    Raises:
        ConfigurationError: There is no such model, or its files are not of the right kind.
    """
    folder = Path(named).expanduser()
    if not folder.is_dir():
        if not _HUB_ID.fullmatch(named):
            raise ConfigurationError(
                f"{variable}: there is no folder {named}. Correct its path, or leave it empty."
            )
        folder = _of_hub(named, variable, may_download=may_download)
    if not (folder / "config.json").is_file() or not _weights(folder):
        raise ConfigurationError(
            f"{variable}: {named} has no config.json with weights in safetensors beside it. Name a model that has."
        )
    return folder


def _of_hub(named: str, variable: str, *, may_download: bool) -> Path:
    try:
        folder = Path(_snapshot(named, is_local=True))
        if _weights(folder):
            return folder
    except (OSError, ValueError):
        pass  # it was never downloaded
    if not may_download:
        raise NotDownloaded(
            f"{variable}: {named} is neither a folder nor downloaded yet. A worker downloads it when it starts."
        )
    try:
        return Path(_snapshot(named, is_local=False))
    except (OSError, ValueError) as fault:
        raise ConfigurationError(
            f"{variable}: {named} is no folder, and the Hugging Face hub did not give it ({type(fault).__name__}). "
            "Check the name and the network, or download it and give its folder."
        ) from fault


def _snapshot(named: str, *, is_local: bool) -> str:
    return snapshot_download(
        named, allow_patterns=list(WANTED), ignore_patterns=list(NOT_WANTED), local_files_only=is_local
    )


def _weights(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def identity_of(folders: Sequence[Path], kinds: Sequence[str]) -> str:
    """Return the provider's name: what it is, and a hash of everything that decides what it sees.

    Args:
        folders: Of each model.
        kinds: What each model is, as in its configuration ("dinov2").
    """
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted([*_weights(folder), *folder.glob("*config.json")]):
            digest.update(f"{path.name}\n{path.stat().st_size}\n".encode())
            with path.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    digest.update(chunk)
    name = re.sub(r"[^a-z0-9.+]", "", "+".join(kinds).lower())[:NAME_CHARACTERS]
    return f"{name}-{digest.hexdigest()[:IDENTITY_DIGITS]}"
