"""What the queue may ask of accounts: thin, safe to run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry

from accounts import boards, clock, closing, health, renewal
from accounts.background import A_TICK, Background
from accounts.models import PinterestAccount, Workspace
from accounts.models.pinterest_account import SYNC_AGAIN
from accounts.models.workspace import DELETED_WITHIN
from accounts.pinterest import errors

logger = logging.getLogger(__name__)


@shared_task(
    name="accounts.sync_boards", bind=True, base=Background, max_retries=3, lives=SYNC_AGAIN.total_seconds()
)
def sync_boards(self: DjangoTask[..., None], account_pk: int) -> None:
    """Why it failed stands on the account's page; only what passes by itself is tried again."""
    account = PinterestAccount.objects.filter(pk=account_pk).first()
    if account is None:
        return
    try:
        boards.sync(account, now=clock.now())
    except errors.RateLimited as wait:
        if wait.retry_after < A_TICK:
            raise self.retry(countdown=wait.retry_after + 1, exc=wait) from wait
    except errors.Unavailable as away:
        raise self.retry(countdown=10 * 2**self.request.retries, exc=away) from away
    except (health.AccountUnusable, errors.PinterestError):
        return


@shared_task(name="accounts.sync_due_boards")
def sync_due_boards() -> None:
    """Ask for one sync an account, so that a slow one holds up no other."""
    now = clock.now()
    for account in boards.due_for_sync(now).filter(api_url=settings.PINTEREST_API_URL):
        if boards.ask_for_sync(account, now=now):
            sync_boards.delay_on_commit(account.pk)


@shared_task(name="accounts.refresh_due_tokens", base=Background)
def refresh_due_tokens() -> None:
    renewal.refresh_due(now=clock.now())


@shared_task(name="accounts.renew_tokens", base=Background)
def renew_tokens(account_pk: int, seen_version: int, asked_by: int) -> None:
    """An operator asks: renew now, and write what came of it beside their question in the audit log."""
    account = PinterestAccount.objects.filter(pk=account_pk).first()
    if account is None or account.token_version != seen_version:
        return
    try:
        renewal.renew(account, seen_version=seen_version)
    except health.AccountUnusable as no:
        said = f"Tokens not renewed: {no.message}"
    except errors.PinterestError as no:
        said = f"Tokens not renewed: {no.plain}"
    else:
        said = "Tokens renewed."
    LogEntry.objects.log_actions(asked_by, [account], CHANGE, said, single_object=True)


@shared_task(name="accounts.delete_workspace", base=Background, lives=DELETED_WITHIN.total_seconds())
def delete_workspace(workspace_pk: int) -> None:
    """Only what was begun by a person; one that fails is taken up by the next tick."""
    workspace = Workspace.objects.filter(pk=workspace_pk).exclude(deleting_since=None).first()
    if workspace is not None:
        closing.end(workspace)


@shared_task(name="accounts.sweep_workspaces")
def sweep_workspaces() -> None:
    for pk in closing.take_up(clock.now()):
        delete_workspace.delay_on_commit(pk)
