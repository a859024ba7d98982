"""Have settled what others may have missed of purchases until now: settling what is right already changes nothing."""

from django.db import migrations

ASK = """
INSERT INTO campaigns_settlement (receipt_id, due_at, attempts)
SELECT r.id, now(), 0
  FROM loyalty_receipt r
 WHERE r.status <> 'held' AND (
       (r.id IN (SELECT (e.data->>'receipt')::uuid FROM members_event e WHERE e.kind = 'shares.due')
        AND (r.status <> 'completed' OR NOT EXISTS (SELECT FROM campaigns_share s WHERE s.receipt_id = r.id)))
    OR (r.recorded_at > now() - interval '7 days'
        AND EXISTS (SELECT FROM members_member m WHERE m.id = r.member_id AND m.referred_by_id IS NOT NULL)))
ON CONFLICT (receipt_id) DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [('campaigns', '0009_settlements'), ('members', '0002_leaner_indexes')]

    operations = [migrations.RunSQL(ASK, migrations.RunSQL.noop)]
