"""What is known of each base, and which one is taken."""

from __future__ import annotations

import pytest

from core.errors import ConfigurationError, Refused
from core.rules.bases import SQUARE, default_base, load_bases, require_base_set_up


@pytest.mark.parametrize(
    ("configured", "default"),
    [
        ({"tiny", "sdxl", "flux", "bria"}, "flux"),
        ({"tiny", "sdxl"}, "sdxl"),
        ({"tiny"}, "tiny"),
        ({"bria", "tiny"}, "tiny"),
        ({"bria"}, "bria"),
    ],
)
def test_the_preferred_base_is_the_first_that_is_set_up(configured: set[str], default: str) -> None:
    assert default_base(configured) == default


def test_a_plan_narrows_the_choice() -> None:
    assert default_base({"flux", "tiny"}, allowed={"tiny", "sdxl"}) == "tiny"


def test_nothing_set_up_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="flux, sdxl, tiny, bria"):
        default_base(())


@pytest.mark.parametrize(
    ("base", "configured", "said"),
    [
        ("tiny", {"tiny"}, None),
        ("flux", {"tiny"}, "Flux is not set up here. Use Tiny instead, or ask the operator for it."),
        ("dreamy", {"tiny", "flux"}, "There is no base called dreamy. Use Flux or Tiny instead."),
    ],
)
def test_a_base_that_is_not_set_up_is_refused_in_words(
    base: str, configured: set[str], said: str | None
) -> None:
    assert require_base_set_up(base, configured) == (Refused.because(said) if said else None)


@pytest.mark.parametrize("name", load_bases())
def test_every_base_draws_squares_of_its_default_size_and_portraits_where_it_draws_landscapes(
    name: str,
) -> None:
    base = load_bases()[name]

    assert base.aspects[0] == SQUARE
    assert base.size_px() == (base.default_size_px, base.default_size_px)
    for aspect in base.aspects:
        turned = ":".join(reversed(aspect.split(":")))
        assert base.size_px(turned) == base.size_px(aspect)[::-1]
        # A latent pixel is 8 px, and flux packs two by two of them: sides are multiples of 16.
        assert all(side % 16 == 0 for side in base.size_px(aspect))
