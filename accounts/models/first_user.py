"""Who came first: the one person that needs no invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, models, transaction

if TYPE_CHECKING:
    from accounts.models.user import User

PLACE: Final = 1


class FirstUserQuerySet(models.QuerySet["FirstUser"]):
    def take(self, user: User) -> bool:
        """Compare-and-swap, in the transaction that makes the person: True for the first of an empty
        installation. Of two at once the second waits for the first, and is none."""
        try:
            # A savepoint: the caller's transaction outlives a lost race.
            with transaction.atomic():
                self.create(user=user)
        except IntegrityError:
            return False
        return not type(user)._default_manager.exclude(pk=user.pk).exists()


class FirstUser(models.Model):
    """One row at most. It goes with its person: an installation that is empty again has a first again."""

    place = models.PositiveSmallIntegerField(primary_key=True, default=PLACE, editable=False)
    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="+")

    objects = FirstUserQuerySet.as_manager()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(place=PLACE), name="one_first_user"),)

    def __str__(self) -> str:
        return f"{self.user}, the first"
