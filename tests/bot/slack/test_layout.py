"""Cards as Slack takes them: everything the bot can say, and what would be too much for one message."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.chat.card import Card, Line, Style
from bot.replies import Button, FindingsToReview, ModelList, ModelPhotos, Notice, Refusal
from bot.slack.emoji import emoji_of, name_of
from bot.slack.layout import ACTION_PREFIX, content_of, notification_of
from bot.slack.limits import MAX_BLOCKS, MAX_TEXT_CHARACTERS
from bot.slack.markup import ZERO_WIDTH_SPACE, escaped, mention
from core.approvals import EMOJI, choice_of
from core.store.blobs import Blobs
from tests.bot.slack.outbound import Outbound
from tests.contracts.reply_examples import SHOES, examples
from tests.fakes.slack import FakeSlack


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


async def test_everything_the_bot_can_say_is_readable_and_pressable(slack: Outbound) -> None:
    for number, example in enumerate(examples(slack.picture)):
        thread = await slack.thread()
        ref = await slack.post(example.reply, f"n{number}", thread)
        message = slack.message(ref)

        for words in example.says:
            assert escaped(words) in message.text(), example.reply
        assert set(example.labels) <= {button.label for button in message.buttons()}
        assert [name_of(emoji) for emoji in example.emojis] == list(message.reactions)
        pictures = [image for each in slack.seen(thread) for image in each.images()]
        assert len(pictures) == example.picture_count


async def test_everything_the_bot_can_say_can_take_the_place_of_a_message(slack: Outbound) -> None:
    ref = await slack.post("First.", "n1")
    for example in examples(slack.picture):
        await slack.posting.edit(ref, example.reply)

        message = slack.message(ref)
        assert all(escaped(words) in message.text() for words in example.says)
        assert set(example.labels) <= {button.label for button in message.buttons()}
        assert [name_of(emoji) for emoji in example.emojis] == list(message.reactions)
        assert len(message.images()) == example.picture_count
    assert len(slack.seen()) == 1


async def test_every_button_says_what_it_means_and_is_told_from_others(slack: Outbound) -> None:
    buttons = tuple(Button("Add", f"draft:0f:answer:{number}") for number in range(30))
    message = slack.message(await slack.post(ModelPhotos("shoes", (), (), "So.", buttons), "n1"))

    assert [button.value for button in message.buttons()] == [button.action for button in buttons]
    action_ids = [button.action_id for button in message.buttons()]
    assert len(set(action_ids)) == 30
    assert all(each.startswith(ACTION_PREFIX) for each in action_ids)


async def test_too_many_long_lines_are_cut_and_the_card_says_so(slack: Outbound) -> None:
    long = tuple(f"{number} " + "a & b " * 500 for number in range(40))
    many = tuple(f"reason {number}" for number in range(2000))
    first = slack.message(await slack.post(Refusal(long), "n1"))
    second = slack.message(await slack.post(Refusal(many), "n2"))

    assert "39 a &amp; b" in first.text() and "…" in first.text()
    assert "reason 0" in second.text() and " more." in second.text()


async def test_emoji_count_twice(slack: Outbound) -> None:
    message = slack.message(await slack.post(Refusal(("👍" * 4000,)), "n1"))

    assert all(len(each["text"]["text"].encode("utf-16-le")) <= 6000 for each in message.blocks)


async def test_a_card_full_of_buttons_and_lines_still_fits(slack: Outbound) -> None:
    buttons = tuple(Button(f"Answer {number} " * 20, f"x:answer:{number}") for number in range(60))
    findings = tuple(f"finding {number} " + "word " * 200 for number in range(90))
    message = slack.message(await slack.post(FindingsToReview(SHOES, 3, 1, findings, (), (), buttons), "n1"))

    assert len(message.blocks) <= MAX_BLOCKS
    assert len(message.text()) <= MAX_TEXT_CHARACTERS
    assert message.buttons()


async def test_a_question_has_a_row_of_its_own() -> None:
    buttons = (Button("Yes", "draft:0f:answer:1:yes"), Button("Cancel", "draft:0f:cancel"))
    rows = [block for block in content_of(Card((), buttons=buttons))["blocks"] if block["type"] == "actions"]

    assert [len(row["elements"]) for row in rows] == [1, 1]


async def test_a_line_with_a_button_stands_beside_it() -> None:
    lines = (
        Line("One", button=Button("Cancel", "job:1:cancel")),
        Line("Two", button=Button("Cancel", "j:2")),
    )
    first, second = content_of(Card(lines))["blocks"]

    assert (first["text"]["text"], first["accessory"]["value"]) == ("One", "job:1:cancel")
    assert first["accessory"]["action_id"] != second["accessory"]["action_id"]


async def test_an_empty_list_is_said_in_words(slack: Outbound) -> None:
    message = slack.message(await slack.post(ModelList("", ()), "n1"))

    assert message.text()


async def test_a_notification_says_what_the_card_says() -> None:
    card = Card((Line("Ready <now>", Style.STRONG), Line("By the way", Style.SMALL)), mention="U0123456")

    assert notification_of(card) == "<@U0123456> Ready &lt;now&gt;"
    assert notification_of(Card(())) == "…"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!here> <@U123>", "&lt;!here&gt; &lt;@U123&gt;"),
        ("*bold* _not_ ~this~", "*\u200bbold* _\u200bnot_ ~\u200bthis~"),
        ("red_hat and 3*4", "red_hat and 3*4"),
        ("> quoted", f"{ZERO_WIDTH_SPACE}&gt; quoted"),
        ("`code`", "\u02cbcode\u02cb"),
    ],
)
def test_text_of_people_stays_text(typed: str, shown: str) -> None:
    assert escaped(typed) == shown


def test_people_groups_and_channels_are_named_and_nothing_else() -> None:
    assert mention("U0123456") == "<@U0123456>"
    assert mention("S0123456") == "<!subteam^S0123456>"
    assert mention("C0123456") == "<#C0123456>"
    assert mention("<!here>") == "&lt;!here&gt;"


def test_every_emoji_that_decides_has_a_name_and_is_read_back() -> None:
    for emoji, choice in EMOJI.items():
        name = name_of(emoji)
        assert name is not None
        assert choice_of(emoji_of(name)) is choice
    assert emoji_of("+1::skin-tone-4") == "👍"
    assert emoji_of("party_parrot") == "party_parrot"
    assert name_of("✂") == "scissors"
    assert name_of("🦜") is None


async def test_words_of_several_lines_stay_several_lines(slack: Outbound) -> None:
    message = slack.message(await slack.post(Notice("One.\n\nTwo."), "n1"))

    assert message.text().splitlines() == ["One.", "", "Two."]
