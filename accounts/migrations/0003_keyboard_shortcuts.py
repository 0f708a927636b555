from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_invitation'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='keyboard_shortcuts',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='workspace',
            name='deleting_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
