"""The file of a trained adapter: one safetensors file in PEFT's own format, never a pickle.

The tensors carry PEFT's names (`base_model.model.<layer>.lora_A.weight`) and the file's metadata carries
PEFT's `adapter_config.json`, so that the two halves of a PEFT folder travel, and are hashed, as one.
`write_peft_folder` takes them apart again for other software.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from peft.tuners.tuners_utils import check_target_module_exists
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

_METADATA_KEY = "likeness"
"""One key only: safetensors writes several in an order that differs from run to run."""
PEFT_PREFIX = "base_model.model."


@dataclass(frozen=True)
class AdapterShape:
    """What PEFT has to know to build the layers of an adapter."""

    lora_rank: int
    lora_alpha: int
    target_modules: str | tuple[str, ...]

    @property
    def scale(self) -> float:
        """What PEFT multiplies the change by."""
        return self.lora_alpha / self.lora_rank

    def lora_config(self) -> LoraConfig:
        """Return a fresh PEFT configuration: PEFT writes into the one it is given."""
        targets = self.target_modules
        return LoraConfig(
            r=self.lora_rank,
            lora_alpha=self.lora_alpha,
            target_modules=targets if isinstance(targets, str) else list(targets),
            lora_dropout=0.0,
            bias="none",
        )

    def target_paths(self, denoiser: torch.nn.Module) -> list[str]:
        """Return the paths of the layers that PEFT would change in a denoiser, in its order."""
        config = self.lora_config()
        return [path for path, _ in denoiser.named_modules() if check_target_module_exists(config, path)]


@dataclass(frozen=True)
class AdapterFile:
    """A trained adapter at rest: `factors` by layer (`<layer>.lora_A.weight`), and what it was trained on."""

    shape: AdapterShape
    factors: Mapping[str, torch.Tensor]
    base_weights_sha256: str
    version_id: str
    """Makes the file of every version unique, so that deleting one can never delete another's."""


def pack_adapter(adapter: AdapterFile) -> bytes:
    """Write an adapter as safetensors."""
    tensors = {
        f"{PEFT_PREFIX}{name}": factor.detach().contiguous().cpu() for name, factor in adapter.factors.items()
    }
    facts = {
        "adapter_config": _config_json(adapter.shape),
        "base_weights_sha256": adapter.base_weights_sha256,
        "version_id": adapter.version_id,
    }
    return save_tensors(tensors, metadata=pack_metadata(facts))


def unpack_adapter(data: bytes) -> AdapterFile:
    """Read an adapter back."""
    facts = metadata_of(data)
    config = facts["adapter_config"]
    targets = config["target_modules"]
    return AdapterFile(
        shape=AdapterShape(
            config["r"], config["lora_alpha"], targets if isinstance(targets, str) else tuple(targets)
        ),
        factors=factors_of(data),
        base_weights_sha256=facts["base_weights_sha256"],
        version_id=facts["version_id"],
    )


def pack_foreign(
    config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor], base_weights_sha256: str, version_id: str
) -> bytes:
    """Write an adapter of any kind that peft knows, given as peft saved it."""
    facts = {
        "adapter_config": dict(config),
        "base_weights_sha256": base_weights_sha256,
        "version_id": version_id,
    }
    named = {f"{PEFT_PREFIX}{name.removeprefix(PEFT_PREFIX)}": tensor for name, tensor in tensors.items()}
    return save_tensors(named, metadata=pack_metadata(facts))


def factors_of(data: bytes) -> dict[str, torch.Tensor]:
    """Return an adapter's tensors by layer, without peft's prefix."""
    return {name.removeprefix(PEFT_PREFIX): tensor for name, tensor in load_tensors(data).items()}


def write_peft_folder(data: bytes, folder: Path) -> None:
    """Write `adapter_model.safetensors` and `adapter_config.json`, as `PeftModel.from_pretrained` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_model.safetensors").write_bytes(data)
    (folder / "adapter_config.json").write_text(json.dumps(metadata_of(data)["adapter_config"], indent=2))


def pack_metadata(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return facts in the form that `metadata_of` reads."""
    return {_METADATA_KEY: json.dumps(facts, sort_keys=True)}


def metadata_of(data: bytes) -> dict[str, Any]:
    """Return our metadata from the head of a safetensors file.

    The head is a little-endian length of 8 bytes and that much JSON (safetensors, "Format").
    """
    length = int.from_bytes(data[:8], "little")
    return json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_METADATA_KEY])


def _config_json(shape: AdapterShape) -> dict[str, Any]:
    config = shape.lora_config().to_dict()
    return {name: sorted(value) if isinstance(value, set) else value for name, value in config.items()}
