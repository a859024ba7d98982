"""So that the answers about somebody are found among all of them. Beside the running till: no lock that waits."""

import django.db.models.fields.json
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("pos", "0004_answers_let_go"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="answer",
            index=models.Index(
                django.db.models.fields.json.KeyTextTransform("id", "body"), name="answer_of_whom"
            ),
        ),
    ]
