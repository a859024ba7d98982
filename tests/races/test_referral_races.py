"""Two members who say at once that the other one brought them: one is believed."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import IntegrityError

from members.models import Member
from tests import factories
from tests.races.parallel import together

pytestmark = pytest.mark.django_db(transaction=True)
AROUND = 6


def test_no_circle_comes_about_however_many_say_it_at_once() -> None:
    programme = factories.ProgrammeFactory()
    members = [factories.enrol(programme, phone=f"+491510000010{n}") for n in range(AROUND)]

    def note(one: int) -> bool:
        try:
            Member.objects.filter(pk=members[one].pk).update(referred_by=members[(one + 1) % AROUND])
        except IntegrityError:
            return False
        return True

    results = together([partial(note, one) for one in range(AROUND)])

    assert sorted(results) == [False] + [True] * (AROUND - 1)
