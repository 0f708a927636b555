"""The indexes of lists begin with workspace, account and board: those of the references alone go."""

import django.db.models.deletion
from django.db import migrations, models

from pins.migrations import _search


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_operators_hold'),
        ('pins', '0020_indexes_of_lists'),
    ]

    operations = [
        migrations.AlterField(
            model_name='pin',
            name='account',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='pins', to='accounts.pinterestaccount'),
        ),
        migrations.AlterField(
            model_name='pin',
            name='board',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='pins', to='accounts.board'),
        ),
        migrations.AlterField(
            model_name='pin',
            name='workspace',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pins', to='accounts.workspace'),
        ),
        migrations.RunPython(_search.install_anew, _search.install_anew),
    ]
