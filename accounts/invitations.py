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
from django.db.models.functions import Now
from django.urls import reverse

from accounts import letters, mail_limits
from accounts.members import MayNot, check_room
from accounts.models import Invitation, Membership, Role, User, Workspace
from accounts.models.token import digest

logger = logging.getLogger(__name__)

VALID_FOR: Final = timedelta(days=7)
A_DAY: Final = timedelta(days=1)
AGAIN_AFTER: Final = timedelta(minutes=1)  # a double press sends one mail; mail_limits counts the rest
MOST_A_DAY: Final = 50  # new ones in one workspace, whoever sends them

LOST: Final = "The mail server did not take the mail. The invitation is kept: send it again in a while."
NO_LONGER_WORKS: Final = "This invitation no longer works. Ask for a new one."
A_MOMENT_AGO: Final = "It was sent a moment ago. Wait a minute, then send it again."
TWICE: Final = "This address is invited already. Below, the mail can be sent again."


class Gone(MayNot):
    """It was taken, taken back or ran out, or whoever sent it may no longer invite."""

    def __init__(self) -> None:
        super().__init__(NO_LONGER_WORKS)


def invite(workspace: Workspace, *, email: str, role: Role, by: Membership, now: datetime) -> Invitation:
    """Make an invitation and mail it. Raises MayNot."""
    _check_rank(by, role)
    if _is_member(workspace, email):
        raise MayNot("This person is in the workspace already.")
    # The constraint has the last word; asked before, so that a refusal counts as no mail.
    if Invitation.objects.open().for_address(email).filter(workspace=workspace, expires_at__gt=now).exists():
        raise MayNot(TWICE)
    if workspace.invitations.filter(created_at__gt=now - A_DAY).count() >= MOST_A_DAY:
        raise MayNot(f"{MOST_A_DAY} invitations were sent within a day. Go on tomorrow.")
    mail_limits.spend_invitation(by.user, email)
    key = secrets.token_urlsafe(32)
    # One that ran out makes room for the new one, in the same step.
    try:
        with transaction.atomic():
            Invitation.objects.open().for_address(email).filter(
                workspace=workspace, expires_at__lte=now
            ).update(revoked_at=now)
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
        raise MayNot(TWICE) from twice
    logger.info("invitation.made", extra={"workspace": workspace.pk, "invitation": invitation.pk})
    _mail(invitation, key)
    return invitation


def send_again(invitation: Invitation, *, by: Membership, now: datetime) -> None:
    """A new link that lives for the whole time, in the name of whoever sends it now; the one before is dead.

    Raises MayNot.
    """
    _check_rank(by, Role.named(invitation.role))
    if invitation.sent_at > now - AGAIN_AFTER:
        raise MayNot(A_MOMENT_AGO)
    mail_limits.spend_invitation(by.user, invitation.email)
    key = secrets.token_urlsafe(32)
    renewed = Invitation.objects.renew(
        invitation.pk,
        by=by.user,
        key_hash=digest(key),
        expires_at=now + VALID_FOR,
        now=now,
        sent_before=now - AGAIN_AFTER,
    )
    if not renewed:
        raise MayNot(A_MOMENT_AGO)
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


def take_back_forsaken(sender: User) -> None:
    """Of somebody who was switched off: should they be switched on again, their links stay dead."""
    Invitation.objects.filter(invited_by=sender).forsaken().update(revoked_at=Now())


def accept(invitation: Invitation, user: User, *, now: datetime) -> Membership:
    """Make the person a member. Who is one already stays what they are. Raises MayNot; Gone, if it works no
    longer at this very instant; TooMany, if it would make one owner too often."""
    if not is_for(invitation, user):
        raise MayNot(f"This invitation is for {invitation.email}.")
    # Both or neither: an invitation that is used up has made its member.
    with transaction.atomic():
        _hold_still(invitation, user)
        if invitation.role == Role.OWNER:
            check_room(user)
        if not Invitation.objects.take(invitation.pk, user, now=now):
            raise Gone
        membership, _ = Membership.objects.get_or_create(
            workspace=invitation.workspace, user=user, defaults={"role": invitation.role}
        )
    logger.info("invitation.accepted", extra={"workspace": invitation.workspace_id, "user": user.pk})
    return membership


def _hold_still(invitation: Invitation, user: User) -> None:
    """Whatever would end the sender's right, and so the invitation, comes before this transaction or after.

    The workspace first, as in members.py and closing.py, and people by their number: nobody waits in a ring.
    """
    list(Workspace.objects.select_for_update().filter(pk=invitation.workspace_id))
    sender = Membership.objects.filter(workspace=invitation.workspace_id, user=invitation.invited_by_id)
    list(sender.select_for_update())
    people = User.objects.filter(pk__in={user.pk, invitation.invited_by_id or user.pk}).order_by("pk")
    list(people.select_for_update(no_key=True))


def _check_rank(by: Membership, role: Role | None) -> None:
    if role is None:
        raise MayNot("This invitation is to no role that there is. Take it back, and invite anew.")
    if not by.may(role):
        raise MayNot(f"Only an owner can invite an {role.label.lower()}.")


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
        role=invitation.get_role_display().lower(),
        inviter=by.get_full_name() if by else "Somebody",
        invitation_url=settings.BASE_URL + reverse("invitation", args=[key]),
        days=VALID_FOR.days,
    )
    if not sent:
        raise MayNot(LOST)
