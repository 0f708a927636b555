"""Workspaces and who is in them."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.text import slugify

from accounts import zones
from accounts.models import ApiToken, Invitation, Membership, Role, User, Workspace

logger = logging.getLogger(__name__)

TRIES: Final = 5  # at a slug that nobody else takes in the same instant
LONGEST_SLUG: Final = 50  # leaves room for what makes it unique
LONGEST_NAME: Final = 80


class MayNot(Exception):
    """A rule about people stands in the way; `message` tells them which, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LastOwner(MayNot):
    def __init__(self) -> None:
        super().__init__("A workspace needs an owner. Make somebody else owner first.")


class TooMany(MayNot):
    """The person owns as many workspaces as one may."""

    def __init__(self, owner: User, most: int) -> None:
        super().__init__(
            f"{owner.get_full_name()} owns {most} workspaces, as many as one person may have here. "
            "One must be deleted, or handed over, first."
        )


def default_name(user: User) -> str:
    return f"{user.get_short_name()[: LONGEST_NAME - 12]}’s workspace"


def create_workspace(owner: User, *, name: str, time_zone: str = "UTC") -> Workspace:
    """A workspace with its owner. Its slug is the name's; taken ones get a few letters more.

    Raises TooMany.
    """
    stem = slugify(name)[:LONGEST_SLUG].strip("-") or "workspace"
    slug = stem
    for _ in range(TRIES):
        try:
            # Both rows or neither: a workspace without an owner could never be opened.
            with transaction.atomic():
                check_room(owner)
                workspace = Workspace.objects.create(
                    name=name[:LONGEST_NAME], slug=slug, time_zone=zones.known(time_zone)
                )
                Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        except IntegrityError:
            slug = f"{stem}-{secrets.token_hex(3)}"
        else:
            logger.info("workspace.created", extra={"workspace": workspace.pk})
            return workspace
    raise RuntimeError("No free name was found for the workspace's address.")


def check_room(owner: User) -> None:
    """Raises TooMany if this person may own no further workspace. In a transaction: the person's row is the
    lock, so that of two at once the second counts the first."""
    list(User.objects.select_for_update(no_key=True).filter(pk=owner.pk))
    most = settings.WORKSPACES_PER_PERSON
    if most and Membership.objects.filter(user=owner, role=Role.OWNER).count() >= most:
        raise TooMany(owner, most)


def change_workspace(workspace: Workspace, *, name: str, time_zone: str) -> None:
    """Who saves the form has seen the zone, and so confirms it. The slug stays: links hold."""
    workspace.name = name
    workspace.time_zone = zones.known(time_zone)
    workspace.time_zone_confirmed = True
    workspace.save(update_fields=["name", "time_zone", "time_zone_confirmed"])


def confirm_time_zone(workspace: Workspace, *, time_zone: str) -> None:
    workspace.time_zone = zones.known(time_zone)
    workspace.time_zone_confirmed = True
    workspace.save(update_fields=["time_zone", "time_zone_confirmed"])


def memberships_of(user: User) -> list[Membership]:
    """All of a person's memberships with their workspaces, oldest first: the first is where they begin."""
    return list(Membership.objects.filter(user=user).select_related("workspace").order_by("pk"))


def change_profile(
    user: User, *, name: str, time_zone: str, theme: str, keyboard_shortcuts: bool, trouble_mails: bool
) -> None:
    user.name = name
    user.time_zone = zones.known(time_zone)
    user.theme = theme
    user.keyboard_shortcuts = keyboard_shortcuts
    user.trouble_mails = trouble_mails
    user.save(update_fields=["name", "time_zone", "theme", "keyboard_shortcuts", "trouble_mails"])


def change_theme(user: User, *, theme: str) -> None:
    user.theme = theme
    user.save(update_fields=["theme"])


def roles_given_by(member: Membership) -> list[Role]:
    """Nobody gives more than they have."""
    return [role for role in Role if member.may(role)]


def change_role(membership: Membership, *, role: Role, by: Membership) -> None:
    """Raises MayNot for a role, or a member, above one's own, LastOwner and TooMany."""
    _check_manages(by, membership, "change the role of")
    _check_rank(by, role, "make somebody")
    # The workspace's row is the lock: of two owners who step down at once, the second is refused.
    with transaction.atomic():
        _lock(membership.workspace_id)
        if role != Role.OWNER:
            _check_another_owner(membership)
        elif membership.role != Role.OWNER:
            check_room(membership.user)
        Membership.objects.filter(pk=membership.pk).update(role=role)
        _take_back_forsaken(membership)
    membership.role = role
    logger.info("member.role", extra={"workspace": membership.workspace_id, "user": membership.user_id})


def remove(membership: Membership, *, by: Membership, now: datetime) -> None:
    """Ends a membership; what hung on it, tokens and invitations sent, ends too. Raises MayNot for a member
    above oneself, and LastOwner."""
    _check_manages(by, membership, "remove")
    # The same lock as above. The tokens end here too: they would revive with a second membership.
    with transaction.atomic():
        _lock(membership.workspace_id)
        _check_another_owner(membership)
        ApiToken.objects.live().filter(
            user_id=membership.user_id, workspace_id=membership.workspace_id
        ).update(revoked_at=now)
        Membership.objects.filter(pk=membership.pk).delete()
        _take_back_forsaken(membership)
    logger.info("member.removed", extra={"workspace": membership.workspace_id, "user": membership.user_id})


def leave(membership: Membership, *, now: datetime) -> None:
    """Raises LastOwner: who is the only owner hands over first, or deletes the workspace."""
    remove(membership, by=membership, now=now)


def _check_manages(by: Membership, other: Membership, deed: str) -> None:
    if other.rank is not None:
        _check_rank(by, other.rank, deed)


def _check_rank(by: Membership, role: Role, deed: str) -> None:
    if not by.may(role):
        article = "an" if role.label[0] in "AEIOU" else "a"
        raise MayNot(f"Only an owner can {deed} {article} {role.label.lower()}.")


def _lock(workspace_id: int) -> None:
    Workspace.objects.select_for_update().get(pk=workspace_id)


def _check_another_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(workspace=membership.workspace_id, role=Role.OWNER)
    found = set(owners.values_list("pk", flat=True))
    if found == {membership.pk}:
        raise LastOwner


def _take_back_forsaken(membership: Membership) -> None:
    """What this person may no longer ask others to. They don't work as it is; nor shall they if the person
    comes back."""
    sent = Invitation.objects.filter(workspace=membership.workspace_id, invited_by=membership.user_id)
    sent.forsaken().update(revoked_at=Now())


def ensure_member(email: str, *, slug: str = "") -> Membership:
    """The person, verified, in the workspace; whatever is missing is made, and theirs as owner."""
    # All or nothing, so that a second run finds either a whole or a clean table.
    with transaction.atomic():
        user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email)
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
        EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
        if not slug:
            mine = memberships_of(user)
            workspace = mine[0].workspace if mine else create_workspace(user, name=default_name(user))
        else:
            workspace, _ = Workspace.objects.get_or_create(slug=slug, defaults={"name": slug})
        membership, _ = Membership.objects.select_related("user", "workspace").get_or_create(
            user=user, workspace=workspace, defaults={"role": Role.OWNER}
        )
    return membership
