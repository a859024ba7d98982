"""Count the points that purchases earned until now, less what returns took back."""

from django.db import migrations

COUNT = """
UPDATE analytics_memberfacts f SET points = r.points
  FROM (SELECT r.member_id, r.programme_id, sum(COALESCE(back.earned, r.earned)) AS points
          FROM loyalty_receipt r
          LEFT JOIN LATERAL (
            SELECT COALESCE((b.outcome->>'earned')::numeric, 0) AS earned FROM loyalty_return b
             WHERE b.receipt_id = r.id ORDER BY b.recorded_at DESC, b.id DESC LIMIT 1
          ) back ON r.status = 'partially_returned'
         WHERE r.status IN ('completed', 'partially_returned') AND r.member_id IS NOT NULL
         GROUP BY 1, 2) r
 WHERE f.member_id = r.member_id AND f.programme_id = r.programme_id
"""


class Migration(migrations.Migration):

    dependencies = [('analytics', '0004_tier_facts')]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
