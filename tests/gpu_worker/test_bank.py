"""The adapter bank: who has a slot, what a row of the batch is changed by, and what is gone when it is gone."""

from __future__ import annotations

import math

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from torch import nn
from torch._dynamo.testing import CompileCounter

from gpu_worker.bank import AdapterBank, Row
from gpu_worker.banked_layers import BankedConv2d, BankedLayer, BankedLinear, bank_layers
from tests.gpu_worker.adapters import random_factors

TARGETS = ["attention", "mix", "shrink"]
SCALE = 1.5


class Network(nn.Module):
    """A layer of every kind that adapters change: on tokens, on one vector a row, and two convolutions."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.shrink = nn.Conv2d(3, 6, 3, stride=2, padding=1)
            self.mix = nn.Conv2d(6, 8, 1)
            self.attention = nn.Linear(8, 8, bias=False)
            self.other = nn.Linear(8, 5)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        tokens = self.mix(self.shrink(pixels)).flatten(2).mT
        return self.other(self.attention(tokens) + self.attention(tokens.mean(1))[:, None])


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def network() -> Network:
    return Network().eval().requires_grad_(False)


def bank_of(network: Network, slots: int = 5) -> AdapterBank:
    return AdapterBank(bank_layers(network, TARGETS), torch.device("cpu"), slots=slots)


def pixels(rows: int) -> torch.Tensor:
    return torch.randn(rows, 3, 8, 8, generator=torch.Generator().manual_seed(rows))


def layers_of(network: Network) -> list[BankedLayer]:
    return [layer for layer in network.modules() if isinstance(layer, BankedLayer)]


@pytest.mark.parametrize("weight", [1.0, 0.3, -2.0])
@torch.no_grad()
def test_a_row_is_changed_as_peft_would_change_it(network: Network, weight: float) -> None:
    bare = network(pixels(1))
    bank = bank_of(network)
    factors = random_factors(bank, seed=1, rank=2)
    bank.put("ada", factors, 3 / 2)
    theirs = Network().eval()
    inject_adapter_in_model(LoraConfig(r=2, lora_alpha=3, target_modules=TARGETS), theirs)
    set_peft_model_state_dict(theirs, {f"base_model.model.{key}": value for key, value in factors.items()})
    for layer in theirs.modules():
        if isinstance(layer, LoraLayer):
            layer.set_scale("default", weight)
    bank.compose([(("ada", weight),)])
    torch.testing.assert_close(network(pixels(1)), theirs(pixels(1)), rtol=0, atol=2e-6)
    bank.compose([()])
    assert torch.equal(network(pixels(1)), bare)


@pytest.mark.parametrize("adapters_each", [0, 1, 2, 4])
@torch.no_grad()
def test_rows_side_by_side_are_the_rows_alone(network: Network, adapters_each: int) -> None:
    bank = bank_of(network)
    for number, rank in enumerate((1, 2, 5, 8)):
        bank.put(f"adapter{number}", random_factors(bank, number, rank), SCALE)
    rows: list[Row] = [
        tuple((f"adapter{(row + k) % 4}", 0.3 + row - k) for k in range(adapters_each)) for row in range(4)
    ]
    rows.append(())  # beside them one of the bare base
    inputs = pixels(len(rows))
    bank.compose(rows)
    together = network(inputs)
    for row, inputs_of_row, of_row in zip(rows, inputs, together, strict=True):
        bank.compose([row])
        torch.testing.assert_close(of_row, network(inputs_of_row[None])[0], rtol=0, atol=2e-5)


@torch.no_grad()
def test_an_adapter_on_some_layers_leaves_the_others_as_they_are(network: Network) -> None:
    bank = bank_of(network, slots=3)
    everywhere = random_factors(bank, seed=1)
    somewhere = {key: value for key, value in everywhere.items() if key.startswith("mix.")}
    nowhere_else = {
        key: value if key.startswith("mix.") else torch.zeros_like(value) for key, value in everywhere.items()
    }
    for seed in (2, 3):  # their slots are taken over, and nothing of them may shine through
        bank.put(f"earlier{seed}", random_factors(bank, seed), SCALE)
        bank.compose([((f"earlier{seed}", 1.0),)])
    bank.put("somewhere", somewhere, SCALE)
    bank.put("nowhere else", nowhere_else, SCALE)
    bank.compose([(("somewhere", 1.0),), (("nowhere else", 1.0),)])
    one, other = network(pixels(1).expand(2, -1, -1, -1))
    torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("fault", ["an unknown layer", "another shape", "half a pair"])
def test_factors_of_another_network_are_refused(network: Network, fault: str) -> None:
    bank = bank_of(network)
    factors = random_factors(bank, seed=1)
    match fault:
        case "an unknown layer":
            factors["other.lora_A.weight"], factors["other.lora_B.weight"] = (
                torch.ones(4, 8),
                torch.ones(5, 4),
            )
        case "another shape":
            factors["mix.lora_A.weight"] = torch.ones(4, 6, 3, 3)
        case _:
            del factors["mix.lora_B.weight"]
    with pytest.raises(ValueError, match=r"does not fit|another shape"):
        bank.put("ada", factors, SCALE)
    assert bank.held == frozenset()


def test_a_layer_that_no_adapter_can_change_is_refused() -> None:
    with pytest.raises(ValueError, match="1 is no layer"):
        bank_layers(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), ["0", "1"])
    with pytest.raises(ValueError, match="grouped"):
        bank_layers(nn.Sequential(nn.Conv2d(4, 4, 3, groups=2)), ["0"])


def test_slots_go_to_those_used_last(network: Network) -> None:
    bank = bank_of(network, slots=4)
    for number in range(5):
        bank.put(f"adapter{number}", random_factors(bank, number), SCALE)
    assert bank.resident == ()  # held in host memory until a batch asks
    for used in ("adapter0", "adapter1", "adapter2", "adapter0", "adapter3"):
        bank.compose([((used, 1.0),)])
    assert bank.resident == ("adapter2", "adapter0", "adapter3")
    before = network.mix.stack_down.clone()  # type: ignore[union-attr]
    bank.compose([(("adapter4", 1.0), ("adapter2", 1.0))])  # the oldest is in the batch: the next one goes
    assert bank.resident == ("adapter3", "adapter4", "adapter2")
    written = (network.mix.stack_down != before).any(dim=1)  # type: ignore[union-attr]
    assert int(written.sum()) == 4  # the ranks of one adapter: what the batch needs anyway stayed in its slot


def test_a_batch_that_names_more_than_there_are_slots_is_refused_and_changes_nothing(
    network: Network,
) -> None:
    bank = bank_of(network, slots=3)
    for number in range(3):
        bank.put(f"adapter{number}", random_factors(bank, number), SCALE)
    bank.compose([(("adapter0", 1.0),)])
    before = network(pixels(1))
    with pytest.raises(ValueError, match="names 3 adapters, and there are 2 slots"):
        bank.compose([((f"adapter{number}", 1.0),) for number in range(3)])
    assert torch.equal(network(pixels(1)), before)
    with pytest.raises(KeyError):
        bank.compose([(("never came", 1.0),)])


@torch.no_grad()
def test_what_is_published_acts_from_the_next_step_on(network: Network) -> None:
    bank = bank_of(network)
    first, second = random_factors(bank, seed=1), random_factors(bank, seed=2)
    bank.put("ada", first, SCALE)
    bank.put("bystander", random_factors(bank, seed=3), SCALE)
    rows: list[Row] = [(("ada", 1.0),), (("bystander", 1.0),)]
    bank.compose(rows)
    slots = bank.resident
    before = network(pixels(2))
    bank.put("ada", second, SCALE)
    assert torch.equal(network(pixels(2)), before)  # the step in progress
    bank.compose(rows)
    after = network(pixels(2))
    assert not torch.allclose(after[0], before[0], atol=1e-3)
    assert torch.equal(after[1], before[1])
    assert sorted(bank.resident) == sorted(slots)
    bank.put("ada", first, SCALE)
    bank.compose(rows)
    assert torch.equal(network(pixels(2)), before)


def test_what_is_dropped_is_nowhere_on_the_device_any_more(network: Network) -> None:
    bank = bank_of(network)
    bank.put("ada", random_factors(bank, seed=1), SCALE)
    bank.compose([(("ada", 1.0),)])
    bank.drop("ada")
    assert bank.held == frozenset() and bank.resident == ()
    for layer in layers_of(network):
        assert not layer.stack_down.any() and not layer.stack_up.any()
        assert layer.down is None and layer.up is None


def test_a_thousand_adapters_pass_through_few_slots_in_the_same_memory(network: Network) -> None:
    bank = bank_of(network, slots=3)
    factors = [random_factors(bank, seed) for seed in range(4)]
    places: set[tuple[int, ...]] = set()
    for number in range(1000):
        name = f"adapter{number}"
        bank.put(name, factors[number % 4], SCALE)
        bank.compose([((name, 1.0),)])
        places.add(
            tuple(
                tensor.data_ptr()
                for layer in layers_of(network)
                for tensor in (layer.stack_down, layer.stack_up, layer.down, layer.up)
                if tensor is not None
            )
        )
        if number >= 8:
            bank.drop(f"adapter{number - 8}")
    assert len(places) == 1  # nothing was allocated anew: also what a compiled or captured graph needs
    assert len(bank.held) == 8 and len(bank.resident) == 2


@torch.no_grad()
def test_a_wider_adapter_widens_the_slots_for_all(network: Network) -> None:
    bank = bank_of(network)
    bank.put("narrow", random_factors(bank, seed=1, rank=2), SCALE)
    bank.compose([(("narrow", 1.0),)])
    before = network(pixels(1))
    bank.put("wide", random_factors(bank, seed=2, rank=20), SCALE)
    bank.compose([(("wide", 1.0),)])
    bank.compose([(("narrow", 1.0),)])
    assert torch.equal(network(pixels(1)), before)


def test_a_training_acts_by_its_own_factors_and_its_gradients_reach_nothing_else(network: Network) -> None:
    bank = bank_of(network)
    bank.put("ada", random_factors(bank, seed=1), SCALE)
    rows: list[Row] = [(("ada", 1.0),)]
    bank.compose(rows)
    served = network(pixels(1))
    stacks = [layer.stack_down.clone() for layer in layers_of(network)]
    values = sum(math.prod(shape) for shape in bank.factor_shapes(rank=4).values())
    weights = torch.zeros(1, values, requires_grad=True)
    with bank.training(weights, 4, 1.0):
        bare = network(pixels(1))
    bare.square().mean().backward()
    assert weights.grad is not None
    assert all(parameter.grad is None for parameter in network.parameters())
    assert len(list(network.parameters())) == len(list(Network().parameters()))
    bank.compose(rows)
    assert torch.equal(network(pixels(1)), served)
    assert all(
        torch.equal(layer.stack_down, before)
        for layer, before in zip(layers_of(network), stacks, strict=True)
    )
    assert not torch.allclose(bare, served, atol=1e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@torch.no_grad()
def test_one_compiled_graph_serves_whatever_adapters_come_and_go(network: Network) -> None:
    bank = bank_of(network, slots=3)
    for number, rank in enumerate((1, 2, 4, 8)):
        bank.put(f"adapter{number}", random_factors(bank, number, rank), SCALE)
    counter = CompileCounter()
    compiled = torch.compile(network, backend=counter, dynamic=False)
    for step in range(6):
        name = f"adapter{step % 4}"
        bank.compose([((name, 0.5 + step),), ()])
        torch.testing.assert_close(compiled(pixels(2)), network(pixels(2)), rtol=0, atol=1e-6)
        bank.put(name, random_factors(bank, seed=10 + step), SCALE)
    assert counter.frame_count == 1


@torch.no_grad()
def test_what_stays_the_same_is_computed_once_a_batch(network: Network) -> None:
    bank = bank_of(network)
    for number in range(2):
        bank.put(f"adapter{number}", random_factors(bank, number), SCALE)
    layer, calls = network.attention, list[int]()
    layer.base.register_forward_hook(lambda *_: calls.append(1))  # type: ignore[union-attr]
    text = torch.randn(1, 4, 8, generator=torch.Generator().manual_seed(1))
    bank.keep_outputs_for(text)
    bank.compose([(("adapter0", 1.0),)])
    first = layer(text)
    assert layer(text) is first and len(calls) == 1
    assert torch.equal(layer(text.clone()), first) and len(calls) == 2  # another tensor is another text
    bank.compose([(("adapter1", 1.0),)])
    second = layer(text)
    assert not torch.allclose(second, first, atol=1e-3)
    bank.put("adapter1", random_factors(bank, seed=5), SCALE)  # published anew
    bank.compose([(("adapter1", 1.0),)])
    assert not torch.allclose(layer(text), second, atol=1e-3)
    bank.compose([()])
    assert not torch.allclose(layer(text), second, atol=1e-3)


def test_only_the_targets_are_banked(network: Network) -> None:
    bank_of(network)
    kinds = {path: type(module) for path, module in network.named_children()}
    assert kinds == {
        "shrink": BankedConv2d,
        "mix": BankedConv2d,
        "attention": BankedLinear,
        "other": nn.Linear,
    }
