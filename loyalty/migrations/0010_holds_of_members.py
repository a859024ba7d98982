from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('loyalty', '0009_tiers_change_places'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='receipt',
            index=models.Index(condition=models.Q(('status', 'held')), fields=['member'], name='receipt_held_of_member'),
        ),
    ]
