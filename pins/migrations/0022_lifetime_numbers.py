"""Comments and reactions, of which Pinterest says no day: one row a Pin."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pins', '0021_no_second_index_of_references'),
    ]

    operations = [
        migrations.CreateModel(
            name='LifetimeMetric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('comments', models.PositiveBigIntegerField(blank=True, null=True)),
                ('reactions', models.PositiveBigIntegerField(blank=True, null=True)),
                ('read_at', models.DateTimeField(help_text='When Pinterest first said it so.')),
                ('pin', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='lifetime', to='pins.pin')),
            ],
        ),
    ]
