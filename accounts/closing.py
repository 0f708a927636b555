"""The end: deleting a workspace with all that hangs on it, and deleting one's own account."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from django.core.files.storage import Storage
from django.db import IntegrityError, models
from django.db.models import CASCADE, Count, QuerySet

from accounts import connect, letters, members
from accounts.members import MayNot
from accounts.models import Role, User, Workspace

logger = logging.getLogger(__name__)


def delete_workspace(workspace: Workspace, *, now: datetime) -> None:
    """First what publishes is stopped, then the rows go, then the files. Stopped halfway, it can be repeated.

    Raises MayNot when a worker was still writing.
    """
    pk = workspace.pk
    for account in workspace.accounts.connected():
        connect.disconnect(account, now=now)
    files = list(_files_below(workspace))
    try:
        workspace.delete()
    except IntegrityError as busy:
        raise MayNot("Something in this workspace was still being written. Try again in a moment.") from busy
    for storage, name in files:
        _delete_file(storage, name)
    logger.info("workspace.deleted", extra={"workspace": pk, "files": len(files)})


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


def delete_account(user: User, *, now: datetime) -> None:
    """The person and the workspaces that are theirs alone. Raises MayNot before anything is done."""
    if stuck := needing_an_owner(user):
        names = ", ".join(f"“{workspace.name}”" for workspace in stuck)
        raise MayNot(f"You are the only owner of {names}. Make somebody else owner, or delete it, first.")
    for workspace in alone_in(user):
        delete_workspace(workspace, now=now)
    for membership in members.memberships_of(user):
        members.leave(membership, now=now)
    email, pk = user.email, user.pk
    user.delete()
    logger.info("user.deleted", extra={"user": pk})
    letters.send("accounts/email/account_deleted", email)


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
