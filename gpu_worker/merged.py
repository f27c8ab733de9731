"""Adapters that the bank cannot hold: merged into the base's own weights while one request is drawn, and out again.

The bank adds low-rank changes to a layer's output. DoRA rescales the weights themselves, LoHa and LoKr are products
that have no low rank: peft knows them all, and merges each. The rows of a batch share the base's weights, so such a
request goes alone. The weights that were there lie in the host's memory meanwhile, and come back bit by bit.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from peft import inject_adapter_in_model, set_peft_model_state_dict
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn

from gpu_worker.bank import Row

_ADAPTER = "merged"
_PLAIN = {
    "peft_type": "LORA",
    "use_dora": False,
    "use_rslora": False,
    "rank_pattern": {},
    "alpha_pattern": {},
}
"""What the bank can hold of peft's options; a missing one has the value that stands here."""
_KINDS = ("LORA", "LOHA", "LOKR")
_OPTIONS = (
    "r", "lora_alpha", "alpha", "target_modules", "rank_pattern", "alpha_pattern", "use_dora", "use_rslora",
    "use_effective_conv2d", "decompose_both", "decompose_factor",
)  # fmt: skip
"""What is read of a stranger's configuration; everything else keeps peft's default."""


def is_plain(config: Mapping[str, Any]) -> bool:
    """Whether the bank can hold an adapter of that peft configuration."""
    return all((config.get(option) or value) == value for option, value in _PLAIN.items())


class MergedAdapters:
    """Adapters of any kind for the layers of one denoiser; those of one row at a time are in its weights."""

    def __init__(self, layers: Mapping[str, nn.Module]) -> None:
        """Take the base layers that adapters may change, by path."""
        self._layers = layers
        self._held: dict[str, dict[str, torch.Tensor]] = {}
        self._row: Row = ()
        self._untouched: dict[str, torch.Tensor] = {}

    @property
    def held(self) -> frozenset[str]:
        """The names of all adapters here."""
        return frozenset(self._held)

    def put(self, name: str, config: Mapping[str, Any], factors: Mapping[str, torch.Tensor]) -> None:
        """Hold an adapter, given by its peft configuration and its tensors without peft's prefix.

        Raises:
            ValueError: peft does not know it, it is not of this denoiser, or the base's weights are quantised.
        """
        self._held[name] = changes_of(config, factors, self._layers)

    def drop(self, name: str) -> None:
        """Forget an adapter, and take it out of the weights."""
        if any(name == used for used, _ in self._row):
            self.compose(())
        del self._held[name]

    @torch.no_grad()
    def compose(self, row: Sequence[tuple[str, float]]) -> bool:
        """Have exactly these adapters in the weights, and tell whether that changed them.

        A weight blends: 0 is the base, 1 the base with the adapter as peft merges it.
        """
        wanted = tuple(row)
        if wanted == self._row:
            return False
        for path, weight in self._untouched.items():
            _weight_of(self._layers[path]).copy_(weight)
        self._untouched.clear()
        self._row = wanted
        for name, share in wanted:
            for path, change in self._held[name].items():
                weight = _weight_of(self._layers[path])
                self._untouched.setdefault(path, weight.to("cpu", copy=True))
                weight += share * change.to(weight.device, weight.dtype)
        return True


def changes_of(
    config: Mapping[str, Any], factors: Mapping[str, torch.Tensor], layers: Mapping[str, nn.Module]
) -> dict[str, torch.Tensor]:
    """Return what an adapter adds to the weight of each layer that it changes, as peft merges it, in float32."""
    if config.get("peft_type") not in _KINDS:
        raise ValueError(f"an adapter of the kind {config.get('peft_type')} cannot be merged")
    paths = [path for path in layers if any(key.startswith(f"{path}.") for key in factors)]
    if not paths or any(not key.startswith(tuple(f"{path}." for path in paths)) for key in factors):
        raise ValueError("an adapter changes layers that this denoiser lets nobody change")
    tree = nn.Module()
    for path in paths:
        _weight_of(layers[path])  # which refuses quantised ones
        _place(tree, path, copy.deepcopy(layers[path]).to("cpu", torch.float32))
    options = {option: config[option] for option in _OPTIONS if option in config}
    options["target_modules"] = paths
    peft_config = PEFT_TYPE_TO_CONFIG_MAPPING[config["peft_type"]](**options)
    inject_adapter_in_model(peft_config, tree, adapter_name=_ADAPTER)
    outcome = set_peft_model_state_dict(tree, dict(factors), adapter_name=_ADAPTER)
    if outcome.unexpected_keys:
        raise ValueError(f"an adapter has {len(outcome.unexpected_keys)} tensors that peft does not know")
    return {path: _change(tree.get_submodule(path)) for path in paths}


@torch.no_grad()
def _change(layer: Any) -> torch.Tensor:
    assert isinstance(layer, BaseTunerLayer)
    weight: Any = layer.get_base_layer().weight
    before = weight.detach().clone()
    layer.merge(adapter_names=[_ADAPTER])  # type: ignore[operator] - every tuner of `_KINDS` has it
    return layer.get_base_layer().weight.detach() - before  # type: ignore[union-attr, operator]


def mergeable_layers(denoiser: nn.Module) -> dict[str, nn.Module]:
    """Return every linear layer and convolution of a denoiser, by the path that it had before it was banked."""
    return {
        path.removesuffix(".base"): layer
        for path, layer in denoiser.named_modules()
        if isinstance(layer, nn.Linear | nn.Conv2d)
    }


def _weight_of(layer: nn.Module) -> torch.Tensor:
    weight: Any = layer.weight
    if not weight.is_floating_point():
        raise ValueError("an adapter of this kind cannot be merged into quantised weights")
    return weight


def _place(tree: nn.Module, path: str, layer: nn.Module) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        if not hasattr(tree, parent):
            tree.add_module(parent, nn.Module())
        tree = tree.get_submodule(parent)
    tree.add_module(name, layer)
