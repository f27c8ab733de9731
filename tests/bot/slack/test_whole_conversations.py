"""Forms and buttons with everything behind them: the real front-end, inbox, commands and rows; no worker."""

from __future__ import annotations

from core.rules.kinds import JobKind
from core.store.records import JobRecord, WorkspaceRecord
from tests.bot.conftest import PhotoMaker
from tests.bot.slack.whole_bot import READY, REMOVE, WholeBot, as_file
from tests.fakes.slack.state import ChannelKind


async def has_a_model(bot: WholeBot, photo: PhotoMaker) -> None:
    """Mia has a mug that is ready."""
    await bot.trains(photo(1))
    await bot.finish()
    await bot.assert_settled(bot.claim.job_id)


async def test_a_model_from_the_form_to_its_captions_to_its_photos(
    bot_by_either_way: WholeBot, photo: PhotoMaker
) -> None:
    bot, mia = bot_by_either_way, bot_by_either_way.mia
    form = await (await mia.slash(bot.place, "/train", "product Red Mug preset: quick")).opened()
    photos = [as_file(photo(1)), as_file(photo(2))]
    await mia.submit(form, {"Which kind of thing?": "mug", "Photos": photos})
    card = await bot.reads("Captions")

    # Captions in a form; the card follows.
    opened = await (await mia.press(card, "Edit captions")).opened()
    await mia.submit(opened, {"Photo 2": "red-mug mug, seen from above"})
    await bot.reads("seen from above")

    # One photo more, sent under the card; then another one by the menu of a message in the thread.
    await mia.say(card, files=[as_file(photo(3))])
    await bot.reads("3 photos")
    asked = await mia.shortcut(await mia.say(bot.place, files=[as_file(photo(4))]), "add_to_model")
    assert asked.view is not None, "outside the thread it has to be asked which model is meant"
    await mia.close(asked.view)
    await mia.press(await bot.reads("Captions"), "Looks right")
    await mia.press(await bot.reads("Ready to train"), "Start")
    await bot.train_begins()
    await bot.finish()
    await bot.reads(READY)

    # Then its photos, two of which go.
    await mia.slash(bot.place, "/edit", "red-mug")
    shown = await bot.is_whispered("@red-mug · 3 photos")
    assert len(shown.images()) == 3
    removing = await (await mia.press(shown, "Remove photos")).opened()
    await mia.submit(removing, {"Photos to remove": ["Photo 1", "Photo 3"]})
    edited = await bot.reads("Captions")
    assert "edit" in edited.text() and "1 photo" in edited.text() and "seen from above" in edited.text()


async def test_deleting_by_form_says_no_where_the_name_is_not_the_same(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    await has_a_model(whole_bot, photo)
    mia, [ready] = whole_bot.mia, whole_bot.said(READY)
    form = await (await mia.press(ready, "Delete")).opened()
    await mia.submit(form, {"confirmation": "red"})
    again = await whole_bot.is_whispered("cannot be undone")
    form = await (await mia.press(again, "Delete for good")).opened()
    await mia.submit(form, {"confirmation": "red-mug"})
    await whole_bot.is_whispered("@red-mug is deleted")
    await mia.slash(whole_bot.place, "/models", "red-mug")
    await whole_bot.is_whispered("No model here matches red-mug")


async def test_what_is_private_is_made_with_the_person_alone(whole_bot: WholeBot, photo: PhotoMaker) -> None:
    fake, mia = whole_bot.fake, whole_bot.mia
    root, lee = fake.person("root", is_admin=True), fake.person("lee")
    form = await (await root.slash(whole_bot.place, "/settings")).opened()
    await root.submit(
        form, {"approvers": [lee], "Where new models are made": "In direct messages with its author"}
    )
    await whole_bot.is_told()
    record = await WorkspaceRecord.get(external_id=whole_bot.workspace.id)
    assert (record.approvers, record.has_private_threads) == (lee.id, True)
    asked = await lee.slash(whole_bot.place, "/settings")
    rules = (await asked.replied()).text()
    assert "in direct messages with the person who asked" in rules
    assert "that person alone decides about flagged photos" in rules

    first, _ = await whole_bot.reviews(photo(1), photo(2, blur=8), photo(3, blur=8))
    assert first.channel is mia.direct_channel()
    await mia.react(first, REMOVE)
    await fake.until(lambda: "Removed." in first.text())
    told = [each for each in whole_bot.said("") if each.channel.kind is not ChannelKind.DIRECT]
    assert not any("Red Mug" in each.text() for each in told)
    assert not [each for each in whole_bot.said("") if each.channel is lee.direct_channel()]


async def test_a_private_training_that_was_asked_for_in_a_channel_ends_with_the_person(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    root = whole_bot.fake.person("root", is_admin=True)
    form = await (await root.slash(whole_bot.place, "/settings")).opened()
    await root.submit(form, {"Where new models are made": "In direct messages with its author"})
    await whole_bot.is_told()
    await whole_bot.trains(photo(1))
    await whole_bot.finish()

    news = await whole_bot.assert_told_once()
    assert news.channel is whole_bot.mia.direct_channel()
    assert "comes to you here" not in news.text(), "it belongs here"


async def test_with_a_prefix_the_bot_names_the_commands_that_there_are(
    whole_bot: WholeBot, photo: PhotoMaker
) -> None:
    whole_bot.settings = whole_bot.settings.model_copy(update={"slack_command_prefix": "studio-"})
    await whole_bot.restart()
    await whole_bot.mia.slash(whole_bot.place, "/studio-models", "teapot /train")
    said = await whole_bot.is_whispered("No model here matches")
    assert "/studio-models lists all of them" in said.text()
    await has_a_model(whole_bot, photo)
    [ready] = whole_bot.said(READY)
    assert "Try: /studio-imagine @red-mug on a beach" in ready.text()
    assert "/studio-edit adds or removes photos" in ready.text()
    assert "/studio-credits says more" in (await whole_bot.mia.open_home()).text()


async def test_a_prompt_that_looks_like_a_command_stays_as_it_was_typed(whole_bot: WholeBot) -> None:
    whole_bot.settings = whole_bot.settings.model_copy(update={"slack_command_prefix": "studio-"})
    await whole_bot.restart()
    await whole_bot.mia.slash(whole_bot.place, "/studio-imagine", "a sign that says /train")
    card = await whole_bot.reads("a sign that says /train")
    await whole_bot.begin(JobKind.GENERATE)
    await whole_bot.finish()
    await whole_bot.assert_settled(whole_bot.claim.job_id)
    assert "a sign that says /train" in card.text()
    assert await JobRecord.all().count() == 1
