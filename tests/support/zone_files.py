"""Makes folders of zone data, as machines have them: of any version, with any rules, lacking names."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

# One hour off against 2026b and later, on 10 January 2027: the five that a host of 2025b got wrong.
RULES_OF_2025B = {
    "America/Vancouver": "PST8PDT,M3.2.0,M11.1.0",
    "America/Edmonton": "MST7MDT,M3.2.0,M11.1.0",
    "America/Winnipeg": "CST6CDT,M3.2.0,M11.1.0",
    "America/Havana": "CST5CDT,M3.2.0/0,M11.1.0/1",
    "Africa/Casablanca": "<+01>-1",
}


def zone_file(rule: str) -> bytes:
    """A TZif file (RFC 9636, version 2) without history: a POSIX rule for all times."""
    nothing = struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    block = b"TZif2" + b"\0" * 15 + nothing
    return block + block + f"\n{rule}\n".encode()


def zone_folder(
    folder: Path, rules: Mapping[str, str], *, version: str = "", note: str = "tzdata.zi", says: str = ""
) -> Path:
    """A folder for PYTHONTZPATH with these zones and UTC; `says` is what the note about its version holds."""
    for name, rule in {"UTC": "UTC0", "Etc/UTC": "UTC0", **rules}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(zone_file(rule))
    if text := says or (f"# version {version}\n" if version else ""):
        (folder / note).write_text(text)
    return folder
