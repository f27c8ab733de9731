"""Somebody else's LoRA as an adapter of ours: `python -m gpu_worker.community FILE --base sdxl --source FOLDER ...`.

diffusers knows the formats of the usual trainers and which layer each name means: its names are taken, and the factors
are written in our format. What peft alone knows (DoRA, LoHa, LoKr) has to come
in peft's own format, with its `adapter_config.json`, and is kept as it is.
"""

from __future__ import annotations

import argparse
import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers.utils.state_dict_utils import convert_unet_state_dict_to_peft
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors

from core.errors import JobFailed
from gpu_worker.adapters import PEFT_PREFIX, AdapterFile, AdapterShape, pack_adapter, pack_foreign
from gpu_worker.families.pipeline_family import PipelineFamily
from gpu_worker.families.registry import load_family
from gpu_worker.merged import is_plain, mergeable_layers

_UNREAD = ("dora_scale", "hada_", "lokr_", "oft_", ".diff")
"""Parts of names by which files tell that they are more than low-rank changes; diffusers would leave these out."""
UNREADABLE = (
    "This is no LoRA file in safetensors for {base}. Export it again, or check which base it was trained on."
)
ONLY_FROM_PEFT = (
    "This adapter is of a kind that can only be taken over from peft's own format. "
    "Save it as adapter_model.safetensors with its adapter_config.json."
)


def adopt(
    data: bytes, family: PipelineFamily, version_id: str, config: Mapping[str, Any] | None = None
) -> bytes:
    """Return a file in our format. Changes of text encoders are left out: people with other names share those.

    Args:
        data: safetensors, in the format of kohya's scripts, of diffusers or of peft.
        family: The base that it was trained on.
        version_id: What makes the new file unique.
        config: What stands in peft's `adapter_config.json`, where there is one.

    Raises:
        JobFailed: It cannot be taken over.
    """
    try:
        tensors = load_tensors(data)
    except SafetensorError as fault:
        raise JobFailed(UNREADABLE.format(base=family.identity.name)) from fault
    if config is not None and not is_plain(config):
        return pack_foreign(config, tensors, family.identity.weights_sha256, version_id)
    if any(part in name for name in tensors for part in _UNREAD):
        raise JobFailed(ONLY_FROM_PEFT)
    try:
        factors = _read(tensors, family, config)
    except (ValueError, KeyError, RuntimeError, IndexError) as fault:
        raise JobFailed(UNREADABLE.format(base=family.identity.name)) from fault
    if not factors:
        raise JobFailed(UNREADABLE.format(base=family.identity.name))
    lora_rank = max(len(factor) for name, factor in factors.items() if "lora_A" in name)
    paths = tuple(name.removesuffix(".lora_A.weight") for name in factors if "lora_A" in name)
    return pack_adapter(
        AdapterFile(
            shape=AdapterShape(lora_rank, lora_rank, paths),
            factors={name: _of_rank(factor, name, lora_rank) for name, factor in factors.items()},
            base_weights_sha256=family.identity.weights_sha256,
            version_id=version_id,
        )
    )


def _read(
    tensors: dict[str, torch.Tensor], family: PipelineFamily, config: Mapping[str, Any] | None
) -> dict[str, torch.Tensor]:
    """Return the factors of each layer by peft's names, what they are multiplied by folded in."""
    prefix = f"{family.denoiser_part}."
    state_dict, alphas = _with_diffusers_names(tensors, family, config)
    state_dict = {
        name.removeprefix(prefix): tensor for name, tensor in state_dict.items() if name.startswith(prefix)
    }
    if not any("lora_A" in name for name in state_dict):
        state_dict = convert_unet_state_dict_to_peft(state_dict)
    scales = _scales({name.removeprefix(prefix): float(alpha) for name, alpha in (alphas or {}).items()})
    layers = mergeable_layers(family.denoiser)
    factors: dict[str, torch.Tensor] = {}
    for path in dict.fromkeys(name.rpartition(".lora_")[0] for name in state_dict):
        lora_a, lora_b = (state_dict.pop(f"{path}.lora_{half}.weight").float() for half in "AB")
        weight: Any = layers[path].weight
        if (len(lora_b), *lora_a.shape[1:]) != tuple(weight.shape) or lora_a.shape[0] != lora_b.shape[1]:
            raise ValueError(f"{path} has another shape here")
        factors[f"{path}.lora_A.weight"] = lora_a
        factors[f"{path}.lora_B.weight"] = lora_b * (scales.get(path, len(lora_a)) / len(lora_a))
    if state_dict:
        raise ValueError(f"{len(state_dict)} tensors are no factors")
    return factors


def _scales(alphas: Mapping[str, float]) -> dict[str, float]:
    """Return the alpha of each layer, whose names diffusers writes in three ways."""
    named = {
        name.removesuffix(".alpha") if ".down." in name else name.replace(".alpha", ".lora_A.weight"): alpha
        for name, alpha in alphas.items()
    }
    old: Any = {name: alpha for name, alpha in named.items() if "lora_A" not in name}
    new = {name: alpha for name, alpha in named.items() if "lora_A" in name}
    return {
        name.partition(".lora_A.")[0]: alpha
        for name, alpha in {**new, **convert_unet_state_dict_to_peft(old)}.items()
    }


def _with_diffusers_names(
    tensors: dict[str, torch.Tensor], family: PipelineFamily, config: Mapping[str, Any] | None
) -> tuple[dict[str, torch.Tensor], dict[str, Any] | None]:
    """Return the tensors by diffusers' names of layers, and the alphas that lie beside them."""
    part = family.denoiser_part
    if any(name.startswith(PEFT_PREFIX) for name in tensors):
        named = {f"{part}.{name.removeprefix(PEFT_PREFIX)}": tensor for name, tensor in tensors.items()}
        alphas = {
            name.replace(".lora_A.weight", ".alpha"): float((config or {}).get("lora_alpha") or len(tensor))
            for name, tensor in named.items()
            if name.endswith(".lora_A.weight")
        }
        return named, alphas
    read = getattr(family.pipeline_class, "lora_state_dict", None)
    if read is None:  # a pipeline without a loader of its own: diffusers' names are all that it may have
        return tensors, None
    options: dict[str, Any] = {"unet_config": family.denoiser.config} if part == "unet" else {}
    if "return_alphas" in inspect.signature(read).parameters:
        options["return_alphas"] = True
    outcome = read(tensors, **options)
    return outcome if isinstance(outcome, tuple) else (outcome, None)


def _of_rank(factor: torch.Tensor, name: str, lora_rank: int) -> torch.Tensor:
    """Fill a factor up with zeros to the largest rank of its file, so that one rank is true of all."""
    dim = 0 if "lora_A" in name else 1
    shape = list(factor.shape)
    shape[dim] = lora_rank - shape[dim]
    return torch.cat([factor, factor.new_zeros(shape)], dim)


def main() -> None:
    """Read the command line, and write the adapter."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="a LoRA in safetensors")
    parser.add_argument("--config", type=Path, help="peft's adapter_config.json, where there is one")
    parser.add_argument("--base", required=True)
    parser.add_argument("--source", required=True, help="the base's folder, or its id on the hub")
    parser.add_argument("--version", required=True, help="what makes the file unique")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    family = load_family(asked.base, asked.source)
    if not isinstance(family, PipelineFamily):
        parser.error(f"{asked.base} has adapters of this project alone")
    config = json.loads(asked.config.read_text(encoding="utf-8")) if asked.config else None
    try:
        asked.out.write_bytes(adopt(asked.file.read_bytes(), family, asked.version, config))
    except JobFailed as failed:
        parser.error(str(failed))


if __name__ == "__main__":
    main()
