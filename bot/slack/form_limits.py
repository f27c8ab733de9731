"""What Slack allows in forms, lists and the Home tab, and how long it waits, with where it says so."""

from __future__ import annotations

MAX_TITLE_CHARACTERS = 24  # docs.slack.dev, Reference, Modal: title, submit and close
MAX_METADATA_CHARACTERS = 3000  # the same: private_metadata
MAX_VIEW_BLOCKS = 100  # the same: blocks of a modal or of the Home tab
MAX_FILES = 10  # docs.slack.dev, Reference, File input element: files, of 10 MB each
MAX_OPTIONS = 100  # docs.slack.dev, Reference, Select menu element; External data source
MAX_OPTION_CHARACTERS = 75  # docs.slack.dev, Reference, Option object: text and description
MAX_INPUT_CHARACTERS = 3000  # docs.slack.dev, Reference, Plain-text input element
MAX_LABEL_CHARACTERS = 2000  # docs.slack.dev, Reference, Input block
MAX_SECTION_CHARACTERS = 3000  # docs.slack.dev, Reference, Section block

ACK_SECONDS = 3  # docs.slack.dev, Events API, and Handling user interaction
OPEN_SECONDS = 1.6
"""How long opening a form may take: its trigger and the acknowledgement both end after `ACK_SECONDS`."""
LOOK_UP_SECONDS = 0.6
"""How long a name or a group may be looked for, which may come twice before that."""
LAST_RETRY = 3  # docs.slack.dev, Events API, Retries: at once, after 1 and after 5 minutes
