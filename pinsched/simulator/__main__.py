"""`python -m pinsched.simulator`: reads the command line, starts the server, ends on SIGTERM."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from pinsched.simulator import people, server
from pinsched.simulator.app import Simulator
from pinsched.simulator.pictures import Pictures
from pinsched.simulator.settings import WrongSetting
from pinsched.simulator.store import IncompatibleStore, Store
from pinsched.simulator.world import App, World


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pinsched.simulator",
        description="A local stand-in for Pinterest's API and consent page.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8100, help="port, 0 for a free one (default: %(default)s)")
    add("--data", type=Path, metavar="DIR", help="keep everything in this folder over restarts")
    add("--app-id", default="simulator", help="the app's id (default: %(default)s)")
    add("--app-secret", default="simulator-secret", help="its secret (default: %(default)s)")
    add("--public-url", metavar="URL", help="address in links (default: http://localhost:PORT)")
    add("--redirect-uri", action="append", default=[], metavar="URI", nargs="+", help="accept these only")
    add("--clock-offset", type=float, metavar="S", help="seconds that its clock is ahead (default: 0)")
    return parser.parse_args(argv)


def _world(options: argparse.Namespace, port: int) -> World:
    data: Path | None = options.data
    if data:
        data.mkdir(parents=True, exist_ok=True)
    public_url = (options.public_url or f"http://localhost:{port}").rstrip("/")
    redirect_uris = tuple(uri for some in options.redirect_uri for uri in some)
    world = World(
        store=Store(data / "simulator.sqlite3" if data else None),
        pictures=Pictures(data / "images" if data else None, public_url),
        app=App(options.app_id, options.app_secret, redirect_uris),
        public_url=public_url,
    )
    if options.clock_offset is not None:
        world.begin_with(clock_offset_seconds=options.clock_offset)
    if not people.everyone(world.store):
        people.seed(world)
    return world


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop


def _start(options: argparse.Namespace) -> tuple[World, socket.socket]:
    """The port first, then the data: a second simulator must not touch the first one's."""
    listener = server.listen(options.host, options.port)
    try:
        return _world(options, listener.getsockname()[1]), listener
    except BaseException:
        listener.close()
        raise


def main(argv: Sequence[str] | None = None) -> int:
    options = _arguments(argv)
    stop = _stop_on_signals()
    try:
        world, listener = _start(options)
    except (OSError, OverflowError, IncompatibleStore, WrongSetting) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"simulator: can't start on {options.host}:{options.port}: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    host = f"[{options.host}]" if ":" in options.host else options.host
    print(f"simulator: listening on http://{host}:{listener.getsockname()[1]}", flush=True)  # noqa: T201
    server.serve(Simulator(world), listener, stop)
    listener.close()
    world.store.close()
    world.pictures.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
