"""What Discord allows, with where it says so, and what follows from that for how we post."""

from __future__ import annotations

MAX_COMPONENTS = 40  # discord-api-docs, Components, Reference: all components of a message, nested ones too
MAX_TEXT_CHARACTERS = 4000  # the same: all text displays of a message together
MAX_TEXT_BYTES = 10_000
"""discord-api-docs issue 8554: beyond 10,170 bytes of UTF-8, 12 more for each text, Discord answers 500."""
BYTES_A_TEXT = 12
MAX_GALLERY_PICTURES = 10  # the same: items of a media gallery
MAX_ALT_CHARACTERS = 1024  # the same: description of a gallery's item
MAX_BUTTONS_A_ROW = 5  # the same: action row
MAX_BUTTON_LABEL_CHARACTERS = 80  # the same: button

MAX_THREAD_NAME_CHARACTERS = 100  # discord-api-docs, Channel, Start Thread
THREAD_ARCHIVE_MINUTES = 10_080  # the same: the longest, a week, since drafts and trainings rest for long

DEFAULT_FILE_BYTES = 10 * 1024 * 1024  # discord-api-docs, Reference, Uploading Files
HISTORY_MESSAGES = 100  # discord-api-docs, Get Channel Messages: the most in one request
REACTION_PAGE = 100  # discord-api-docs, Get Reactions: the most in one request

TOKEN_SECONDS = 15 * 60  # discord-api-docs, Receiving and Responding
TOKEN_MARGIN_SECONDS = 30
"""A token that is about to end is not begun with: an upload takes a while."""

FREE_EDITS_SECONDS = 60 * 60  # discord-api-docs, JSON error code 30046: older messages take few edits
EDIT_PACE_SECONDS = 2.0
"""Between two edits of one message that only show progress."""
ROOM_PACE_SECONDS = 1.0
"""The same for all messages of a channel: Discord takes about five edits in five seconds there, then lets us wait."""
OLD_EDIT_PACE_SECONDS = 15.0
"""The same for a message that is older than an hour. Discord publishes no figure; about three in 20 s were seen."""

LOGIN_PATIENCE_SECONDS = 10.0
"""How long a post waits for a client that is just coming up, before it is left for later."""
REQUEST_PATIENCE_SECONDS = 90.0
"""How long one request may take, with what discord.py waits and repeats by itself."""
REFUSED_REST_SECONDS = 60.0
"""How long a place that refused us is left alone: 10,000 refusals in ten minutes block an address."""
