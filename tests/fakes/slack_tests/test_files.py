"""Files: uploads, when they are ready, tokens, and pictures in blocks."""

from contextlib import nullcontext

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.fakes.slack import RESET_AFTER_STORING, File
from tests.fakes.slack_tests.conftest import client_for
from tests.fakes.slack_tests.pictures import picture


def image(file_id):
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": "A boot"}


async def fetch(address, token=""):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as response:
        return response.status, response.content_type, await response.read()


async def test_an_upload_lands_in_its_thread_in_one_message(fake_slack, client):
    studio = fake_slack.channel("studio")
    parent = await client.chat_postMessage(channel=studio.id, text="parent")
    uploads = [
        {"file": picture(), "filename": f"{name}.png", "title": name, "alt_txt": name} for name in "ab"
    ]
    await client.files_upload_v2(
        channel=studio.id, thread_ts=parent["ts"], initial_comment="Here you are.", file_uploads=uploads
    )
    [_, message] = fake_slack.messages(studio, thread=fake_slack.message_with("parent"))
    assert message.text() == "Here you are."
    assert [(each.filename, each.content) for each in message.images()] == [
        ("a.png", picture()),
        ("b.png", picture()),
    ]


async def test_a_file_is_ready_only_after_some_looks(fake_slack, client):
    fake_slack.polls_until_accessible = 2
    studio = fake_slack.channel("studio")
    uploaded = await client.files_upload_v2(filename="a.png", content=picture())
    file_id = uploaded["file"]["id"]
    assert uploaded["file"]["mimetype"] == ""
    kinds = []
    for _ in range(3):
        with pytest.raises(SlackApiError) if len(kinds) < 2 else nullcontext():
            await client.chat_postMessage(channel=studio.id, text="see", blocks=[image(file_id)])
        kinds.append((await client.files_info(file=file_id))["file"]["mimetype"])
    assert kinds == ["", "image/png", "image/png"]
    assert [each.content for each in fake_slack.messages(studio)[0].images()] == [picture()]


async def test_a_file_may_never_be_ready(fake_slack, client):
    fake_slack.faults.never_accessible()
    file_id = (await client.files_upload_v2(filename="a.png", content=picture()))["file"]["id"]
    assert {(await client.files_info(file=file_id))["file"]["mimetype"] for _ in range(5)} == {""}
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(
            channel=fake_slack.channel("studio").id, text="see", blocks=[image(file_id)]
        )
    said = caught.value.response
    assert (said["error"], said["errors"]) == (
        "invalid_blocks",
        ["invalid slack file [json-pointer:/blocks/0/slack_file]"],
    )


async def test_only_png_jpg_and_gif_go_into_blocks(fake_slack, client):
    fake_slack.polls_until_accessible = 0
    studio = fake_slack.channel("studio")
    for kind, is_fine in (("png", True), ("jpeg", True), ("webp", False)):
        uploaded = await client.files_upload_v2(filename=f"a.{kind}", content=picture(kind))
        posting = client.chat_postMessage(
            channel=studio.id, text="see", blocks=[image(uploaded["file"]["id"])]
        )
        with nullcontext() if is_fine else pytest.raises(SlackApiError):
            await posting


async def test_a_stranger_gets_the_login_page(fake_slack, client, installation):
    studio = fake_slack.channel("studio")
    branch = fake_slack.add_workspace("Branch", is_installed=True)
    message = await fake_slack.person("ada").say(studio, files=[File("a.png", picture())])
    address = message.files[0].url_private
    assert await fetch(address, installation.token) == (200, "image/png", picture())
    for token in ("", "xoxb-nobody", branch.installed.token):
        status, kind, body = await fetch(address, token)
        assert (status, kind) == (200, "text/html") and b"Sign in" in body
    fake_slack.faults.take_scope("files:read")
    assert (await fetch(address, installation.token))[1] == "text/html"


async def test_files_in_places_without_the_bot_are_not_its_to_read(fake_slack, client, installation):
    other = fake_slack.channel("other", has_bot=False)
    message = await fake_slack.person("ada").say(other, files=[File("a.png", picture())])
    assert (await fetch(message.files[0].url_private, installation.token))[1] == "text/html"
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_info(file=message.files[0].id)


async def test_buttons_on_messages_with_files_are_refused(fake_slack, client):
    fake_slack.expect_complaint("interactive elements do not work")
    studio = fake_slack.channel("studio")
    await client.files_upload_v2(channel=studio.id, filename="a.png", content=picture())
    ts = fake_slack.messages(studio)[0].ts
    press = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.chat_update(
            channel=studio.id, ts=ts, text="x", blocks=[{"type": "actions", "elements": [press]}]
        )


async def test_a_wrong_length_is_refused(fake_slack, client):
    fake_slack.expect_complaint("3 bytes were sent where 5 were promised")
    made = await client.files_getUploadURLExternal(filename="a.png", length=5)
    async with aiohttp.ClientSession() as session, session.post(made["upload_url"], data=b"abc") as response:
        assert response.status == 400


async def test_a_lost_answer_to_the_last_step_leaves_one_message(fake_slack, client):
    studio = fake_slack.channel("studio")
    fake_slack.faults.next("files.completeUploadExternal", RESET_AFTER_STORING)
    with pytest.raises(aiohttp.ClientError):
        await client.files_upload_v2(channel=studio.id, filename="a.png", content=picture())
    assert len(fake_slack.messages(studio)) == 1


async def test_files_are_deleted_by_whose_they_are(fake_slack, client):
    studio = fake_slack.channel("studio")
    hers = await fake_slack.person("ada").say(studio, files=[File("a.png", picture())])
    with pytest.raises(SlackApiError, match="cant_delete_file"):
        await client.files_delete(file=hers.files[0].id)
    uploaded = await client.files_upload_v2(channel=studio.id, filename="b.png", content=picture())
    await client.files_delete(file=uploaded["file"]["id"])
    assert fake_slack.messages(studio)[-1].files == []


async def test_the_other_workspaces_client_finds_nothing(fake_slack, client):
    branch = fake_slack.add_workspace("Branch", is_installed=True)
    theirs = client_for(fake_slack, branch.installed.token)
    studio = fake_slack.channel("studio")
    ts = (await client.chat_postMessage(channel=studio.id, text="ours"))["ts"]
    file_id = (await client.files_upload_v2(filename="a.png", content=picture()))["file"]["id"]
    for asked in (
        theirs.conversations_info(channel=studio.id),
        theirs.conversations_replies(channel=studio.id, ts=ts),
        theirs.chat_postMessage(channel=studio.id, text="x"),
        theirs.files_info(file=file_id),
        theirs.users_info(user=fake_slack.person("ada").id),
    ):
        with pytest.raises(SlackApiError, match="_not_found"):
            await asked
