"""An index for each list, in the order in which it is shown."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pins', '0019_search'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='pin',
            name='pin_queue',
        ),
        migrations.RemoveIndex(
            model_name='pin',
            name='pin_calendar',
        ),
        migrations.RemoveIndex(
            model_name='pin',
            name='pin_needing_people',
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(condition=models.Q(('status__in', ('failed', 'needs_review')), models.Q(('due_at__isnull', True), ('status', 'scheduled')), _connector='OR'), fields=['workspace', 'updated_at'], name='pin_needing_anybody'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(condition=models.Q(('status', 'deleted'), _negated=True), fields=['workspace', 'publish_at', 'id'], name='pin_calendar'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(fields=['workspace', 'status', 'publish_at', 'id'], name='pin_queue'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(fields=['account', 'publish_at', 'id'], name='pin_of_account'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(fields=['board', 'publish_at', 'id'], name='pin_of_board'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(condition=models.Q(('status', 'deleted'), _negated=True), fields=['workspace', 'origin', 'publish_at', 'id'], name='pin_by_origin'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(fields=['workspace', 'id'], name='pin_newest'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(fields=['workspace', 'status', 'id'], name='pin_newest_of_status'),
        ),
    ]
