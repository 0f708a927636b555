"""Fifty workers, in several processes, find the access token ended in the same moment: how many renew it?"""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

from tests.support.deployment import Deployment, deployment

PROCESSES, THREADS = 5, 10
ANSWER = 0.5  # seconds until Pinterest hands out the new token


def main() -> int:
    with deployment() as deployed:
        return _measure(deployed)


def _measure(deployed: Deployment) -> int:
    from django.db import connections
    from django.utils import timezone

    from accounts.models import PinterestAccount
    from tests.support import crowd

    pinterest = deployed.pinterest
    [account] = crowd.make_accounts(crowd.make_workspace(), pinterest, 1)
    past = timezone.now() - timedelta(minutes=1)
    PinterestAccount.objects.filter(pk=account.pk).update(access_expires_at=past)
    pinterest.fault("slow", path="/oauth/token", seconds=ANSWER)
    since = pinterest.mark()
    connections.close_all()
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(PROCESSES * THREADS), context.Queue()
    crews = [context.Process(target=_crew, args=(account.pk, barrier, answers)) for _ in range(PROCESSES)]
    for crew in crews:
        crew.start()
    found = [answers.get(timeout=90) for _ in range(PROCESSES * THREADS)]
    for crew in crews:
        crew.join()
    renewals = sum("/oauth/token" in call["path"] for call in pinterest.calls(since))
    good = sum(answer == 200 for answer, _ in found)
    print(
        f"{len(found)} workers in {PROCESSES} processes, one ended token: {renewals} renewal(s), {good} "
        f"went on with a good one, the slowest after {max(took for _, took in found):.2f} s "
        f"(the answer took {ANSWER} s)"
    )
    return 0 if renewals == 1 and good == len(found) else 1


def _crew(account: int, barrier: Barrier, answers: Any) -> None:
    import django

    django.setup()
    crew = [threading.Thread(target=_one, args=(account, barrier, answers)) for _ in range(THREADS)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()


def _one(pk: int, barrier: Barrier, answers: Any) -> None:
    """Reads the account, waits for all others to have read it, and asks for a client that it then uses."""
    from django.db import connection
    from django.utils import timezone

    from accounts import calls
    from accounts.models import PinterestAccount

    account = PinterestAccount.objects.get(pk=pk)
    barrier.wait(60)
    began = time.monotonic()
    status: int | str | None = None
    try:
        seen: list[int | None] = []
        client = calls.fresh_client(
            account, now=timezone.now(), on_response=lambda record: seen.append(record.status)
        )
        took = time.monotonic() - began
        client.user_account()
        status = seen[-1]
    except Exception as error:
        status, took = repr(error), time.monotonic() - began
    connection.close()
    answers.put((status, took))


if __name__ == "__main__":
    sys.exit(main())
