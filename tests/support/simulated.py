"""The stand-in for Pinterest as tests start and steer it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests

from tests.support.waiting import PATIENCE

ROOT: Final = Path(__file__).resolve().parents[2]


class Simulator:
    """Its control API."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """As soon as it listens."""
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulator: listening on http://127.0.0.1:"), line
        self.process, self.url = process, line.split()[-1]
        self.api_url = f"{self.url}/v5"
        self.port = urlsplit(self.url).port or 0

    def control(self, path: str, json: object = None, *, method: str = "") -> Any:
        """POST with a body, GET without, unless a method is named."""
        method = method or ("GET" if json is None else "POST")
        answer = requests.request(method, f"{self.url}/_control/{path}", json=json, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json()

    def reset(self) -> None:
        """Two people, no Pins, no faults, every setting as it comes."""
        self.control("reset", method="POST")

    def config(self, **wishes: object) -> Any:
        return self.control("config", wishes)

    def person(self, username: str = "alderandoat", **more: object) -> Any:
        return self.control("people", {"username": username, **more})

    def grant(self, username: str = "alderandoat", **more: object) -> Any:
        """Tokens, as if this person had connected."""
        return self.control("grant", {"username": username, **more})

    def kill_tokens(self, *kinds: str, username: str = "alderandoat") -> None:
        """`access`, `refresh`; none: all of them."""
        self.control("tokens", {"username": username} | ({"kill": kinds} if kinds else {}))

    def fault(self, kind: str, **rule: object) -> Any:
        return self.control("faults", {"kind": kind, **rule})

    def no_faults(self) -> Any:
        return self.control("faults", method="DELETE")

    def pins(self, username: str = "") -> list[dict[str, Any]]:
        """Everybody's unless somebody is named, newest last."""
        path = f"pins?username={username}" if username else "pins"
        found: list[dict[str, Any]] = self.control(path)["pins"]
        return found

    def mark(self) -> int:
        """For `calls`: since now."""
        return int(self.control("calls")["next"])

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control(f"calls?since={since}")["calls"]
        return found


S = TypeVar("S", bound=Simulator)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pinsched.simulator", *arguments]


@contextmanager
def running(of: type[S], *arguments: str) -> Iterator[S]:
    """On a free port; in a session of its own, so that no Ctrl+C ends it before us."""
    process = subprocess.Popen(
        command("--port", "0", *arguments),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield of(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        finally:
            process.kill()
            process.stdout.close()
