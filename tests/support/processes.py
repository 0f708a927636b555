"""Who descends from a process, and who of them is left. Reads /proc: Linux."""

from __future__ import annotations

import contextlib
from pathlib import Path


def _state_and_parent(pid: int) -> tuple[str, int]:
    """OSError when it is gone. The name before the last bracket may hold anything."""
    state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return state, int(parent)


def is_alive(pid: int) -> bool:
    """One that ended but that nobody has waited for does not count."""
    with contextlib.suppress(OSError):
        return _state_and_parent(pid)[0] != "Z"
    return False


def children(of: int) -> list[int]:
    """Its living children, then theirs."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = _state_and_parent(int(folder.name))
            if state != "Z":
                parents[int(folder.name)] = parent
    found = [pid for pid, parent in parents.items() if parent == of]
    for pid in found:  # grows meanwhile
        found += [grandchild for grandchild, parent in parents.items() if parent == pid]
    return found


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()


def parent_command(pid: int) -> str:
    """Empty when it is gone."""
    with contextlib.suppress(OSError):
        return command(_state_and_parent(pid)[1])
    return ""


def environment(pid: int) -> dict[str, str]:
    """As it was when the process started."""
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)
