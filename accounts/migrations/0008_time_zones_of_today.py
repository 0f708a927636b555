"""Stored time zones get the names of today: Asia/Calcutta becomes Asia/Kolkata, US/Pacific America/Los_Angeles.

What no zone data knows stays as it is: pages say so and ask.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

from accounts import zones


def rename(apps: Any, schema_editor: Any) -> None:
    for model in ("User", "Workspace"):
        rows = apps.get_model("accounts", model).objects
        for name in list(rows.values_list("time_zone", flat=True).distinct()):
            if zones.exists(name) and zones.known(name) != name:
                rows.filter(time_zone=name).update(time_zone=zones.known(name))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_first_user")]
    # The old names are good names still.
    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
