"""Strictness: commands and forms that break a rule are refused as Discord refuses them, and told of."""

import asyncio

import pytest

CHOICES = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]


def button(**changes):
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | changes


def row(*components):
    return {"type": 1, "components": list(components or (button(),))}


def command(**changes):
    return {"name": "train", "description": "Learn something"} | changes


def option(**changes):
    return {"type": 3, "name": "kind", "description": "What it is"} | changes


COMMANDS = {
    "a name in capitals": ([command(name="Train")], "0.name", "STRING_TYPE_REGEX"),
    "a name of two words": ([command(name="train now")], "0.name", "STRING_TYPE_REGEX"),
    "a name over 32": ([command(name="x" * 33)], "0.name", "BASE_TYPE_MAX_LENGTH"),
    "no description": ([command(description="")], "0.description", "BASE_TYPE_REQUIRED"),
    "a description over 100": ([command(description="x" * 101)], "0.description", "BASE_TYPE_MAX_LENGTH"),
    "two of one name": ([command(), command()], "", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
    "a menu with a description": (
        [command(type=3)],
        "0.description",
        "APPLICATION_COMMAND_CONTEXT_MENU_FIELDS",
    ),
    "sixteen menus": (
        [{"type": 3, "name": f"Menu {number}"} for number in range(16)],
        "",
        "APPLICATION_COMMANDS_MAX",
    ),
    "an option in capitals": (
        [command(options=[option(name="Kind")])],
        "0.options.0.name",
        "STRING_TYPE_REGEX",
    ),
    "two options of one name": (
        [command(options=[option(), option()])],
        "0.options.1.name",
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
    ),
    "26 options": (
        [command(options=[option(name=f"o{number}") for number in range(26)])],
        "0.options",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "a required option after one that is not": (
        [command(options=[option(), option(name="size", required=True)])],
        "0.options.1",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    "a subcommand beside an option": (
        [command(options=[option(), {"type": 1, "name": "new", "description": "New"}])],
        "0.options",
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    "choices and suggestions": (
        [command(options=[option(autocomplete=True, choices=[{"name": "A", "value": "a"}])])],
        "0.options.0.autocomplete",
        "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES",
    ),
    "a choice twice": (
        [command(options=[option(choices=[{"name": "A", "value": "a"}, {"name": "A", "value": "b"}])])],
        "0.options.0.choices",
        "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS",
    ),
    "a command that is too long": (
        [
            command(
                options=[
                    option(
                        name=f"o{number}",
                        choices=[{"name": f"{each:02}" + "x" * 90, "value": f"{each}"} for each in range(25)],
                    )
                    for number in range(4)
                ]
            )
        ],
        "0",
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
}


@pytest.mark.parametrize("rule", COMMANDS)
async def test_commands_that_break_a_rule_are_not_registered(fake_discord, raw, rule):
    body, path, name = COMMANDS[rule]
    fake_discord.expect_complaint("50035")
    answer = await raw.send("PUT", f"/applications/{fake_discord.application_id}/commands", body)
    assert (answer.status, answer.code) == (400, 50035)
    assert answer.error_at(*filter(None, path.split("."))).startswith(name)
    assert fake_discord.commands() == []


async def test_commands_can_belong_to_one_server(fake_discord, raw):
    base = f"/applications/{fake_discord.application_id}/guilds/{fake_discord.guild.id}/commands"
    added = await raw.send("POST", base, command())
    assert added.status == 201
    assert (await raw.send("POST", base, command(description="Again"))).body["id"] == added.body["id"]
    assert (fake_discord.commands(fake_discord.guild), fake_discord.commands()) == (["train"], [])
    assert (await raw.send("GET", base)).body[0]["description"] == "Again"
    assert (await raw.send("DELETE", f"{base}/{added.body['id']}")).status == 204
    assert (await raw.send("DELETE", f"{base}/{added.body['id']}")).code == 10063


def label(component, **changes):
    return {"type": 18, "label": "Name", "component": component} | changes


def field(**changes):
    return {"type": 4, "custom_id": "name", "style": 1} | changes


def boxes(**changes):
    return {"type": 22, "custom_id": "boxes", "options": CHOICES} | changes


FORMS = {
    "six fields": (
        {"components": [label(field(custom_id=str(number))) for number in range(6)]},
        "components",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "a title over 45": ({"title": "x" * 46}, "title", "BASE_TYPE_MAX_LENGTH"),
    "a label over 45": (
        {"components": [label(field(), label="x" * 46)]},
        "components.0.label",
        "BASE_TYPE_MAX_LENGTH",
    ),
    "a label in a label": (
        {"components": [label(field(label="Name"))]},
        "components.0.component.label",
        "COMPONENT_LABEL_IN_LABEL",
    ),
    "a field twice": (
        {"components": [label(field()), label(field())]},
        "components.1.component.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    "eleven files": (
        {"components": [label({"type": 19, "custom_id": "photos", "max_values": 11})]},
        "components.0.component.max_values",
        "BASE_TYPE_MAXIMUM",
    ),
    "one thing to choose from": (
        {"components": [label({"type": 21, "custom_id": "kind", "options": CHOICES[:1]})]},
        "components.0.component.options",
        "BASE_TYPE_BAD_LENGTH",
    ),
    "none needed and yet required": (
        {"components": [label(boxes(min_values=0))]},
        "components.0.component.min_values",
        "COMPONENT_MIN_VALUES_REQUIRED",
    ),
    "a button in a form": ({"components": [row()]}, "components.0.components.0.type", "BASE_TYPE"),
}


@pytest.mark.parametrize("rule", FORMS)
async def test_a_form_that_breaks_a_rule_does_not_open(fake_discord, raw, ada, studio, rule):
    changes, path, name = FORMS[rule]
    await raw.send("PUT", f"/applications/{fake_discord.application_id}/commands", [command()])
    asked = await ada.slash(studio, "train", await_answer=False)
    form = {"custom_id": "form", "title": "New model", "components": [label(field())]}
    callback = f"/interactions/{asked.id}/{asked.token}/callback"
    fake_discord.expect_complaint("50035")
    answer = await raw.send("POST", callback, {"type": 9, "data": form | changes})
    assert answer.error_at("data", *path.split(".")).startswith(name)
    assert asked.modal is None and not asked.is_acknowledged
    assert (await raw.send("POST", callback, {"type": 9, "data": form})).status == 204


async def test_a_form_cannot_answer_a_form(fake_discord, raw, ada, studio):
    await raw.send("PUT", f"/applications/{fake_discord.application_id}/commands", [command()])
    asked = await ada.slash(studio, "train", await_answer=False)
    form = {"custom_id": "form", "title": "New model", "components": [label(field())]}
    await raw.send("POST", f"/interactions/{asked.id}/{asked.token}/callback", {"type": 9, "data": form})
    sent = await ada.submit(asked, {"Name": "mug"}, await_answer=False)
    fake_discord.expect_complaint("BASE_TYPE_CHOICES")
    answer = await raw.send(
        "POST", f"/interactions/{sent.id}/{sent.token}/callback", {"type": 9, "data": form}
    )
    assert answer.error_at("type") == "BASE_TYPE_CHOICES"


async def test_suggestions_of_one_name_are_one_too_many(fake_discord, raw, ada, studio):
    offered = [command(options=[option(autocomplete=True)])]
    await raw.send("PUT", f"/applications/{fake_discord.application_id}/commands", offered)
    typing = asyncio.create_task(ada.autocomplete(studio, "train", kind="m"))
    asked = (await fake_discord.until(lambda: list(fake_discord.interactions.values())))[0]
    callback = f"/interactions/{asked.id}/{asked.token}/callback"
    twins = [{"name": "Mug", "value": "1"}, {"name": "Mug", "value": "2"}]
    fake_discord.expect_complaint("CHOICE_NAME_DUPLICATED")
    assert (await raw.send("POST", callback, {"type": 8, "data": {"choices": twins}})).code == 50035
    many = [{"name": f"Mug {number}", "value": str(number)} for number in range(26)]
    assert (await raw.send("POST", callback, {"type": 8, "data": {"choices": many}})).code == 50035
    fake_discord.expect_complaint("25 or fewer")
    await raw.send("POST", callback, {"type": 8, "data": {"choices": many[:25]}})
    assert len(await typing) == 25
