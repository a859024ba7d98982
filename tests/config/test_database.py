"""The test database, and what the models' triggers refuse in it."""

import pytest
from django.db import DatabaseError, connection, transaction

from members.models import Event


@pytest.mark.django_db(transaction=True)
def test_append_only_tables_refuse_truncate():
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"truncate {Event._meta.db_table} cascade")


@pytest.mark.django_db
def test_text_is_compared_as_unicode():
    with connection.cursor() as cursor:
        cursor.execute("select lower('ЯÉ'), current_setting('timezone')")
        assert cursor.fetchone() == ("яé", "UTC")
