"""How the bot and a decoder talk: the heads of their messages, which plain bytes follow."""

from __future__ import annotations

import struct

# Lengths of the limits (JSON) and of the upload.
REQUEST = struct.Struct(">IQ")
# Length of what the child said, its exit code, whether it was killed as too slow, peak memory in bytes,
# processor time in seconds.
ANSWER = struct.Struct(">Qi?Qd")
