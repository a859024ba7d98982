"""Many make the same payer at once, and many campaigns of it are launched at once: there is one, with one account."""

from __future__ import annotations

import pytest

from campaigns import rulebooks
from foundation.refusals import Refusal
from loyalty.models import Account, Payer, Programme
from loyalty.shops import payers
from tests import factories
from tests.races.parallel import together

pytestmark = pytest.mark.django_db(transaction=True)
SPELLINGS = ("Lavazza", "LAVAZZA", " lavazza", "LaVazza ") * 2


def test_spellings_of_one_payer_made_at_once_are_one_payer() -> None:
    programme: Programme = factories.ProgrammeFactory()

    def make(number: int, name: str) -> Payer:
        return payers.save(Payer(programme=programme, code=f"payer-{number}", name=name))

    results = together([lambda n=n, name=name: make(n, name) for n, name in enumerate(SPELLINGS)])  # type: ignore[misc]

    made = [one for one in results if isinstance(one, Payer)]
    assert len(made) == 1
    assert sum(isinstance(one, Refusal) for one in results) == len(SPELLINGS) - 1
    assert Payer.objects.filter(programme=programme).exclude(kind="house").get() == made[0]


def test_campaigns_launched_at_once_draw_on_one_account_of_their_payer() -> None:
    programme: Programme = factories.ProgrammeFactory()
    factories.PayerFactory(programme=programme, code="lavazza")
    draft = {**factories.percent_of_receipt("1"), "lots": {"funder": "lavazza"}}
    drafts = [factories.CampaignFactory(programme=programme, draft=draft) for _ in range(8)]

    together([lambda one=one: rulebooks.publish(one, factories.START) for one in drafts])  # type: ignore[misc]

    assert Account.objects.filter(kind="budget").count() == 1
    assert programme.rulebooks.count() == 8
