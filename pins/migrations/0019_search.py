"""Pins are found by their words through an index. What is there already is read by it as it is made."""

from django.db import migrations

from pins.migrations import _search


class Migration(migrations.Migration):

    dependencies = [
        ('pins', '0018_words_as_read'),
    ]

    operations = [
        migrations.RunPython(_search.install, _search.remove),
    ]
