"""A member registered in the back office: the same registration as at the till, with the errors on the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from backoffice.attributes import AttributesField
from campaigns.occasions import registration
from foundation.refusals import Invalid, Refused
from loyalty.ledger import ledger
from loyalty.models import Programme
from loyalty.shops import membership
from members import consents, crowds, referral, wording
from members.lookup import cards, lookup
from members.lookup.lookup import Manner
from members.models import Card, Member
from members.registration import Newcomer

CHANNEL = "desk"


def read_phone(text: str, country: str) -> str | None:
    """The phone in E.164 form, as people of a country mean it; None for an empty text.

    Raises ``ValidationError``.
    """
    if not text.strip():
        return None
    try:
        return lookup.read_phone(text, country)
    except Invalid as invalid:
        raise ValidationError(f"“{text}”: {invalid.faults[0].detail}") from invalid


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A member's profile; a phone is brought into its one form, empty ones are none."""

    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy(
            "As people of the programme's country write it, or with a plus: +7 916 123-45-45."
        ),
    )

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget
    )
    attributes = AttributesField(
        label=gettext_lazy("Attributes"),
        required=False,
        help_text=gettext_lazy(
            "What else is known and campaigns may ask for: a text, a number, yes or no. A row without both is left out."
        ),
    )

    class Meta:
        model = Member
        exclude = ("referral_code", "channel", "joined_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "status" in self.fields:
            self._offer_statuses(self.fields["status"])
        if "language" in self.fields:
            self._offer_languages(self.fields["language"])

    def _offer_statuses(self, field: Any) -> None:
        """What somebody may set: "erased" is what an erasure leaves behind, and stays."""
        erased = Member.Status.ERASED
        field.disabled = self.instance.status == erased
        if not field.disabled:
            field.choices = [choice for choice in field.choices if choice[0] != erased]

    def _offer_languages(self, field: Any) -> None:
        """Those that the house speaks, and the member's own, which a till or a file may have named."""
        own = self.instance.language
        if own and own not in dict(field.choices):
            field.choices = [*field.choices, (own, own)]

    def clean_phone(self) -> str | None:
        """The phone in E.164 form, as the member's programme reads it; one that was there before stays."""
        text = self.cleaned_data["phone"] or ""
        if text == (self.instance.phone or ""):
            return text or None
        phone = read_phone(text, self.manner().country)
        if phone is not None and self._is_taken(phone=phone):
            raise ValidationError(_("A member with this phone exists already."))
        return phone

    def clean_email(self) -> str | None:
        """No e-mail is not an empty one."""
        email: str | None = self.cleaned_data["email"] or None
        if (
            email
            and email.lower() != (self.instance.email or "").lower()
            and self._is_taken(lower_email=email.lower())
        ):
            raise ValidationError(_("A member with this e-mail exists already."))
        return email

    def clean_referred_by(self) -> Member | None:
        """Refuse somebody who cannot have brought the member: themselves, in a circle, or after another one."""
        friend: Member | None = self.cleaned_data["referred_by"]
        if friend is not None and self.instance.pk and "referred_by" in self.changed_data:
            try:
                referral.require_may_bring(friend, Member.objects.get(pk=self.instance.pk))
            except Refused as refusal:
                raise ValidationError(refusal.detail) from refusal
            except Member.DoesNotExist:
                pass  # a newcomer, whom nobody knows yet
        return friend

    def manner(self) -> Manner:
        """How what is typed here is read."""
        return membership.manner_of_member(self.instance)

    def _is_taken(self, **by: str) -> bool:
        """Whether somebody else is known so, in any programme: the staff see them all."""
        others = Member.objects.alias(lower_email=Lower("email")).filter(**by)
        return others.exclude(pk=self.instance.pk).exists()


class CardForm(forms.ModelForm):  # type: ignore[type-arg]
    """A card: its number in one form, and not that of another one."""

    class Meta:
        model = Card
        fields = ("number", "kind", "member", "blocked", "issued_at")

    def clean_number(self) -> str:
        """Refuse a number that another card has, however it is written there."""
        number = cards.normalise(self.cleaned_data["number"])
        others = Card.objects.filter(number__in=cards.spellings(number)).exclude(pk=self.instance.pk)
        if number != self.instance.number and others.exists():
            raise ValidationError(_("A card with this number exists already."))
        if not number:
            raise ValidationError(_("Give the card's number."))
        return number


class ConsentsField(forms.MultipleChoiceField):
    """By which channels somebody agrees to messages. A channel that is not ticked was not spoken of."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("Agrees to messages by"),
            required=False,
            choices=lambda: [(channel, wording.name_channel(channel)) for channel in consents.CHANNELS],
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
            help_text=gettext_lazy("Ask for each. What is not ticked is not written down."),
            **kwargs,
        )

    def clean(self, value: Any) -> dict[str, bool]:  # type: ignore[override]
        """What was agreed to, by channel."""
        return dict.fromkeys(super().clean(value), True)


class Said(NamedTuple):
    """What a newcomer said at the desk: to which messages they agree, and to which user of the back office."""

    consents: Mapping[str, bool]
    user: str


class NewMemberForm(MemberForm):
    """A member who joins at the desk."""

    card = forms.CharField(
        label=gettext_lazy("Card number"),
        max_length=32,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Empty: the member gets a virtual card."),
    )
    programme = forms.ModelChoiceField(
        label=gettext_lazy("Programme"),
        queryset=Programme.objects.filter(active=True),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )

    consents = ConsentsField()

    def clean_card(self) -> str:
        """Refuse a card that somebody has, or that is blocked."""
        number: str = self.cleaned_data["card"].strip()
        known = Card.objects.filter(number__in=cards.spellings(number, self.manner().cards))
        if known.exclude(member=None, blocked=False).exists():
            raise ValidationError(_("This card is blocked or belongs to somebody."))
        return number

    def manner(self) -> Manner:
        """As the programme reads that is chosen."""
        chosen = self.data.get(self.add_prefix("programme"), "")
        programme = Programme.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
        return membership.manner_of_programme(programme)

    def clean(self) -> dict[str, Any]:
        """Refuse someone who could never be found again."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("phone") and not cleaned.get("card"):
            raise ValidationError(_("Give a phone, a card or both."))
        return cleaned


def register(member: Member, card: str, programme: Programme, now: datetime, said: Said) -> None:
    """Make the unsaved member real, through the registration that the tills use. Must run in a transaction."""
    manner = membership.manner_of_programme(programme)
    made = registration.register(_newcomer(member, card or None, said), programme.pk, now, manner=manner)
    _become(member, made)


def bring_in(members: Sequence[Member], now: datetime) -> None:
    """Make the unsaved members of an imported file real, with an account in every active programme.

    No event is recorded: a file of old customers must not set off welcome campaigns. Must run in a
    transaction.
    """
    for member in members:
        member.channel = member.source = CHANNEL
    crowds.enrol(members, now)
    for programme in Programme.objects.filter(active=True):
        ledger.open_accounts([member.pk for member in members], programme)


def _newcomer(member: Member, card: str | None, said: Said) -> Newcomer:
    return Newcomer(
        phone=member.phone,
        card=card,
        email=member.email,
        first_name=member.first_name,
        middle_name=member.middle_name,
        last_name=member.last_name,
        birthday=member.birthday,
        gender=member.gender,
        language=member.language,
        referral=member.referred_by.referral_code if member.referred_by else None,
        channel=CHANNEL,
        source=CHANNEL,
        consents=said.consents,
        evidence={"user": said.user},
    )


def _become(member: Member, made: Member) -> None:
    """Let the instance that a form holds be the row that was made."""
    for field in Member._meta.concrete_fields:
        setattr(member, field.attname, getattr(made, field.attname))
    member._state.adding = False
