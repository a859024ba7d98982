"""A word: archived, where it was put away. No column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0010_settle_what_was_missed")]

    operations = [
        migrations.AlterField(
            model_name="campaign",
            name="archived_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
        ),
        migrations.AlterField(
            model_name="campaignevent",
            name="archived_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
        ),
    ]
