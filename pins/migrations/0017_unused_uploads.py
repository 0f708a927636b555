from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("pins", "0016_fill_storage")]

    operations = [
        migrations.AddField(
            model_name="media",
            name="released_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="media",
            name="removing_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="media",
            index=models.Index(
                condition=models.Q(("removing_since__isnull", False)),
                fields=["removing_since"],
                name="media_left_over",
            ),
        ),
    ]
