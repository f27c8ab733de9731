"""Buttons, lists and forms: what people press and what they get to see."""

import discord
import pytest
from discord import ui

from tests.fakes.conftest import Bot
from tests.fakes.discord import Answer, File


@pytest.fixture
def bot():
    return Bot()


async def test_a_form_takes_files_and_choices(fake_discord, bot, start, ada, studio):
    class Form(ui.Modal, title="New model"):
        name = ui.Label(text="Name", component=ui.TextInput(custom_id="name", min_length=2))
        photos = ui.Label(text="Photos", component=ui.FileUpload(custom_id="photos", max_values=3))
        kind = ui.Label(
            text="Kind",
            component=ui.RadioGroup(
                custom_id="kind",
                options=[
                    discord.RadioGroupOption(label="Product", value="p"),
                    discord.RadioGroupOption(label="Style", value="s"),
                ],
            ),
        )
        boxes = ui.Label(
            text="I confirm",
            component=ui.CheckboxGroup(
                custom_id="boxes",
                options=[
                    discord.CheckboxGroupOption(label="Rights", value="r"),
                    discord.CheckboxGroupOption(label="Consent", value="c"),
                ],
            ),
        )
        base = ui.Label(
            text="Base",
            component=ui.Select(
                custom_id="base", options=[discord.SelectOption(label="Tiny", value="t", default=True)]
            ),
        )

        async def on_submit(self, interaction: discord.Interaction) -> None:
            files = [await each.read() for each in self.photos.component.values]
            said = [
                self.name.component.value,
                files,
                self.kind.component.value,
                self.boxes.component.values,
                self.base.component.values,
            ]
            await interaction.response.send_message(repr(said))

    @bot.tree.command(name="train", description="Learn something")
    async def train(interaction: discord.Interaction):
        await interaction.response.send_modal(Form())

    await start(bot)
    asked = await ada.slash(studio, "train")
    assert asked.modal.title == "New model"
    assert [field.label for field in asked.modal.fields] == ["Name", "Photos", "Kind", "I confirm", "Base"]
    with pytest.raises(AssertionError, match="'Name' takes 2"):
        await ada.submit(asked, {"Name": "m"})
    with pytest.raises(AssertionError, match="'Photos' must be answered"):
        await ada.submit(asked, {"Name": "mug"})
    sent = await ada.submit(
        asked,
        {
            "Name": "mug",
            "Photos": [File("a.png", b"1"), File("b.png", b"2")],
            "Kind": "Style",
            "boxes": ["Rights", "c"],
        },
    )
    assert sent.text() == repr(["mug", [b"1", b"2"], "s", ["r", "c"], ["t"]])


async def test_a_card_changes_in_place_when_its_button_is_pressed(fake_discord, bot, start, ada, studio):
    class Card(ui.LayoutView):
        def __init__(self, text: str, is_done: bool = False):
            super().__init__(timeout=None)
            button = ui.Button(label="Go", custom_id="go", disabled=is_done)
            button.callback = self.go
            self.add_item(ui.Container(ui.TextDisplay(text), ui.ActionRow(button)))

        async def go(self, interaction: discord.Interaction) -> None:
            await interaction.response.edit_message(view=Card("Done", is_done=True))

    @bot.tree.command(name="card", description="Show a card")
    async def card(interaction: discord.Interaction):
        await interaction.response.send_message(view=Card("Ready"))

    await start(bot)
    asked = await ada.slash(studio, "card")
    message = asked.response
    assert message.text() == "Ready"
    pressed = await ada.press(message, "Go")
    assert pressed.acknowledgement is Answer.UPDATE
    assert message.text() == "Done"
    assert message.history == ["Ready"]
    with pytest.raises(AssertionError, match="grey"):
        await ada.press(message, "Go")
    with pytest.raises(AssertionError, match="no button 'Stop'"):
        await ada.press(message, "Stop")


async def test_buttons_of_an_earlier_run_are_answered_by_their_pattern(fake_discord, start, ada, studio):
    class Keep(ui.DynamicItem[ui.Button], template=r"keep:(?P<draft>\w+)"):
        def __init__(self, draft: str):
            super().__init__(ui.Button(label="Keep", custom_id=f"keep:{draft}"))
            self.draft = draft

        @classmethod
        async def from_custom_id(cls, interaction, item, match):
            return cls(match["draft"])

        async def callback(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"kept {self.draft}", ephemeral=True)

    first, second = Bot(), Bot()
    await start(first)
    view = ui.View(timeout=None)
    view.add_item(Keep("d7"))
    await first.wait_until_ready()
    await first.get_channel(studio.id).send("Photo 3", view=view)
    await first.close()

    second.add_dynamic_items(Keep)
    await start(second)
    pressed = await ada.press(fake_discord.message_with("Photo 3"), "Keep")
    assert pressed.text() == "kept d7"


async def test_a_list_takes_only_what_it_offers(fake_discord, bot, start, ada, studio):
    class Pick(ui.View):
        @ui.select(
            placeholder="Which one",
            custom_id="pick",
            options=[
                discord.SelectOption(label="First", value="1"),
                discord.SelectOption(label="Second", value="2"),
            ],
        )
        async def pick(self, interaction: discord.Interaction, select: ui.Select):
            await interaction.response.send_message(f"picked {select.values}")

    @bot.tree.command(name="pick", description="Pick")
    async def pick(interaction: discord.Interaction):
        await interaction.response.send_message("Which?", view=Pick())

    await start(bot)
    message = (await ada.slash(studio, "pick")).response
    with pytest.raises(AssertionError, match="no option"):
        await ada.select(message, "Which one", ["Third"])
    with pytest.raises(AssertionError, match="takes 1 to 1"):
        await ada.select(message, "pick", ["First", "Second"])
    assert (await ada.select(message, "Which one", ["Second"])).text() == "picked ['2']"


async def test_what_is_for_one_person_no_other_can_press(fake_discord, bot, start, ada, studio):
    @bot.tree.command(name="mine", description="Only for me")
    async def mine(interaction: discord.Interaction):
        view = ui.View()
        view.add_item(ui.Button(label="Go", custom_id="go"))
        await interaction.response.send_message("yours", view=view, ephemeral=True)

    await start(bot)
    asked = await ada.slash(studio, "mine")
    with pytest.raises(AssertionError, match="only ada sees it"):
        await fake_discord.person("bea").press(asked.response, "Go")


async def test_people_and_roles_are_chosen_from_lists(fake_discord, bot, start, ada, studio):
    crew, bea = fake_discord.role("crew"), fake_discord.person("bea")

    class Form(ui.Modal, title="Approvers"):
        who = ui.Label(
            text="Who approves",
            component=ui.MentionableSelect(custom_id="who", max_values=3, default_values=[bea_default(bea)]),
        )

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(
                ", ".join(each.name for each in self.who.component.values)
            )

    @bot.tree.command(name="settings", description="Change them")
    async def settings(interaction: discord.Interaction):
        await interaction.response.send_modal(Form())

    await start(bot)
    asked = await ada.slash(studio, "settings")
    assert (await ada.submit(asked, {})).text() == "bea"
    with pytest.raises(AssertionError, match="closed"):
        await ada.submit(asked, {})
    asked = await ada.slash(studio, "settings")
    with pytest.raises(AssertionError, match="nothing that this list offers"):
        await ada.submit(asked, {"Who approves": [studio]})
    assert (await ada.submit(asked, {"Who approves": [ada, crew]})).text() == "ada, crew"


def bea_default(person):
    return discord.SelectDefaultValue(id=person.id, type=discord.SelectDefaultValueType.user)
