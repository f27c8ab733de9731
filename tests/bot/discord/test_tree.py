"""The registered commands."""

from __future__ import annotations

import copy

from bot.discord.tree import are_same, commands
from tests.bot.discord.conftest import Inbound
from tests.fakes.discord import server_error


def registrations(inbound: Inbound) -> int:
    return inbound.fake.count("PUT", "/applications/{application_id}/commands")


async def test_commands_are_registered_when_they_changed_and_only_then(inbound: Inbound):
    assert registrations(inbound) == 1
    assert set(inbound.fake.commands()) == {
        "train", "edit", "delete", "imagine", "models", "jobs", "credits", "settings",
        "Train from these photos", "Add to a model",
    }  # fmt: skip
    await inbound.start()
    assert registrations(inbound) == 1

    inbound.settings = inbound.settings.model_copy(update={"bases": ("sdxl", "tiny")})
    await inbound.start()
    assert registrations(inbound) == 2


async def test_the_bot_comes_up_though_they_cannot_be_registered(
    inbound: Inbound, quick_retries: list[float]
):
    inbound.settings = inbound.settings.model_copy(update={"bases": ("sdxl", "tiny")})
    inbound.fake.faults.next("PUT", "/applications/{application_id}/commands", server_error(503))
    await inbound.start()
    await inbound.person().slash(inbound.studio, "jobs")
    assert len(inbound.acceptor.requests) == 1


def test_what_discord_notes_beside_them_is_no_difference():
    wanted = commands(["tiny"])
    noted = [{**copy.deepcopy(each), "id": "1", "version": "2", "nsfw": False} for each in reversed(wanted)]
    for each in noted:
        for option in each.get("options", []):
            option["required"] = option.get("required", False)
    assert are_same(noted, wanted)


def test_a_description_or_an_option_more_is_a_difference():
    wanted, other, more = commands(["tiny"]), commands(["tiny"]), commands(["tiny"])
    other[0]["options"][1]["description"] = "Another"
    more[2]["options"].append({"type": 3, "name": "why", "description": "Why"})
    assert not are_same(other, wanted)
    assert not are_same(more, wanted)
    assert not are_same(wanted[1:], wanted)


def test_a_base_is_asked_for_only_where_there_are_several():
    names = [option["name"] for option in commands(["tiny"])[0]["options"]]
    assert "base" not in names
    [base] = [option for option in commands(["sdxl", "tiny"])[0]["options"] if option["name"] == "base"]
    assert [choice["value"] for choice in base["choices"]] == ["sdxl", "tiny"]
