"""Secrets were URL-safe base64 without padding, which the specification's own libraries refuse.

The bytes stay the same, so signatures stay the same: nobody has to change a receiver.
"""

import base64

from django.db import migrations

PREFIX = "whsec_"


def encode_again(apps, schema_editor):
    Webhook = apps.get_model("messaging", "Webhook")
    for hook in Webhook.objects.order_by("id"):
        text = hook.secret.removeprefix(PREFIX).replace("+", "-").replace("/", "_").rstrip("=")
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        Webhook.objects.filter(id=hook.id).update(secret=PREFIX + base64.b64encode(key).decode())


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0002_couriers'),
    ]

    operations = [
        migrations.RunPython(encode_again, migrations.RunPython.noop, elidable=False),
    ]
