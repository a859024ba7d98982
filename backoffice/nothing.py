"""Lists that are empty: what belongs there, and what the next step is. One entry for each list of the back office.

``templates/unfold/helpers/empty_results.html`` shows it; where something was searched for, it says so instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Step(NamedTuple):
    """Something to do: what its button says, the page, and the right that it needs."""

    label: Any
    page: str
    right: str


@dataclass(frozen=True, slots=True)
class Away:
    """What a list shows only when it is asked for: what to say when there is nothing else, how to show it and to
    search it, and the address's query that asks for it."""

    text: Any
    show: Any
    search: Any
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Nothing:
    """What belongs into a list, and what can be done; the first step is the likeliest."""

    text: Any
    steps: tuple[Step, ...] = ()
    away: Away | None = None


def _add(label: Any, model: str) -> Step:
    app, _dot, name = model.partition(".")
    return Step(label, f"admin:{app}_{name}_add", f"{app}.add_{name}")


def _see(label: Any, model: str) -> Step:
    app, _dot, name = model.partition(".")
    return Step(label, f"admin:{app}_{name}_changelist", f"{app}.view_{name}")


_MEMBERS = _see(_("To the members"), "members.member")
_RECEIPTS = _see(_("To the receipts"), "loyalty.receipt")
_CAMPAIGNS = _see(_("To the campaigns"), "campaigns.campaign")
_TASKS = _see(_("To the tasks"), "django_celery_beat.periodictask")
_KEY = _add(_("Make an API key"), "pos.tillkey")

LISTS: Mapping[str, Nothing] = {
    "members.member": Nothing(
        _(
            "Everybody who takes part stands here. Members join at the till, in a shop system, or are added by you."
        ),
        (
            _add(_("Add a member"), "members.member"),
            Step(_("Bring members from a file"), "admin:members_member_import", "members.add_member"),
        ),
    ),
    "members.card": Nothing(
        _("Cards by which members are known. They are given with a new member, or brought from a file."),
        (
            _add(_("Add a card"), "members.card"),
            Step(_("Bring cards from a file"), "admin:members_card_import", "members.add_card"),
        ),
    ),
    "members.cardkind": Nothing(
        _("Types of cards say what their numbers look like: plastic, virtual, a partner's."),
        (_add(_("Add a type of cards"), "members.cardkind"),),
    ),
    "members.consent": Nothing(
        _("Whether members may be written to, and how they said so. It is asked when they join."), (_MEMBERS,)
    ),
    "members.consenttext": Nothing(
        _(
            "What members are asked to agree to. Until somebody writes a text, the plain ones of the house are shown."
        ),
        (_add(_("Write a text"), "members.consenttext"),),
    ),
    "members.event": Nothing(
        _(
            "What happens to members and campaigns is written here by itself: joining, purchases, tiers, coupons."
        ),
        (_MEMBERS, _CAMPAIGNS),
    ),
    "members.user": Nothing(
        _("Those who work in the back office and at the till page."), (_add(_("Add a user"), "members.user"),)
    ),
    "analytics.segment": Nothing(
        _("Segments are lists of members, kept by hand or from a file, for which campaigns can be."),
        (_add(_("Make a segment"), "analytics.segment"),),
    ),
    "loyalty.receipt": Nothing(
        _("Purchases come here from tills and shop systems, with the reason for every point."),
        (_KEY, _see(_("To the stores"), "loyalty.store")),
    ),
    "loyalty.return": Nothing(
        _("Goods that customers bring back. They are taken back at the till or by the shop system."),
        (_RECEIPTS,),
    ),
    "loyalty.transfer": Nothing(
        _(
            "Points that moved. They move with purchases, and when somebody gives or takes them on a member's page."
        ),
        (_MEMBERS, _RECEIPTS),
    ),
    "loyalty.lot": Nothing(
        _(
            "Points that were given together, with the day on which they expire. Each purchase that earns makes some."
        ),
        (_CAMPAIGNS, _MEMBERS),
    ),
    "loyalty.account": Nothing(
        _("Accounts hold points. A member's is opened when the member joins."),
        (_add(_("Add a member"), "members.member"),),
    ),
    "loyalty.debt": Nothing(
        _("Nobody owes points. A debt arises when goods come back whose points were already spent."),
        (_see(_("To the returns"), "loyalty.return"),),
    ),
    "loyalty.programme": Nothing(
        _("A programme says what a point is worth, how long points live and how they are spent."),
        (_add(_("Make a programme"), "loyalty.programme"),),
    ),
    "loyalty.payer": Nothing(
        _("Payers bear the cost of points: the house itself, partners, brands. Campaigns name who pays."),
        (_add(_("Add a payer"), "loyalty.payer"),),
    ),
    "loyalty.appearance": Nothing(
        _("Colours, logo, texts and domain of a programme: its cabinet and its public site look like it."),
        (_add(_("Choose how a programme looks"), "loyalty.appearance"),),
    ),
    "campaigns.landingpage": Nothing(
        _("Pages that tell of one campaign to whoever is no member yet, with a picture and the way in."),
        (_add(_("Add a landing page"), "campaigns.landingpage"), _CAMPAIGNS),
    ),
    "loyalty.ladder": Nothing(
        _("A ladder says how members of a programme go up and down between tiers."),
        (
            _add(_("Make a ladder"), "loyalty.ladder"),
            _see(_("To the programmes"), "loyalty.programme"),
        ),
    ),
    "loyalty.tier": Nothing(
        _("Tiers stand on the ladder of a programme: Silver from 750, Gold from 2500."),
        (_see(_("To the ladders"), "loyalty.ladder"), _add(_("Add a tier"), "loyalty.tier")),
    ),
    "loyalty.tierchange": Nothing(
        _("Each time a member goes up or down, it is written here with the reason."),
        (_see(_("To the ladders"), "loyalty.ladder"),),
    ),
    "loyalty.product": Nothing(
        _(
            "What is sold. Products come from a file, from the shop system, or with the first receipt that names them."
        ),
        (
            Step(_("Bring products from a file"), "admin:loyalty_product_import", "loyalty.add_product"),
            _add(_("Add a product"), "loyalty.product"),
        ),
    ),
    "loyalty.category": Nothing(
        _("Categories order products into a tree, so that campaigns can speak of all cheese at once."),
        (_add(_("Add a category"), "loyalty.category"),),
    ),
    "loyalty.productset": Nothing(
        _("Sets are products chosen by hand, for campaigns that follow no category."),
        (_add(_("Make a product set"), "loyalty.productset"),),
    ),
    "loyalty.partner": Nothing(
        _("Partners are the companies whose stores take part in a programme."),
        (_add(_("Add a partner"), "loyalty.partner"),),
    ),
    "loyalty.store": Nothing(
        _("Shops, web shops and desks in which members buy."),
        (
            _add(_("Add a store"), "loyalty.store"),
            Step(_("Bring stores from a file"), "admin:loyalty_store_import", "loyalty.add_store"),
        ),
    ),
    "loyalty.storegroup": Nothing(
        _("Groups of stores, for campaigns that are not for all of them."),
        (_add(_("Make a group"), "loyalty.storegroup"),),
    ),
    "loyalty.till": Nothing(
        _("Tills stand in stores. A till gets an API key, by which it is known."),
        (_add(_("Add a till"), "loyalty.till"), _see(_("To the stores"), "loyalty.store")),
    ),
    "campaigns.campaign": Nothing(
        _("A campaign says who gets what and for what. Choose a ready mechanic and fill in your numbers."),
        (_add(_("Make a campaign"), "campaigns.campaign"),),
        Away(
            _("All campaigns are in the archive"),
            _("Show the archive"),
            _("Search in the archive"),
            {"state": "archived"},
        ),
    ),
    "campaigns.campaigntemplate": Nothing(
        _("Your own ready mechanics. On a campaign's page, keep the campaign as a template."), (_CAMPAIGNS,)
    ),
    "campaigns.revision": Nothing(
        _("Every version of a campaign that was ever launched stays here, as it was."), (_CAMPAIGNS,)
    ),
    "campaigns.rulebook": Nothing(
        _(
            "The rules as they were in force from moment to moment. Each launch and each saved programme makes some."
        ),
        (_see(_("To the programmes"), "loyalty.programme"), _CAMPAIGNS),
    ),
    "campaigns.backtest": Nothing(
        _("Try campaigns on receipts of the past: what they would have cost, and who would have gained."),
        (_add(_("Try campaigns on past receipts"), "campaigns.backtest"),),
    ),
    "campaigns.seller": Nothing(
        _(
            "Sellers get points for what they sell, where a campaign says so. Each is known by the code on receipts."
        ),
        (_add(_("Add a seller"), "campaigns.seller"),),
    ),
    "campaigns.questionnaire": Nothing(
        _("A questionnaire asks members something, and a campaign may thank them for it with points."),
        (_add(_("Make a questionnaire"), "campaigns.questionnaire"),),
    ),
    "rewards.series": Nothing(
        _("A series is a kind of coupons: one code for all, or a code for each member."),
        (_add(_("Make a series"), "rewards.series"),),
    ),
    "rewards.coupon": Nothing(
        _("Coupons one by one. They are made on the page of their series, or given by campaigns."),
        (_see(_("To the series"), "rewards.series"),),
    ),
    "pos.tillkey": Nothing(
        _("An API key lets a till or a shop system in. It is shown once, when it is made."), (_KEY,)
    ),
    "messaging.webhook": Nothing(
        _("A webhook tells another system at once what happened: a purchase, a new member, a tier."),
        (_add(_("Add a webhook"), "messaging.webhook"),),
    ),
    "messaging.helprequest": Nothing(
        _("What members ask in the cabinet, under “Help”. It is answered here; they read it there."),
        (_MEMBERS,),
    ),
    "messaging.webhookdelivery": Nothing(
        _("What was told to other systems, and what they answered."),
        (_see(_("To the webhooks"), "messaging.webhook"),),
    ),
    "auth.group": Nothing(
        _(
            "Roles say what users may do. The command create_roles makes those of Regulars: manager, operator, analyst."
        ),
        (_add(_("Make a role"), "auth.group"),),
    ),
    "axes.accessattempt": Nothing(
        _(
            "Nobody has typed a wrong password lately. Who does is listed here, and kept out after ten of them."
        ),
        (_see(_("To the users"), "members.user"),),
    ),
    "django_celery_beat.periodictask": Nothing(
        _(
            "Work that is done by itself: points expire, dates are looked for. Regulars' own tasks come with its start."
        ),
        (_add(_("Add a task"), "django_celery_beat.periodictask"),),
    ),
    "django_celery_beat.intervalschedule": Nothing(
        _("Every so often: schedules for tasks that come again after some time."),
        (_add(_("Add a schedule"), "django_celery_beat.intervalschedule"), _TASKS),
    ),
    "django_celery_beat.crontabschedule": Nothing(
        _("At times of the day, week or month: schedules for tasks that come by the calendar."),
        (_add(_("Add a schedule"), "django_celery_beat.crontabschedule"), _TASKS),
    ),
    "django_celery_beat.solarschedule": Nothing(
        _("With the sun: schedules for tasks that come with its rise or set."),
        (_add(_("Add a schedule"), "django_celery_beat.solarschedule"), _TASKS),
    ),
    "django_celery_beat.clockedschedule": Nothing(
        _("Once, at a moment: schedules for tasks that come a single time."),
        (_add(_("Add a schedule"), "django_celery_beat.clockedschedule"), _TASKS),
    ),
}


def steps(found: Nothing, request: HttpRequest) -> list[tuple[str, str]]:
    """What the user may do about it: words of the button and address of the page."""
    return [
        (str(step.label), reverse(step.page)) for step in found.steps if request.user.has_perm(step.right)
    ]
