from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pins', '0004_overdue_waits'),
    ]

    operations = [
        migrations.AddField(
            model_name='media',
            name='tries',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
