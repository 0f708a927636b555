"""`make bench`: our figures, printed. Nothing here passes or fails: speed is measured, not asserted."""

from __future__ import annotations

import subprocess
import sys

from tests.bench import pages, start

PARTS = {
    "pages": "queries of home and Queue at 30 and 3,000 Pins",
    "start": "seconds from `make run` to the first page",
    "imaging": "12 to 48 megapixel JPEGs against pyvips",
}


def main() -> int:
    wanted = sys.argv[1:] or list(PARTS)
    for part in wanted:
        print(f"\n== {part}: {PARTS[part]}\n", flush=True)
        if part == "pages":
            pages.main()
        elif part == "start":
            start.main()
        else:
            subprocess.run([sys.executable, "-m", f"tests.bench.{part}"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
