"""What Slack allows for messages, files and calls, where it says so, and what follows for how we post."""

from __future__ import annotations

MAX_BLOCKS = 50  # docs.slack.dev, Block Kit: blocks of a message
MAX_SECTION_CHARACTERS = 3000  # docs.slack.dev, Section block: text
MAX_TEXT_CHARACTERS = 9000
"""Of all texts in a message's blocks together. slackapi/bolt-js issue 2867: 9,600 are taken, 11,400 are not."""
MAX_NOTIFICATION_CHARACTERS = 1000
"""Of the `text` beside blocks, which is read aloud and shown in notifications. chat.update refuses above 4,000."""
MAX_BUTTONS_A_ROW = 25  # docs.slack.dev, Actions block: elements
MAX_BUTTON_LABEL_CHARACTERS = 75  # docs.slack.dev, Button element: text
MAX_BUTTON_VALUE_CHARACTERS = 2000  # docs.slack.dev, Button element: value
MAX_ALT_CHARACTERS = 2000  # docs.slack.dev, Image block: alt_text
MAX_FILE_ALT_CHARACTERS = 1000  # docs.slack.dev, files.getUploadURLExternal: alt_txt
MAX_FILE_TITLE_CHARACTERS = 150
"""Slack publishes no limit; it stands above the picture."""
MAX_PICTURES = 10
"""In one message. Slack's client sends ten files at a time; more would be no message that people can take in."""
MAX_PICTURE_BYTES = 8 * 1024 * 1024
"""Slack takes a gigabyte; what is shown in a channel on a telephone should be less."""

POST_SECONDS = 1.0  # docs.slack.dev, Rate limits: one chat.postMessage a second in a channel
MINUTE_SECONDS = 60.0  # docs.slack.dev, Rate limits: tiers count calls a minute, per method and workspace
TIER_2_CALLS, TIER_3_CALLS, TIER_4_CALLS = 20, 50, 100  # the same
CALLS_A_MINUTE = {
    "chat.delete": TIER_3_CALLS,
    "chat.postEphemeral": TIER_4_CALLS,
    "chat.update": TIER_3_CALLS,
    "conversations.history": TIER_3_CALLS,
    "conversations.members": TIER_4_CALLS,
    "conversations.open": TIER_3_CALLS,
    "conversations.replies": TIER_3_CALLS,
    "files.completeUploadExternal": TIER_4_CALLS,
    "files.delete": TIER_3_CALLS,
    "files.getUploadURLExternal": TIER_4_CALLS,
    "files.info": TIER_4_CALLS,
    "reactions.add": TIER_3_CALLS,
    "reactions.get": TIER_3_CALLS,
    "reactions.remove": TIER_2_CALLS,
    "users.info": TIER_4_CALLS,
    "usergroups.list": TIER_2_CALLS,
}
"""Each method's tier, from its page on docs.slack.dev. Apps sold outside Slack's Marketplace may look into a
conversation once a minute since 2025; an app of one's own, which this is, is exempt. Where Slack says 429 all
the same, its `Retry-After` counts."""
SPARE_CALLS = 20
"""Calls of a method that progress leaves to what matters more."""
PACE_MARGIN_SECONDS = 0.1
"""Clocks differ a little."""

EDIT_PACE_SECONDS = 3.0
"""Between two edits of one message that only show progress."""
LOOK_MESSAGES = 200  # docs.slack.dev, conversations.history: no more than 200 at a time are recommended
MAX_LOOKS = 5
"""Pages of a thread that are read to find a message again."""

REQUEST_PATIENCE_SECONDS = 90.0
"""How long one request may take, with what it waits for when Slack asks to."""
MAX_RETRY_AFTER_SECONDS = 30
"""A longer wait is for another time: others are waiting behind."""
REFUSED_REST_SECONDS = 60.0
"""How long a place that refused us is left alone."""

FILE_LOOK_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Between looks whether Slack is done with a file: an image block may show it only then."""
PREVIEW_LOOK_SECONDS = (0.5, 1.0)
"""The same for what shows progress: others wait behind it, and the next preview comes soon."""
