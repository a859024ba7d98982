"""Any programme survives the way through a file: written, read into nothing or over another one, written again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign
from campaigns.programme_file import importing, notation, references, snapshot
from campaigns.programme_file.document import Moment
from campaigns.programme_file.problems import FileError
from loyalty.models import Programme
from tests.factories import ProgrammeFactory

pytestmark = pytest.mark.django_db

NOW = Moment(datetime(2026, 6, 1, 12, tzinfo=UTC))

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SAID = st.sampled_from(["Thank you! {points} points.", "Кофе ☕: {earned}", "no", "two\nlines\n"])
CODES = st.sampled_from(["a", "b", "c-1", "d_2", "007", "no", "1e5"])
MONEY = st.decimals(0, 10_000, places=2).map(lambda number: format(number.normalize() if number else 0, "f"))
DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1)).map(date.isoformat)


def entry(**fields: Any) -> Any:
    """An entry that says some of its fields."""
    return st.fixed_dictionaries({}, optional=fields)


NUMBERS = st.integers(1, 100) | st.integers(1, 100).map(str) | st.sampled_from([0.5, "7.50", 12.25])
EFFECTS = st.one_of(
    st.fixed_dictionaries({"effect": st.just("points_percent"), "percent": NUMBERS}),
    st.fixed_dictionaries({"effect": st.just("points_fixed"), "points": NUMBERS}),
    st.fixed_dictionaries({"effect": st.just("points_per"), "points": NUMBERS, "per": NUMBERS}),
)
CONDITIONS = st.one_of(
    st.fixed_dictionaries({"condition": st.just("receipt_amount"), "at_least": NUMBERS}),
    st.fixed_dictionaries(
        {"condition": st.just("tier"), "in": st.lists(CODES, min_size=1, max_size=3, unique=True)}
    ),
    st.fixed_dictionaries(
        {"condition": st.just("card_kind"), "in": st.lists(CODES, min_size=1, max_size=2, unique=True)}
    ),
)
DEFINITIONS = st.fixed_dictionaries(
    {"what": st.lists(EFFECTS, min_size=1, max_size=3)},
    optional={
        "whom": entry(who=st.just("members"), tiers=st.lists(CODES, min_size=1, max_size=2, unique=True)),
        "when": entry(weekdays=st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True)),
        "what_for": st.fixed_dictionaries(
            {"of": st.just("lines"), "sets": st.lists(CODES, min_size=1, max_size=2, unique=True)}
        ),
        "if": CONDITIONS | st.fixed_dictionaries({"any": st.lists(CONDITIONS, min_size=1, max_size=3)}),
        "tell": entry(till=SAID, receipt=SAID),
        "judge": entry(limits=st.just([{"period": "day", "times": 2}])),
    },
)
BROKEN = st.dictionaries(
    st.sampled_from(["what", "whom", "x"]), st.none() | st.integers(0, 9) | TEXTS, max_size=2
)

TIERS = st.dictionaries(CODES, st.tuples(NAMES, TEXTS), max_size=4).map(
    lambda tiers: {
        code: {"name": name, "benefits": text, "threshold": str(100 * place)}
        for place, (code, (name, text)) in enumerate(tiers.items())
    }
)
PARTNERS = st.dictionaries(
    CODES,
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={"priority": st.integers(0, 32767), "card_type": CODES, "product_set": CODES},
    ),
    max_size=3,
)
SERIES = st.dictionaries(
    CODES,
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={
            "offer": TEXTS,
            "good_for": st.sampled_from(["receipt", "item"]),
            "uses_each": st.none() | st.integers(1, 9),
            "most_per_member": st.none() | st.integers(1, 9),
            "most_in_all": st.none() | st.integers(1, 9),
            "valid_until": DAYS,
            "days": st.none() | st.integers(0, 30),
            "from_pool": st.booleans(),
            "prefix": st.sampled_from(["", "AB", "x9"]),
            "active": st.booleans(),
        },
    ),
    max_size=3,
)
STANDING = st.one_of(
    st.fixed_dictionaries({"status": st.just("draft"), "definition": DEFINITIONS | BROKEN}),
    st.fixed_dictionaries(
        {"status": st.sampled_from(["live", "paused", "ended"]), "definition": DEFINITIONS},
        optional={"draft": st.fixed_dictionaries({"name": NAMES, "definition": DEFINITIONS | BROKEN})},
    ),
)


def named(name: dict[str, Any], put: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    """A campaign; what is live is not archived."""
    return rest | name | ({} if rest["status"] == "live" else put)


CAMPAIGNS = st.dictionaries(
    CODES,
    st.builds(named, st.fixed_dictionaries({"name": NAMES}), entry(archived=st.booleans()), STANDING),
    max_size=3,
)
TEMPLATES = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES, "definition": DEFINITIONS | BROKEN}, optional={"description": TEXTS}
    ),
    max_size=3,
)
SETTINGS = entry(
    active=st.booleans(),
    point_value=st.sampled_from(["1", "0.0125", 0.5, 2]),
    rounding=st.sampled_from(["half_up", "half_even", "down", "up"]),
    expiry=st.sampled_from(
        [{"kind": "never"}, {"kind": "after", "days": 30}, {"kind": "end_of", "unit": "year", "after": 1}]
    ),
    spending=entry(
        max_share=st.sampled_from([50, "33.5"]), excluded=st.fixed_dictionaries({"sets": st.just(["a"])})
    ),
    inactivity_days=st.none() | st.integers(1, 999),
    confirm_above=st.none() | MONEY,
    confirm_whom=st.sampled_from(["everyone", "unproven"]),
    hold_minutes=st.integers(0, 9999),
    birthday_days=st.integers(0, 400),
    leaving_days=st.integers(0, 400),
)
LADDERS = st.sampled_from(
    [{}, {"down": "idle", "idle_days": 90}, {"basis": "visits", "window": "month", "grace_days": 7},
     {"window": "rolling", "span_amount": 6, "span_unit": "months", "down": "below", "down_from": "2026-01-01"}]
)  # fmt: skip


def add_tiers(document: dict[str, Any]) -> None:
    """Add the tiers that campaigns in force speak of: a file that names others is refused."""
    tiers = document.get("tiers", {})
    for campaign in document.get("campaigns", {}).values():
        if campaign["status"] != "draft":
            for code in sorted(references.codes(campaign["definition"])["tiers"]):
                threshold = str(100 * len(tiers))
                tiers.setdefault(code, {"name": code, "benefits": "", "threshold": threshold})
                document["tiers"] = tiers


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A file that says something of everything, and nothing that does not exist."""
    sections: dict[str, Any] = {
        "ladder": LADDERS, "tiers": TIERS, "partners": PARTNERS, "coupon_series": SERIES, "campaigns": CAMPAIGNS,
        "templates": TEMPLATES,
    }  # fmt: skip
    document: dict[str, Any] = {
        "version": 1,
        "programme": draw(SETTINGS) | {"code": "p", "name": draw(NAMES)},
    }
    document |= {name: draw(strategy) for name, strategy in sections.items() if draw(st.booleans())}
    add_tiers(document)
    partners = document.get("partners", {})
    named = {entry.get("product_set") for entry in partners.values()} - {None} | set(
        draw(st.lists(CODES, max_size=2))
    )
    skus = st.lists(st.sampled_from(["1", "007", "X-1"]), unique=True, max_size=3)
    document["product_sets"] = {
        code: {"name": draw(NAMES), "products": {partner: draw(skus) for partner in partners}}
        for code in sorted(named)
    }
    kinds = sorted({entry.get("card_type") for entry in partners.values()} - {None})
    document["card_types"] = {code: {"name": draw(NAMES)} for code in kinds}
    return document


@contextmanager
def empty_again() -> Iterator[None]:
    """Take back whatever happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def export() -> str:
    return snapshot.export(Programme.objects.get(code="p"))


FEW = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@FEW
@given(document=documents())
def test_a_programme_comes_out_of_an_empty_database_as_it_went_in(document: dict[str, Any]) -> None:
    with empty_again():
        importing.apply(notation.write(document), NOW)
        text = export()
        assert importing.apply(text, NOW).changes == ()
        assert importing.apply(text, NOW, prune=True).changes == ()
        assert importing.apply(notation.write(document), NOW).changes == ()
        assert export() == text
    with empty_again():
        assert not Programme.objects.filter(code="p").exists()
        importing.apply(text, NOW)
        assert export() == text


@FEW
@given(first=documents(), second=documents(), prune=st.booleans())
def test_any_file_over_any_programme_is_done_wholly_and_once_or_not_at_all(
    first: dict[str, Any], second: dict[str, Any], prune: bool
) -> None:
    with empty_again():
        importing.apply(notation.write(first), NOW)
        before = export()
        text = notation.write(second)
        try:
            foreseen = importing.foresee(text, NOW, prune)
        except FileError:
            assert export() == before
            with pytest.raises(FileError):
                importing.apply(text, NOW, prune)
            assert export() == before
            return
        assert export() == before

        assert importing.apply(text, NOW, prune, foreseen.base).changes == foreseen.changes

        assert foreseen.changes or export() == before
        assert importing.apply(text, NOW, prune).changes == ()
        assert importing.apply(export(), NOW, prune=True).changes == ()


@FEW
@given(
    draft=DEFINITIONS
    | BROKEN
    | st.dictionaries(TEXTS, st.recursive(TEXTS | st.integers(), st.lists), max_size=3)
)
def test_whatever_the_database_holds_as_a_draft_is_written_and_read(draft: dict[str, Any]) -> None:
    with empty_again():
        Campaign.objects.create(programme=ProgrammeFactory(code="p"), code="c", name="C", draft=draft)
        text = export()
        assert importing.apply(text, NOW).changes == ()
        assert Campaign.objects.get().draft == notation.read(text).value["campaigns"]["c"]["definition"]
