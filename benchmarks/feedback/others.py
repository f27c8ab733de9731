"""What another project's checks of photos cost: `python -m benchmarks.feedback.others FILE...` prints milliseconds.

cleanvision is not among this project's dependencies. Whoever wants the comparison installs it beside them:
`.venv/bin/pip install -c constraints.txt cleanvision`.
"""

from __future__ import annotations

import json
import sys
import time

RUNS = 2


def main() -> None:
    """Have cleanvision find its issues on the files, one process and one thread, the pictures decoded by Pillow."""
    import pillow_heif
    from cleanvision import Imagelab  # pyright: ignore[reportMissingImports]

    pillow_heif.register_heif_opener(decode_threads=1)
    files = sys.argv[1:]
    seconds: list[float] = []
    for _ in range(RUNS):
        lab = Imagelab(filepaths=files, verbose=False)
        started = time.process_time()
        lab.find_issues(n_jobs=1, verbose=False)
        seconds.append((time.process_time() - started) / len(files))
    checks = sorted(lab.issue_summary["issue_type"])  # pyright: ignore[reportPossiblyUnboundVariable]
    print(json.dumps({"mean_ms": min(seconds) * 1000, "checks": checks}))


if __name__ == "__main__":
    main()
