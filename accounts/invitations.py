"""Invite an e-mail address into a workspace; send the link again, take it back, accept it.

The link's key is in the mail and nowhere else: whoever shows it reads that mailbox.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import letters
from accounts.members import MayNot
from accounts.models import Invitation, Membership, Role, User, Workspace
from accounts.models.token import digest

logger = logging.getLogger(__name__)

VALID_FOR: Final = timedelta(days=7)
A_DAY: Final = timedelta(days=1)
AGAIN_AFTER: Final = timedelta(minutes=1)  # nobody's mailbox is filled by pressing a button
MOST_A_DAY: Final = 50  # in one workspace: sign-up is free, and so this must not become a way to send spam

LOST: Final = "The mail server did not take the mail. The invitation is kept: send it again in a while."
GONE: Final = "This invitation no longer works. Ask for a new one."


def invite(workspace: Workspace, *, email: str, role: Role, by: Membership, now: datetime) -> Invitation:
    """Make an invitation and mail it. Raises MayNot."""
    if not by.may(role):
        raise MayNot(f"Only an owner can invite an {role.label.lower()}.")
    if _is_member(workspace, email):
        raise MayNot("This person is in the workspace already.")
    key = secrets.token_urlsafe(32)
    # One that ran out makes room for the new one, in the same step.
    try:
        with transaction.atomic():
            Invitation.objects.open().for_address(email).filter(
                workspace=workspace, expires_at__lte=now
            ).update(revoked_at=now)
            if workspace.invitations.filter(created_at__gt=now - A_DAY).count() >= MOST_A_DAY:
                raise MayNot(f"{MOST_A_DAY} invitations were sent within a day. Go on tomorrow.")
            invitation = Invitation.objects.create(
                workspace=workspace,
                email=email.lower(),
                role=role,
                key_hash=digest(key),
                invited_by=by.user,
                sent_at=now,
                expires_at=now + VALID_FOR,
            )
    except IntegrityError as twice:
        raise MayNot("This address is invited already. Below, the mail can be sent again.") from twice
    logger.info("invitation.made", extra={"workspace": workspace.pk, "invitation": invitation.pk})
    _mail(invitation, key)
    return invitation


def send_again(invitation: Invitation, *, now: datetime) -> None:
    """A new link that lives for the whole time; the one before is dead. Raises MayNot."""
    key = secrets.token_urlsafe(32)
    renewed = Invitation.objects.renew(
        invitation.pk,
        key_hash=digest(key),
        expires_at=now + VALID_FOR,
        now=now,
        sent_before=now - AGAIN_AFTER,
    )
    if not renewed:
        raise MayNot("It was sent a moment ago. Wait a minute, then send it again.")
    invitation.refresh_from_db()
    _mail(invitation, key)


def revoke(invitation: Invitation, *, now: datetime) -> None:
    Invitation.objects.open().filter(pk=invitation.pk).update(revoked_at=now)


def find(key: str, *, now: datetime) -> Invitation | None:
    """The live invitation of this link."""
    return (
        Invitation.objects.live(now).with_key(key).select_related("workspace", "invited_by").first()
        if key
        else None
    )


def is_for(invitation: Invitation, user: User) -> bool:
    """Has this person shown that the address is theirs?"""
    mine = EmailAddress.objects.filter(user=user, verified=True, email__iexact=invitation.email)
    return bool(mine.exists())


def accept(invitation: Invitation, user: User, *, now: datetime) -> Membership:
    """Make the person a member. Who is one already stays what they are. Raises MayNot."""
    if not is_for(invitation, user):
        raise MayNot(f"This invitation is for {invitation.email}.")
    # Both or neither: an invitation that is used up has made its member.
    with transaction.atomic():
        if not Invitation.objects.take(invitation.pk, user, now=now):
            raise MayNot(GONE)
        membership, _ = Membership.objects.get_or_create(
            workspace=invitation.workspace, user=user, defaults={"role": invitation.role}
        )
    logger.info("invitation.accepted", extra={"workspace": invitation.workspace_id, "user": user.pk})
    return membership


def _is_member(workspace: Workspace, email: str) -> bool:
    found = EmailAddress.objects.filter(
        user__memberships__workspace=workspace, verified=True, email__iexact=email
    )
    return bool(found.exists())


def _mail(invitation: Invitation, key: str) -> None:
    by = invitation.invited_by
    sent = letters.send(
        "accounts/email/invitation",
        invitation.email,
        workspace=invitation.workspace,
        role=Role(invitation.role).label.lower(),
        inviter=by.get_full_name() if by else "Somebody",
        invitation_url=settings.BASE_URL + reverse("invitation", args=[key]),
        days=VALID_FOR.days,
    )
    if not sent:
        raise MayNot(LOST)
