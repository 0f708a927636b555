from collections import Counter

from django.db import migrations
from django.db.models import Sum


def count(apps, schema_editor):
    """What is kept so far, before anybody adds to it."""
    used = Counter()
    uploads = apps.get_model("pins", "Media").objects.order_by()
    used.update(dict(uploads.values_list("workspace").annotate(Sum("size_bytes"))))
    prepared = apps.get_model("pins", "Rendition").objects.order_by()
    used.update(dict(prepared.values_list("media__workspace").annotate(Sum("size_bytes"))))
    Storage = apps.get_model("pins", "Storage")
    Storage.objects.bulk_create(Storage(workspace_id=pk, used_bytes=total) for pk, total in used.items())


class Migration(migrations.Migration):

    dependencies = [("pins", "0015_storage")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
