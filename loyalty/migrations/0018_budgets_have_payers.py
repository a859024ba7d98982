from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('loyalty', '0017_payers_of_spellings')]

    operations = [
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'budget'), ('payer__isnull', False)), models.Q(models.Q(('kind', 'budget'), _negated=True), ('payer__isnull', True)), _connector='OR'), name='account_payer_of_budgets_alone'),
        ),
    ]
