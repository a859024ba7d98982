"""Cards are kept without blanks and dashes; those of which two would become one stay as they are."""

from django.db import migrations

PLAIN = """
UPDATE members_card c SET number = plain.number
  FROM (SELECT DISTINCT ON (number) id, number
          FROM (SELECT id, upper(regexp_replace(number, '[[:space:]-]+', '', 'g')) AS number
                  FROM members_card WHERE number ~ '[[:space:]-]') written
         WHERE number <> '' ORDER BY number, id) plain
 WHERE c.id = plain.id AND NOT EXISTS (SELECT 1 FROM members_card other WHERE other.number = plain.number)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0005_known_by'),
    ]

    operations = [
        migrations.RunSQL(PLAIN, migrations.RunSQL.noop),
    ]
