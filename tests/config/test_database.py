"""The test database, and what the models' triggers refuse in it."""

import threading

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction

from analytics.models import Segment
from members.models import Event, Member
from tests import databases, factories, worlds
from tests.races.parallel import PATIENCE, together


@pytest.mark.django_db(transaction=True)
def test_append_only_tables_refuse_truncate():
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"truncate {Event._meta.db_table} cascade")


@pytest.mark.django_db
def test_text_is_compared_as_unicode():
    with connection.cursor() as cursor:
        cursor.execute("select lower('ЯÉ'), current_setting('timezone')")
        assert cursor.fetchone() == ("яé", "UTC")


@pytest.mark.django_db(transaction=True)
def test_what_a_test_commits_is_gone_afterwards_and_what_the_migrations_left_is_there():
    rights = set(Permission.objects.values_list("id", "codename"))
    members = factories.MemberFactory.create_batch(3)
    factories.EventFactory(member=members[0])  # which triggers let nobody delete
    Permission.objects.all()[0].delete()
    databases.restore()
    assert not Member.objects.exists()
    assert not Event.objects.exists()
    assert set(Permission.objects.values_list("id", "codename")) == rights != set()


@pytest.mark.django_db(transaction=True)
def test_whoever_still_writes_is_waited_for_without_standing_in_the_way():
    """As the server of a browser that a test has left: it goes on to tables that come before and after."""
    member = factories.MemberFactory()
    begun = threading.Event()

    def write() -> None:
        with transaction.atomic():
            factories.EventFactory(member=member)
            begun.set()
            for _ in range(20):
                factories.SegmentFactory()
                factories.UserFactory()

    def restore() -> None:
        assert begun.wait(PATIENCE)
        databases.restore()

    together([write, restore])
    assert not Event.objects.exists()
    assert not Segment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_kept_world_is_made_once_and_what_was_done_to_it_is_taken_back():
    made = []

    def make() -> Member:
        made.append(factories.MemberFactory(first_name="Anna"))
        return made[-1]

    for _ in range(2):
        worlds.stand_on(make)
        with transaction.atomic():
            found = worlds.take()
            assert (found, found.first_name) == (made[0], "Anna")
            found.first_name = "Vera"
            found.save()
            factories.MemberFactory()
            transaction.set_rollback(True)
        assert [member.first_name for member in Member.objects.all()] == ["Anna"]
    assert len(made) == 1
    worlds.stand_on(None)
    assert not Member.objects.exists()
