"""What the queue may ask of accounts: thin, safe to run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from django.utils import timezone

from accounts import boards, connect
from accounts.models import PinterestAccount
from accounts.pinterest import errors

logger = logging.getLogger(__name__)


@shared_task(name="accounts.sync_boards", bind=True, base=DjangoTask, max_retries=3)
def sync_boards(self: DjangoTask[..., None], account_pk: int) -> None:
    """Why it failed stands on the account's page; only what passes by itself is tried again."""
    account = PinterestAccount.objects.filter(pk=account_pk).first()
    if account is None:
        return
    try:
        boards.sync(account, now=timezone.now())
    except errors.RateLimited as wait:
        raise self.retry(countdown=wait.retry_after + 1, exc=wait) from wait
    except errors.Unavailable as away:
        raise self.retry(countdown=10 * 2**self.request.retries, exc=away) from away
    except (connect.AccountUnusable, errors.PinterestError):
        return


@shared_task(name="accounts.sync_due_boards")
def sync_due_boards() -> None:
    """Ask for one sync an account, so that a slow one holds up no other."""
    now = timezone.now()
    for account in boards.due_for_sync(now).filter(api_url=settings.PINTEREST_API_URL):
        if boards.ask_for_sync(account, now=now):
            sync_boards.delay_on_commit(account.pk)


@shared_task(name="accounts.refresh_due_tokens")
def refresh_due_tokens() -> None:
    connect.refresh_due(now=timezone.now())
