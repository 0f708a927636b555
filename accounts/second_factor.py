"""Second factors: who has one, which workspaces demand it, and what allauth asks us: how secrets are kept,
what passkeys are named after."""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts import fields
from accounts.members import MayNot
from accounts.models import Membership, User, Workspace

logger = logging.getLogger(__name__)

NAMES: Final = ("Passkey", "Second passkey")
# What counts as one. Recovery codes alone don't: they are for the day when it is lost.
KINDS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
FIRST_YOURSELF: Final = "Set up your own second factor first: without one you would be kept out yourself."
# Where allauth puts what it seals.
SEALED_TYPES: Final = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
SEALED_NAMES: Final = frozenset({"secret", "seed", "migrated_codes"})


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets are sealed with TOKEN_ENCRYPTION_KEYS, as Pinterest's tokens are."""

    def encrypt(self, text: str) -> str:
        return fields.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return fields.decrypt(encrypted_text)

    def validation_error(self, code: str, *args: object) -> Any:
        if code == "incorrect_code":
            logger.warning("second_factor.refused")
        return super().validation_error(code, *args)

    def generate_authenticator_name(self, user: User, type: object) -> str:
        count: int = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return NAMES[count] if count < len(NAMES) else f"Passkey {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "PinSched"}


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=KINDS).exists())


def owners_of_one(workspace: Workspace) -> set[int]:
    """The members that have one, by their key."""
    found = Authenticator.objects.filter(user__memberships__workspace=workspace, type__in=KINDS)
    return set(found.values_list("user_id", flat=True))


def keeps_out(workspace: Workspace, user: User) -> bool:
    """Whether the workspace demands one that this person lacks. Asked with each request: it costs a query
    only where it is demanded."""
    return workspace.requires_second_factor and not has_one(user)


def demand(workspace: Workspace, *, demanded: bool, by: Membership) -> None:
    """From the next request on. Raises MayNot for who has none themselves."""
    if demanded and not has_one(by.user):
        raise MayNot(FIRST_YOURSELF)
    Workspace.objects.filter(pk=workspace.pk).update(requires_second_factor=demanded)
    workspace.requires_second_factor = demanded
    logger.info("workspace.second_factor", extra={"workspace": workspace.pk, "demanded": demanded})


def reseal() -> tuple[int, list[str]]:
    """Seal all secrets anew with the newest key: how many, and whose no key opens."""
    done, unreadable = 0, []
    sealed = Authenticator.objects.filter(type__in=SEALED_TYPES)
    for pk in list(sealed.order_by("pk").values_list("pk", flat=True)):
        # Locked while it is rewritten: using a recovery code changes the same column.
        with transaction.atomic():
            row = sealed.select_for_update(of=("self",)).select_related("user").filter(pk=pk).first()
            if row is None:
                continue
            try:
                row.data = {name: _resealed(name, value) for name, value in row.data.items()}
            except fields.UndecryptableToken:
                unreadable.append(row.user.email)
                continue
            row.save(update_fields=["data"])
        done += 1
    return done, unreadable


def _resealed(name: str, value: Any) -> Any:
    if name not in SEALED_NAMES:
        return value
    if isinstance(value, list):
        return [_resealed(name, one) for one in value]
    return fields.encrypt(fields.decrypt(value))
