"""What one row's change may lean on in another, without a transaction around both."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists
from django.db.models.sql.compiler import SQLCompiler


class Stands(Exists):
    """True where such a row is there, and keeps it as it is until this statement is committed.

    A bare EXISTS looks at a snapshot: what was committed since is overlooked. FOR SHARE waits for who is
    just changing the row and looks again; and who wants to change it next waits for us. Sharers don't wait
    for each other. SQLite lets nobody write meanwhile anyway. The rows of one table only: no joins.
    """

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="EXISTS(%(subquery)s FOR SHARE)", **more)
