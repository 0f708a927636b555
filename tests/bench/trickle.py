"""A thousand picture addresses of one workspace that trickle: how long a notice, a change of a live Pin and
another workspace's picture take meanwhile."""

from __future__ import annotations

import argparse
import io
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tests.support.deployment import Deployment, deployment
from tests.support.waiting import wait_until

SETTLED_IN: Final = 20.0  # seconds after which the trickle has taken all that it can take
PIECE: Final = 1.0  # seconds from byte to byte of the trickle


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trickle", description=__doc__)
    parser.add_argument("--addresses", type=int, default=1000)
    parser.add_argument("--patience", type=float, default=300, help="seconds until one is given up")
    options = parser.parse_args(arguments)
    with deployment() as deployed, _Shop() as shop:
        return _measure(deployed, shop, options.addresses, options.patience)


def _measure(deployed: Deployment, shop: _Shop, addresses: int, patience: float) -> int:
    from django.conf import settings
    from django.utils import timezone

    from accounts import health
    from accounts.fetch import allow_list
    from pins import enqueue
    from pins.live import changes
    from pins.media import download
    from pins.models import LiveChange, Media, MediaStatus, Notification, Pin, Status
    from tests.support import crowd, factories

    settings.FETCH_ALLOW = allow_list(shop.place)
    noisy, quiet = crowd.make_workspace(), factories.make_workspace(factories.make_user("quiet@example.com"))
    account, held = crowd.make_accounts(quiet, deployed.pinterest, 2)
    (picture,) = crowd.make_pictures(quiet, 1, grain=0)
    (pin,) = crowd.queue([account], [picture], 1, [timezone.now()])
    deployed.start_product(launchers=1, FETCH_ALLOW=shop.place)
    wait_until(Pin.objects.filter(status=Status.PUBLISHED).exists, seconds=60, what="a live Pin")
    pin.refresh_from_db()
    for n in range(addresses):
        download.accept(noisy, url=f"{shop.url}/slow/{n}.jpg", user=None, now=timezone.now())
        enqueue.fetch()
    time.sleep(SETTLED_IN)
    print(f"{addresses} addresses trickle, {shop.trickling} of them at this moment", flush=True)

    def change() -> Callable[[], bool]:
        asked = changes.change(pin, given={"title": "Two vases"}, user=None, now=timezone.now())
        assert asked is not None
        enqueue.carry_out(asked.pk)
        return lambda: LiveChange.objects.filter(pk=asked.pk, state="done").exists()

    def fetched() -> Callable[[], bool]:
        other = download.accept(quiet, url=f"{shop.url}/quick.jpg", user=None, now=timezone.now())
        enqueue.fetch()
        return lambda: Media.objects.filter(pk=other.pk, status=MediaStatus.READY).exists()

    def notice() -> Callable[[], bool]:
        health.hold(held, code="spam", message="Held.", now=timezone.now() - timedelta(seconds=1))
        return lambda: Notification.objects.filter(account=held).exists()

    for what, begin in (
        ("a change of a live Pin", change),
        ("another workspace’s picture", fetched),
        ("a notice (looked for every 30 s)", notice),
    ):
        print(f"  {what}: {_took(begin, patience)}", flush=True)
    return 0


def _took(begin: Callable[[], Callable[[], bool]], patience: float) -> str:
    since = time.monotonic()
    is_done = begin()
    while time.monotonic() - since < patience:
        if is_done():
            return f"{time.monotonic() - since:.1f} s"
        time.sleep(0.05)
    return f"not within {patience:.0f} s"


class _Shop:
    """Answers /slow/ a byte at a time for ever, and all else with a picture at once."""

    def __init__(self) -> None:
        from PIL import Image

        out = io.BytesIO()
        Image.new("RGB", (600, 900), "#792351").save(out, "JPEG")
        shop, whole = self, out.getvalue()

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(whole)))
                self.end_headers()
                if self.path.startswith("/slow/"):
                    shop.trickle(self.wfile.write, whole)
                else:
                    self.wfile.write(whole)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.trickling, self._ended, self._lock = 0, threading.Event(), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.place = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.place}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def trickle(self, write: Callable[[bytes], object], whole: bytes) -> None:
        with self._lock:
            self.trickling += 1
        try:
            for byte in whole:
                write(bytes([byte]))
                if self._ended.wait(PIECE):
                    return
        except OSError:
            return
        finally:
            with self._lock:
                self.trickling -= 1

    def __enter__(self) -> _Shop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


if __name__ == "__main__":
    sys.exit(main())
