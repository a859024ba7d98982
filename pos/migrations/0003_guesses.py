import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One guard for all doors. The old table of coupons alone stays, unused, for servers that still run old code."""

    dependencies = [
        ('pos', '0002_coupon_guesses'),
    ]

    operations = [
        migrations.CreateModel(
            name='Guesses',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=8)),
                ('who', models.CharField(max_length=64)),
                ('misses', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None)),
                ('since', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None)),
                ('seen', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('blocks', models.PositiveIntegerField(default=0)),
                ('blocked_until', models.DateTimeField(null=True)),
                ('noted_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'verbose_name': 'guesses',
                'verbose_name_plural': 'guesses',
                'constraints': [models.UniqueConstraint(fields=('who', 'kind'), name='guesses_of_whom')],
            },
        ),
        migrations.AlterField(  # a key may go without asking the table that nobody reads any more
            model_name='couponguesses',
            name='client',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='pos.tillkey'),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name='CouponGuesses')],
        ),
    ]
