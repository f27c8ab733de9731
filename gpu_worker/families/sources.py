"""Where a base's files come from: a folder, or the Hugging Face hub where the operator names one of its models.

Only weights in safetensors, configurations and tokenizers are ever read: no pickles, and no code.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download, snapshot_download
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, RepositoryNotFoundError

from core.errors import ConfigurationError
from gpu_worker.families.memory import Parameters

SETTING = "LIKENESS_BASE_SOURCES"
INDEX = "model_index.json"
WANTED = ("*.safetensors", "*.json", "*.txt", "*.jinja", "*.model")
"""In the folder of each part: weights that hold nothing but numbers, configurations and vocabularies."""
NOT_WANTED = ("*.fp16.safetensors", "*.non_ema.safetensors", "*.fp16.*.json")
"""The same weights in other forms."""
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def find_base(base: str, source: str) -> Path:
    """Return the diffusers folder of a base; one of the hub is downloaded once and then stays as it is.

    Raises:
        ConfigurationError: It is not configured, does not exist, or the hub does not give it.
    """
    if not source:
        raise ConfigurationError(
            f"LIKENESS_BASES names {base}, and {SETTING} does not say where it is. "
            f"Add {base}= and a folder or a model's id on the Hugging Face hub; docs/bases.md has them."
        )
    folder = Path(source).expanduser()
    if not folder.is_dir():
        if not _HUB_ID.fullmatch(source):
            raise ConfigurationError(f"{SETTING}: there is no folder {source} for {base}. Correct its path.")
        folder = _of_hub(base, source)
    if not (folder / INDEX).is_file():
        raise ConfigurationError(
            f"{SETTING}: {source} is no diffusers model for {base}: it has no {INDEX}. "
            "A single checkpoint file has to be converted first; docs/bases.md says how."
        )
    return folder


def parts_of(folder: Path) -> dict[str, Any]:
    """Return what the folder says of itself: each part with its library and class, and the pipeline's options."""
    try:
        return json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ConfigurationError(f"{SETTING}: {folder / INDEX} cannot be read.") from fault


def weight_files(folder: Path, part: str) -> list[Path]:
    """Return the files of a part's weights."""
    return [
        path
        for path in sorted((folder / part).glob("*.safetensors"))
        if not any(path.match(pattern) for pattern in NOT_WANTED)
    ]


def count_parameters(folder: Path, denoiser: str, text_encoders: Collection[str]) -> Parameters:
    """Count a base's parameters from the heads of its files, without reading a weight."""
    return Parameters(
        denoiser=_count(folder, denoiser),
        text_encoders=sum(_count(folder, part) for part in text_encoders),
        autoencoder=_count(folder, "vae"),
    )


def hash_weights(folder: Path, parts: Collection[str]) -> str:
    """Return a SHA-256 of all weights of some parts: which base exactly.

    The hub's cache names a file by the SHA-256 of its content, so that these need not be read.
    """
    digest = hashlib.sha256()
    for part in sorted(parts):
        for path in weight_files(folder, part):
            digest.update(f"{part}/{path.name}\n{_hash_file(path)}\n".encode())
    return digest.hexdigest()


def _hash_file(path: Path) -> str:
    stored = path.resolve()
    if path.is_symlink() and _SHA256.fullmatch(stored.name):
        return stored.name
    with stored.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _count(folder: Path, part: str) -> int:
    return sum(_count_in(path) for path in weight_files(folder, part))


def _count_in(path: Path) -> int:
    """A file begins with a little-endian length of 8 bytes and that much JSON (safetensors, "Format")."""
    total = 0
    with path.open("rb") as file:
        head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    for name, tensor in head.items():
        if name != "__metadata__":
            size = 1
            for side in tensor["shape"]:
                size *= side
            total += size
    return total


def _of_hub(base: str, source: str) -> Path:
    """Return the hub's model as it was downloaded first: another version would be another base to every adapter."""
    try:
        return _snapshot(source, is_local=True)
    except (LocalEntryNotFoundError, ConfigurationError):
        pass  # it was never downloaded, or not to the end
    try:
        return _snapshot(source, is_local=False)
    except GatedRepoError as fault:
        raise ConfigurationError(
            f"{SETTING}: the licence of {source} for {base} has to be accepted first. "
            f"Open https://huggingface.co/{source}, accept it, and give the worker a token of that account as HF_TOKEN."
        ) from fault
    except RepositoryNotFoundError as fault:
        raise ConfigurationError(
            f"{SETTING}: the Hugging Face hub has no {source} for {base}, or does not show it without a token. "
            "Check the name, and give the worker HF_TOKEN if the model is private."
        ) from fault
    except (OSError, ValueError) as fault:
        raise ConfigurationError(
            f"{SETTING}: {source} for {base} is no folder, and the Hugging Face hub did not give it "
            f"({type(fault).__name__}). Check the network, or download it and give its folder."
        ) from fault


def _snapshot(source: str, *, is_local: bool) -> Path:
    """Return the folder of a hub's model with the parts that its pipeline names, and nothing else of it."""
    index = Path(hf_hub_download(source, INDEX, local_files_only=is_local))
    parts = [name for name, kind in parts_of(index.parent).items() if isinstance(kind, list) and kind[0]]
    wanted = [INDEX, *(f"{part}/{pattern}" for part in parts for pattern in WANTED)]
    folder = snapshot_download(
        source, allow_patterns=wanted, ignore_patterns=list(NOT_WANTED), local_files_only=is_local
    )
    if is_local and not all((Path(folder) / part).is_dir() for part in parts):
        raise LocalEntryNotFoundError(f"{source} was not downloaded to the end")
    return Path(folder)
