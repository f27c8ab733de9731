"""What a denoiser is told about each picture of a batch, whatever the base: text, sizes, guidance."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Frame:
    """What a base may have to know of a picture besides its words."""

    width_px: int
    height_px: int
    guidance_scale: float | None = None
    """For a base that is told the scale instead of being guided by a second row. None: what it trains with."""


@dataclass(frozen=True, eq=False)
class Conditioning:
    """Tensors by name, all with one row for each picture in their first dimension.

    A family chooses the names; `prompt_embeds`, [B, T, D], is always one of them.
    """

    tensors: Mapping[str, torch.Tensor]

    def __len__(self) -> int:
        return len(self.tensors["prompt_embeds"])

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.tensors[name]

    @property
    def key(self) -> Hashable:
        """What two must have in common to be put together: names, shapes of a row, and types."""
        return tuple((name, tensor.shape[1:], tensor.dtype) for name, tensor in sorted(self.tensors.items()))

    def rows(self, index: torch.Tensor | slice) -> Conditioning:
        """Return some of the rows, in the order of `index`."""
        return Conditioning({name: tensor[index] for name, tensor in self.tensors.items()})

    @staticmethod
    def cat(parts: Sequence[Conditioning]) -> Conditioning:
        """Put the rows of several one after the other."""
        return Conditioning(
            {name: torch.cat([part.tensors[name] for part in parts]) for name in parts[0].tensors}
        )
