"""What a denoiser is told travels by rows."""

from __future__ import annotations

import torch

from gpu_worker.conditioning import Conditioning


def told(rows: int, tokens: int = 4) -> Conditioning:
    numbers = torch.arange(rows, dtype=torch.float32)
    return Conditioning({"prompt_embeds": numbers.view(-1, 1, 1).expand(-1, tokens, 2), "size_px": numbers})


def test_rows_stay_together_when_picked_and_when_joined() -> None:
    picked = told(4).rows(torch.tensor([3, 1, 1]))
    joined = Conditioning.cat([picked, told(2).rows(slice(1, 2))])
    assert len(joined) == 4
    assert joined["size_px"].tolist() == [3, 1, 1, 1]
    assert joined["prompt_embeds"][:, 0, 0].tolist() == [3, 1, 1, 1]


def test_only_rows_of_one_shape_and_type_go_together() -> None:
    assert told(1).key == told(3).key
    assert told(1).key != told(1, tokens=5).key
    assert told(1).key != Conditioning({"prompt_embeds": told(1)["prompt_embeds"]}).key
    whole = Conditioning({name: tensor.long() for name, tensor in told(1).tensors.items()})
    assert told(1).key != whole.key
