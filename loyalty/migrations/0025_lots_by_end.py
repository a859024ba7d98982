from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('loyalty', '0024_leaving'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='lot',
            index=models.Index(condition=models.Q(('remaining__gt', 0)), fields=['account', 'expires_at'], name='lot_open_of_account_by_end'),
        ),
        AddIndexConcurrently(
            model_name='lot',
            index=models.Index(condition=models.Q(('pending', True)), fields=['account'], name='lot_pending_of_account'),
        ),
        RemoveIndexConcurrently(
            model_name='lot',
            name='lot_open_of_account',
        ),
    ]
