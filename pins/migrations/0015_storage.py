import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0010_second_factor_demanded"),
        ("pins", "0014_clock_notification"),
    ]

    operations = [
        migrations.CreateModel(
            name="Storage",
            fields=[
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="storage",
                        serialize=False,
                        to="accounts.workspace",
                    ),
                ),
                (
                    "used_bytes",
                    models.BigIntegerField(default=0, help_text="Of uploads and what was prepared from them."),
                ),
            ],
            options={"verbose_name_plural": "storage"},
        ),
    ]
