"""Abbreviations are no time zones to choose any more: each becomes the place that stands for it.

The pairs are those of the zone database's own file "backward" (2024b and later). What is not among them
stays as it is and goes on working; only a new value must be UTC or Area/City.
"""

from django.db import migrations

PLACES = {
    'CET': 'Europe/Brussels', 'MET': 'Europe/Brussels', 'EET': 'Europe/Athens', 'WET': 'Europe/Lisbon',
    'EST': 'America/Panama', 'MST': 'America/Phoenix', 'HST': 'Pacific/Honolulu',
    'EST5EDT': 'America/New_York', 'CST6CDT': 'America/Chicago', 'MST7MDT': 'America/Denver',
    'PST8PDT': 'America/Los_Angeles', 'W-SU': 'Europe/Moscow', 'Turkey': 'Europe/Istanbul',
    'Poland': 'Europe/Warsaw', 'Portugal': 'Europe/Lisbon', 'Eire': 'Europe/Dublin', 'GB': 'Europe/London',
    'Japan': 'Asia/Tokyo', 'Israel': 'Asia/Jerusalem', 'Iran': 'Asia/Tehran', 'PRC': 'Asia/Shanghai',
    'Singapore': 'Asia/Singapore', 'Hongkong': 'Asia/Hong_Kong', 'ROC': 'Asia/Taipei', 'ROK': 'Asia/Seoul',
    'Egypt': 'Africa/Cairo', 'Cuba': 'America/Havana', 'Jamaica': 'America/Jamaica', 'NZ': 'Pacific/Auckland',
    'Navajo': 'America/Denver', 'Iceland': 'Africa/Abidjan', 'Libya': 'Africa/Tripoli',
    'US/Eastern': 'America/New_York', 'US/Central': 'America/Chicago', 'US/Mountain': 'America/Denver',
    'US/Pacific': 'America/Los_Angeles', 'US/Alaska': 'America/Anchorage', 'US/Hawaii': 'Pacific/Honolulu',
    'Brazil/East': 'America/Sao_Paulo', 'Canada/Eastern': 'America/Toronto', 'Canada/Pacific': 'America/Vancouver',
    'GMT': 'UTC', 'UCT': 'UTC', 'Zulu': 'UTC', 'Universal': 'UTC', 'Greenwich': 'UTC', 'Etc/UTC': 'UTC',
    'Etc/GMT': 'UTC', 'localtime': 'UTC', 'Factory': 'UTC',
}


def name_places(apps, schema_editor):
    for model in ('Programme', 'Store'):
        rows = apps.get_model('loyalty', model).objects
        for old, new in PLACES.items():
            rows.filter(time_zone=old).update(time_zone=new)


class Migration(migrations.Migration):

    dependencies = [
        ('loyalty', '0010_holds_of_members'),
    ]

    operations = [
        migrations.RunPython(name_places, migrations.RunPython.noop, elidable=False),
    ]
