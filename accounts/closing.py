"""The end: deleting a workspace with all that hangs on it, and deleting one's own account.

A workspace of 10,000 Pins takes seconds, its files in a bucket minutes: the request begins, a worker ends.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.contrib.admin.models import LogEntry
from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models import CASCADE, Count, QuerySet

from accounts import connect, letters, members
from accounts.members import MayNot
from accounts.models import ApiToken, Invitation, Role, User, Workspace

logger = logging.getLogger(__name__)

OPERATOR: Final = (
    "You administer this PinSched, or did: the audit log names you, and it stays. Ask another administrator "
    "to switch your account off."
)


def begin(workspace: Workspace, *, now: datetime) -> None:
    """At once: nothing of it is published any more, and nobody is in it. A worker does the rest."""
    # All or nothing: a workspace without members that isn't marked would stay for ever. Its row comes first,
    # as in connect.finish: who is just connecting an account comes before this, and is found, or is refused.
    with transaction.atomic():
        Workspace.objects.filter(pk=workspace.pk).update(deleting_since=now)
        for account in workspace.accounts.connected():
            connect.disconnect(account, now=now)
        Invitation.objects.open().filter(workspace=workspace).update(revoked_at=now)
        ApiToken.objects.live().filter(workspace=workspace).update(revoked_at=now)
        workspace.memberships.all().delete()
    logger.info("workspace.deleting", extra={"workspace": workspace.pk})


def end(workspace: Workspace) -> None:
    """Files, then rows, of a workspace whose deletion was begun. Stopped halfway, it can be repeated.

    Raises IntegrityError when another worker was still writing into it.
    """
    pk, files = workspace.pk, 0
    for storage, name in _files_below(workspace):
        _delete_file(storage, name)
        files += 1
    workspace.delete()
    logger.info("workspace.deleted", extra={"workspace": pk, "files": files})


def take_up(now: datetime) -> list[int]:
    """The workspaces to be ended again; each is given out once in ten minutes."""
    left = Workspace.objects.left_over(now)
    return [pk for pk in left.values_list("pk", flat=True) if left.filter(pk=pk).update(deleting_since=now)]


def alone_in(user: User) -> QuerySet[Workspace]:
    """Workspaces that nobody else is in: they go with their only member."""
    mine = Workspace.objects.filter(pk__in=user.memberships.values("workspace"))
    return mine.annotate(people=Count("memberships")).filter(people=1).order_by("name")


def needing_an_owner(user: User) -> list[Workspace]:
    """Workspaces with other people in them that would be left without an owner."""
    shared = Workspace.objects.exclude(pk__in=alone_in(user).values("pk"))
    owners = models.Q(memberships__role=Role.OWNER)
    counted = shared.filter(pk__in=user.memberships.filter(role=Role.OWNER).values("workspace")).annotate(
        owners=Count("memberships", filter=owners)
    )
    return list(counted.filter(owners=1).order_by("name"))


def is_operator(user: User) -> bool:
    """Whether the audit log names this person, or may: its lines would go with the row."""
    return user.is_staff or user.is_superuser or LogEntry.objects.filter(user=user).exists()


def delete_account(user: User, *, now: datetime) -> list[int]:
    """The person goes; the workspaces that were theirs alone are begun, and given back for a worker to end.

    Raises MayNot before anything is done.
    """
    if is_operator(user):
        raise MayNot(OPERATOR)
    if stuck := needing_an_owner(user):
        names = ", ".join(f"“{workspace.name}”" for workspace in stuck)
        raise MayNot(f"You are the only owner of {names}. Make somebody else owner, or delete it, first.")
    alone = list(alone_in(user))
    for workspace in alone:
        begin(workspace, now=now)
    for membership in members.memberships_of(user):
        members.leave(membership, now=now)
    email, pk = user.email, user.pk
    user.delete()
    logger.info("user.deleted", extra={"user": pk})
    letters.send("accounts/email/account_deleted", email)
    return [workspace.pk for workspace in alone]


def _files_below(workspace: Workspace) -> Iterator[tuple[Storage, str]]:
    """Files of all rows that the database deletes with the workspace, whichever app they are of."""
    todo: list[tuple[type[models.Model], str]] = [(Workspace, "pk")]
    seen: set[type[models.Model]] = {Workspace}
    while todo:
        model, path = todo.pop()
        rows = model._base_manager.filter(**{path: workspace.pk})
        for field in model._meta.fields:
            if isinstance(field, models.FileField):
                for name in rows.exclude(**{field.name: ""}).values_list(field.name, flat=True).iterator():
                    yield field.storage, name
        for relation in model._meta.related_objects:
            child = relation.related_model
            if relation.on_delete is CASCADE and isinstance(child, type) and child not in seen:
                seen.add(child)
                prefix = "" if path == "pk" else f"__{path}"
                todo.append((child, f"{relation.field.name}{prefix}"))


def _delete_file(storage: Storage, name: str) -> None:
    """One that stays behind costs room, nothing else."""
    try:
        storage.delete(name)
    except OSError:
        logger.exception("file.left_behind", extra={"file": name})
