"""`make bench`: our figures, printed. Nothing here passes or fails: speed is measured, not asserted."""

from __future__ import annotations

import subprocess
import sys

from tests.bench import pages, start

PARTS = {
    "pages": "queries and milliseconds of each list at 1,000 and 100,000 Pins",
    "start": "seconds from `make run` to the first page",
    "quota": "microseconds of counting a call, alone and from 32 threads",
    "imaging": "12 to 48 megapixel JPEGs against pyvips",
    "burst": "1,000 Pins due in the same second: Pins/s, CPU a Pin, memory",
    "trickle": "a notice, a live change and a picture while 1,000 addresses of another workspace trickle",
    "fair": "20 accounts' few Pins while 5,000 of another drain",
    "waiting": "500 and 500,000 due Pins of one account: ticks and looks, with and without quota",
    "claim": "claiming out of 100,000 due Pins",
    "library": "reading 20,000 Pins of one account",
    "tokens": "50 workers find an ended token",
    "punctual": "100 Pins at random instants within 5 minutes",
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
