"""Suggestions while somebody types."""

from __future__ import annotations

from bot.discord.search import MAX_CHOICE_CHARACTERS, MAX_CHOICES, suggest_models, suggest_prompts
from bot.doors import KnownModel
from core.rules.kinds import ModelKind
from tests.bot.discord.conftest import ADA, HAT, LOAFER, SHOES, Inbound

MODELS = [ADA, LOAFER, HAT, SHOES]


def models(*handles: str) -> list[KnownModel]:
    return [KnownModel(handle, handle, ModelKind.PRODUCT, is_ready=True) for handle in handles]


def prompts(typed: str, known: list[KnownModel] | None = None) -> list[str]:
    return [choice.value for choice in suggest_prompts(typed, MODELS if known is None else known)]


def test_only_the_name_that_is_being_typed_is_replaced():
    assert prompts("@ada with @su") == ["@ada with @summer-shoes"]


def test_a_slip_in_the_middle_is_corrected_and_every_other_word_stays():
    assert prompts("a picnic with @sumer-shoes, at night") == ["a picnic with @summer-shoes, at night"]


def test_a_name_that_is_a_models_already_needs_no_help():
    assert prompts("@ada on a beach") == []


def test_words_without_a_name_need_none():
    assert prompts("a woman in a red coat") == []
    assert prompts("write to mia@su") == []


def test_an_empty_prompt_begins_with_the_workspaces_own_models():
    assert prompts("") == ["@ada", "@summer-shoes", "@demo-loafer"]


def test_a_lone_sign_offers_what_there_is():
    assert prompts("two mugs and @") == [
        "two mugs and @ada",
        "two mugs and @summer-shoes",
        "two mugs and @demo-loafer",
    ]


def test_what_is_not_ready_is_not_offered_for_painting_but_for_editing():
    assert prompts("@red") == []
    assert [choice.value for choice in suggest_models("red", MODELS)] == ["red-hat"]


def test_a_model_is_found_by_a_word_inside_and_by_what_people_call_it():
    assert prompts("@shoes") == ["@summer-shoes"]
    called = [KnownModel("ss-26", "Spring Sandal", ModelKind.PRODUCT, is_ready=True)]
    assert [choice.value for choice in suggest_models("sandal", called)] == ["ss-26"]


def test_what_begins_with_the_letters_comes_first():
    known = models("new-boot", "boot", "boot-camp", "reboot")
    assert [choice.value for choice in suggest_models("boot", known)] == [
        "boot",
        "boot-camp",
        "new-boot",
        "reboot",
    ]


def test_a_prompt_too_long_for_a_suggestion_is_not_offered_cut_off():
    long = "a very long scene, " * 5
    assert prompts(f"{long}@ad") == [f"{long}@ada"]
    assert len(f"{long}@ada") <= MAX_CHOICE_CHARACTERS
    assert prompts(f"{long}@su") == []


def test_there_are_never_more_than_discord_takes():
    many = models(*(f"mug-{number:04}" for number in range(2000)))
    assert len(suggest_prompts("@mug", many)) == MAX_CHOICES
    assert len(suggest_models("", many)) == MAX_CHOICES


def test_a_line_says_what_the_model_is():
    assert suggest_models("summer", MODELS)[0].name == "@summer-shoes · product · Summer Shoes"
    called = [KnownModel("a" * 32, "b" * 100, ModelKind.CHARACTER, is_ready=True)]
    assert len(suggest_models("a", called)[0].name) == MAX_CHOICE_CHARACTERS


async def test_a_person_completes_a_prompt(inbound: Inbound):
    choices = await inbound.person().autocomplete(inbound.studio, "imagine", prompt="a picnic with @su")
    assert [choice.value for choice in choices] == ["a picnic with @summer-shoes"]
    assert inbound.things.asked == [str(inbound.fake.guild.id)]


async def test_a_person_finds_the_model_to_edit_or_delete(inbound: Inbound):
    ada = inbound.person()
    choices = await ada.autocomplete(inbound.studio, "edit", name="")
    assert [choice.value for choice in choices] == ["ada", "red-hat", "summer-shoes"]
    choices = await ada.autocomplete(ada.direct_channel(), "delete", name="hat")
    assert [choice.value for choice in choices] == ["red-hat"]
    assert inbound.things.asked[-1] == f"dm-{ada.id}"


async def test_while_rows_cannot_be_read_nothing_is_suggested(inbound: Inbound):
    inbound.things.is_down = True
    assert await inbound.person().autocomplete(inbound.studio, "imagine", prompt="@su") == []
