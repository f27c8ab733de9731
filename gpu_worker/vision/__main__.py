"""`python -m gpu_worker.vision`: looks at pictures for a command that has no torch.

It says its provider as one line of JSON, or why it cannot look. Then each line that comes in is a picture, JPEG or
PNG in base64, and one line goes out for it, as `core.feedback.vision` writes what was seen. It ends with its input.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys

from core.errors import ConfigurationError
from core.processes import exit_with_parent
from core.settings import Settings
from gpu_worker.__main__ import EXIT_WITH_PARENT


def main() -> int:
    """Look until the input ends; the exit code is 2 where the settings cannot work."""
    parser = argparse.ArgumentParser(prog="python -m gpu_worker.vision", description=__doc__)
    parser.add_argument("--no-download", action="store_true", help="only use what is on this machine")
    asked = parser.parse_args()
    if parent := os.environ.get(EXIT_WITH_PARENT):
        exit_with_parent(int(parent))
    # What transformers says when it is imported is about torchvision, which nothing here needs.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import torch

    from core.feedback.vision import to_text
    from gpu_worker.vision.eye import load_eye, open_picture
    from gpu_worker.vision.files import NotDownloaded

    settings = Settings()
    if settings.torch_threads:
        torch.set_num_threads(settings.torch_threads)
    try:
        eye = load_eye(settings, may_download=not asked.no_download)
    except ConfigurationError as fault:
        _say(json.dumps({"fault": str(fault), "is_setting": not isinstance(fault, NotDownloaded)}))
        return 2
    if eye is None:
        fault = "LIKENESS_VISION_MODEL is empty: there is nothing to look with."
        _say(json.dumps({"fault": fault, "is_setting": True}))
        return 2
    _say(json.dumps({"provider": eye.provider}))
    for line in sys.stdin:
        _say(to_text(eye.look(open_picture(base64.b64decode(line)))))
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
