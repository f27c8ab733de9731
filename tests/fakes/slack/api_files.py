"""Methods that take files in, tell of them and take them away."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack import events, posting
from tests.fakes.slack.api_chat import open_for_posting, thread_of
from tests.fakes.slack.calls import Answer, Call, method
from tests.fakes.slack.errors import Malformed, Refusal
from tests.fakes.slack.file_payloads import file_payload
from tests.fakes.slack.files import MAX_UPLOAD_BYTES, StoredFile
from tests.fakes.slack.rules_messages import check_blocks, check_file_blocks

MAX_ALT_CHARACTERS = 1000  # docs.slack.dev, files.getUploadURLExternal


@method("files.getUploadURLExternal")
def files_get_upload_url_external(call: Call) -> Answer:
    """Make room for a file, and say where its bytes go."""
    length = int(call.args["length"])
    if not 0 < length <= MAX_UPLOAD_BYTES:
        raise Malformed("invalid_arguments")
    alt_text = call.args.get("alt_txt") or call.args.get("alt_text") or ""
    if len(alt_text) > MAX_ALT_CHARACTERS:
        raise Malformed("alt_txt_too_large")
    file = call.fake.new_file(call.args["filename"], call.bot)
    file.alt_text, file.expected_bytes = alt_text, length
    file.installations.append(call.installation)
    return {"upload_url": f"{call.fake.address}/upload/v1/{file.upload_token}", "file_id": file.id}


@method("files.completeUploadExternal")
def files_complete_upload_external(call: Call) -> Answer:
    """Finish uploads, and share them where that is asked for: all in one message."""
    files = [_uploaded(call, each) for each in call.args["files"]]
    keys = [key for key in ("channel_id", "channels") if call.args.get(key)]
    if "thread_ts" in call.args and not keys:
        raise Malformed("invalid_arguments")
    named = ",".join(call.args[key] for key in keys)
    places = [_place(call, each) for each in named.split(",") if each]
    blocks = [] if call.args.get("initial_comment") else call.args.get("blocks") or []
    if blocks:
        check_blocks(call.fake, call.installation, blocks)
        check_file_blocks(blocks)
    for file, asked in zip(files, call.args["files"], strict=True):
        file.title = asked.get("title") or file.title or file.name
        file.is_complete = True
        file.polls_left = call.fake.polls_until_accessible
    text = call.args.get("initial_comment") or ""
    for channel, thread in places:
        posting.post(call.fake, channel, call.bot, text, blocks=blocks, files=files, thread=thread)
    return {"files": [file_payload(each) for each in files]}


def _uploaded(call: Call, asked: dict[str, Any]) -> StoredFile:
    file = call.fake.world.files.get(asked["id"])
    if file is None or call.installation not in file.installations:
        raise Refusal("file_not_found")
    if not file.is_uploaded:
        raise Malformed("file_not_found")
    if file.is_complete:
        # Nothing is posted a second time: docs say no more, so a repeated call is refused here.
        raise Refusal("invalid_arguments")
    return file


def _place(call: Call, channel_id: str) -> Any:
    call.args["_channel"] = channel_id
    channel = open_for_posting(call, "_channel")
    return channel, thread_of(call, channel)


@method("files.info")
def files_info(call: Call) -> Answer:
    """Describe a file; Slack works on it a little longer than an upload takes."""
    file = call.file(call.args["file"])
    if file.polls_left > 0 and not call.fake.faults.keeps_files_unfinished:
        file.polls_left -= 1
    paging = {"count": 100, "total": 0, "page": 1, "pages": 0}
    return {"file": file_payload(file), "comments": [], "paging": paging}


@method("files.delete")
def files_delete(call: Call) -> Answer:
    """Take a file of the bot's away."""
    file = call.file(call.args["file"])
    if file.owner is not call.bot:
        raise Refusal("cant_delete_file")
    events.file_deleted(call.fake, file)
    file.is_deleted = True
    for message in file.shares:
        message.files.remove(file)
    return {}
