from django.db import migrations
from django.db.models import F


def give_turns(apps, schema_editor):
    """Those whose message was under way: now rows are what is handed out."""
    awaited = apps.get_model("pins", "Media").objects.filter(status="processing", original="")
    awaited.exclude(source_url="").update(fetch_at=F("asked_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("pins", "0011_fetches_take_turns"),
    ]

    operations = [
        migrations.RunPython(give_turns, migrations.RunPython.noop),
    ]
