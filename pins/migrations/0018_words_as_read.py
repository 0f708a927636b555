"""Words that still can be changed lose what nobody sees, as new ones do when they are stored."""

from django.db import migrations

from pins.rules import preflight

WORDS = ("title", "description", "link", "alt_text")
AT_ONCE = 1000  # rows read, and written


def read_anew(apps, schema_editor):
    Pin = apps.get_model("pins", "Pin")
    changed = []
    waiting = Pin.objects.filter(status__in=("draft", "in_approval", "scheduled", "failed"))
    for pin in waiting.only(*WORDS).order_by().iterator(AT_ONCE):
        words = {name: getattr(pin, name) for name in WORDS}
        if (read := preflight.as_read(words)) != words:
            for name, text in read.items():
                setattr(pin, name, text)
            changed.append(pin)
    Pin.objects.bulk_update(changed, WORDS, batch_size=AT_ONCE)


class Migration(migrations.Migration):

    dependencies = [
        ('pins', '0017_unused_uploads'),
    ]

    operations = [
        migrations.RunPython(read_anew, migrations.RunPython.noop, elidable=True),
    ]
