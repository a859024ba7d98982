"""Who: staff users, members, their cards, consents and codes, and the timeline of what happened to them."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pgtrigger
import uuid_utils
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members import bounds
from members.wording import name_event

#: The database refuses to empty the table.
NEVER_TRUNCATED = pgtrigger.Trigger(
    name="never_truncated",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION '% is never truncated: it holds what must be provable', TG_TABLE_NAME;",
)
#: The database refuses to change or delete a row, or to empty the table.
APPEND_ONLY = (
    pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
    NEVER_TRUNCATED,
)

#: Whether the transaction at hand is an erasure: it named itself in ``regulars.erasing``, and its row in ``Erasure``,
#: which nobody can take out again, was written by this very transaction. The one door (``members.erasure.door``).
ERASING = """EXISTS (
            SELECT FROM members_erasure WHERE id::text = current_setting('regulars.erasing', true)
               AND transaction = pg_current_xact_id()::text)"""


def refuse_but_let_go(*columns: str) -> str:
    """The body of a trigger that refuses any change, unless an erasure empties these columns and changes no other."""
    named = ", ".join(f"'{column}'" for column in columns)
    return f"""
        IF TG_OP = 'UPDATE' AND {ERASING}
           AND to_jsonb(NEW) - ARRAY[{named}] = to_jsonb(OLD) - ARRAY[{named}] THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
    """


def append_only_but(*columns: str) -> tuple[pgtrigger.Trigger, ...]:
    """As ``APPEND_ONLY``, but that an erasure may change these columns, in which something personal may stand."""
    return (
        pgtrigger.Trigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=refuse_but_let_go(*columns),
        ),
        NEVER_TRUNCATED,
    )


#: "Erased" tells that a person's data are gone. Only an erasure may say so. Nobody comes back from it.
ERASED_BY_ERASURE_ALONE = pgtrigger.Trigger(
    name="erased_by_erasure_alone",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),
    func=f"""
        IF TG_OP = 'UPDATE' AND OLD.status = NEW.status THEN RETURN NEW; END IF;
        IF TG_OP = 'UPDATE' AND OLD.status = 'erased' THEN
            RAISE EXCEPTION 'member % is erased, and stays so', NEW.id;
        END IF;
        IF NEW.status = 'erased' AND NOT {ERASING} THEN
            RAISE EXCEPTION 'member % is erased by an erasure alone: the status is not set', NEW.id;
        END IF;
        RETURN NEW;
    """,
)

#: When a birthday was last entered or changed, whichever door it came through: the database notes it, and nobody else
#: can. Empty: it stands as it was given at registration (or was given before this was noted).
BIRTHDAY_DATED = pgtrigger.Trigger(
    name="birthday_dated",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("birthday", "birthday_changed_at"),
    func="""
        NEW.birthday_changed_at := CASE
            WHEN NEW.birthday IS DISTINCT FROM OLD.birthday THEN clock_timestamp() ELSE OLD.birthday_changed_at END;
        RETURN NEW;
    """,
)


#: Who brought a member is said once, and never the other way round: no circle, at any number of parallel writers.
REFERRAL_STANDS = pgtrigger.Trigger(
    name="referral_stands",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("referred_by_id"),
    condition=pgtrigger.Q(new__referred_by__isnull=False)
    & pgtrigger.Q(old__referred_by__df=pgtrigger.F("new__referred_by")),
    func="""
        IF OLD.referred_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'another member brought them' USING ERRCODE = 'check_violation',
                CONSTRAINT = 'member_referral_stands';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('members.referral', 0));
        IF EXISTS (
            WITH RECURSIVE above AS (
                SELECT NEW.referred_by_id AS id
                UNION SELECT m.referred_by_id FROM members_member m JOIN above ON above.id = m.id
                       WHERE m.referred_by_id IS NOT NULL)
            SELECT 1 FROM above WHERE id = NEW.id) THEN
            RAISE EXCEPTION 'members brought each other in a circle' USING ERRCODE = 'check_violation',
                CONSTRAINT = 'member_referral_no_circle';
        END IF;
        RETURN NEW;
    """,
)


def new_id() -> uuid.UUID:
    """A new UUIDv7: unique anywhere, and ordered by the time it was made."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


class User(AbstractUser):
    """Someone who works on the programme: manager, operator, seller. Members are not users."""

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]
        verbose_name_plural = _("users")  # type: ignore[assignment]


class Member(models.Model):
    """A person who takes part in the programme."""

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("member", "active")
        BLOCKED = "blocked", _("blocked")
        ERASED = "erased", _("erased")

    class Gender(models.TextChoices):
        FEMALE = "female", _("female")
        MALE = "male", _("male")
        UNSAID = "", _("not said")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    phone = models.CharField(
        _("phone"), max_length=16, null=True, blank=True, help_text=_("In E.164 form: +79161234545.")
    )
    email = models.EmailField(_("e-mail"), null=True, blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    middle_name = models.CharField(_("middle name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    birthday_changed_at = models.DateTimeField(_("birthday changed"), null=True, editable=False)
    gender = models.CharField(_("gender"), max_length=6, choices=Gender, blank=True, default="")
    language = models.CharField(_("language"), max_length=8, default="en")
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    referral_code = models.CharField(_("referral code"), max_length=12, unique=True)
    referred_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="referred",
        verbose_name=_("referred by"),
    )
    channel = models.CharField(_("joined through"), max_length=8, default="pos")
    #: The word of the link, of a store's code or of a landing page by which they came; erasure empties it.
    source = models.CharField(_("came from"), max_length=64, blank=True, default="", db_default="")
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    #: Whose phone or e-mail somebody of other programmes has too: the programme in which they joined. Of
    #: everybody else nothing. Programmes do not tell each other whom they know (docs/adr).
    apart = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ("-joined_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(referred_by__isnull=True) | ~Q(referred_by=F("pk")),
                name="member_brought_by_another",
            ),
            models.UniqueConstraint(fields=["phone", "apart"], name="member_phone_unique_apart"),
            models.UniqueConstraint(Lower("email"), "apart", name="member_email_unique_apart"),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="member_phone_is_e164",
            ),
        )
        indexes = (
            models.Index(fields=["last_name", "first_name"], name="member_name"),
            # as people search: by the beginning of a name in any case, by the end of a phone
            models.Index(OpClass(Lower("last_name"), "text_pattern_ops"), name="member_last_name_begins"),
            models.Index(OpClass(Lower("first_name"), "text_pattern_ops"), name="member_first_name_begins"),
            models.Index(OpClass(Lower("email"), "text_pattern_ops"), name="member_email_begins"),
            models.Index(OpClass(Reverse("phone"), "text_pattern_ops"), name="member_phone_ends"),
            models.Index(OpClass("source", "text_pattern_ops"), name="member_source_begins"),
        )
        triggers = (ERASED_BY_ERASURE_ALONE, BIRTHDAY_DATED, REFERRAL_STANDS)

    def __str__(self) -> str:
        """The name, or the phone of one who gave none, or the code by which friends know even a stranger."""
        return self.full_name or self.phone or str(_("member %(code)s") % {"code": self.referral_code})

    @property
    def full_name(self) -> str:
        """First, middle and last name, as far as known."""
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name) if part)


class CardKind(models.Model):
    """A type of card: plastic, virtual, wallet, business."""

    class CheckDigit(models.TextChoices):
        EAN = "ean", _("as of barcodes (EAN)")
        LUHN = "luhn", _("as of bank cards (Luhn)")

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    lengths = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(32)]),
        verbose_name=_("characters of a number"),
        size=8,
        blank=True,
        default=list,
        db_default=[],
        help_text=_("With commas, like 13, 16. Empty: any number will do."),
    )
    check_digit = models.CharField(
        _("check digit"),
        max_length=4,
        choices=CheckDigit,
        blank=True,
        default="",
        db_default="",
        help_text=_("A card whose last digit is wrong was mistyped."),
    )

    class Meta:
        verbose_name = _("card type")
        verbose_name_plural = _("card types")
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=Q(lengths__contained_by=list(range(1, 33))), name="card_type_lengths_of_numbers"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Card(models.Model):
    """A card by which a member is known. A card without a member is printed but not yet handed out."""

    number = models.CharField(_("number"), max_length=32)
    kind = models.ForeignKey(CardKind, on_delete=models.PROTECT, related_name="cards", verbose_name=_("type"))
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cards",
        verbose_name=_("member"),
    )
    blocked = models.BooleanField(pgettext_lazy("card", "blocked"), default=False)
    issued_at = models.DateTimeField(pgettext_lazy("card", "issued"), null=True, blank=True)
    #: As a member's: the programme of a number that somebody of other programmes has too.
    apart = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["number", "apart"], name="card_number_unique_apart"),)

    def __str__(self) -> str:
        return self.number


class Purpose(models.TextChoices):
    """What a consent is to. Each is asked for by itself."""

    PROCESSING = "processing", _("to take part: processing of personal data")
    MARKETING = "marketing", _("news and offers")
    PROFILING = "profiling", _("personal offers made from purchases")
    SHARING = "sharing", _("sharing data with a partner")


class ConsentText(models.Model):
    """What people were asked to agree to, in one language. Never changed: another wording is another version.

    ``circle`` is the programme's code; empty where the house asks. ``party`` is with whom data would be shared.
    """

    circle = models.CharField(_("programme"), max_length=32, blank=True)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    party = models.CharField(_("shared with"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=8)
    version = models.PositiveIntegerField(_("version"), validators=[MinValueValidator(1)])
    text = models.TextField(_("text"), max_length=20_000)
    ask_again = models.BooleanField(
        _("ask again"), default=False, help_text=_("Those who agreed to an earlier version are asked anew.")
    )
    since = models.DateTimeField(_("shown since"), default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("written by"),
    )

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ("circle", "purpose", "party", "language", "-version")
        constraints = (
            models.UniqueConstraint(
                fields=["circle", "purpose", "party", "language", "version"],
                name="consent_text_one_of_a_version",
            ),
        )
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.version} ({self.language})"


class Consent(models.Model):
    """A consent given or withdrawn. Never changed: the newest row of a purpose and channel is the one in force.

    Before purposes were told apart, every consent was to news and offers through a channel. ``channel`` is empty
    for what no message carries out; ``party`` is with whom data are shared.
    """

    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="consents", verbose_name=_("member")
    )
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=Purpose, default="marketing", db_default="marketing"
    )
    party = models.CharField(_("shared with"), max_length=32, blank=True, default="", db_default="")
    channel = models.CharField(_("channel"), max_length=16, blank=True)
    text = models.ForeignKey(
        ConsentText, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("text")
    )
    granted = models.BooleanField(_("granted"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    source = models.CharField(_("source"), max_length=64, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["member", "purpose", "channel", "-at"], name="consent_in_force"),)
        triggers = append_only_but("evidence")

    def __str__(self) -> str:
        about = ": ".join(part for part in (self.purpose, self.party or self.channel) if part)
        return f"{about}: {'yes' if self.granted else 'no'}"


class Code(models.Model):
    """A short-lived code: to identify a member at the till, to confirm a redemption, or to approve what the member
    does by themselves. Only its digest is kept."""

    class Purpose(models.TextChoices):
        IDENTIFY = "identify", _("identify")
        REDEEM = "redeem", _("confirm a redemption")
        APPROVE = "approve", _("approve what one does by oneself")

    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="codes", verbose_name=_("member")
    )
    purpose = models.CharField(_("purpose"), max_length=8, choices=Purpose)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("wrong attempts"), default=0)

    class Meta:
        verbose_name = _("one-time code")
        verbose_name_plural = _("one-time codes")
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["digest"], name="code_digest"),)

    def __str__(self) -> str:
        return f"{self.purpose} {date_format(timezone.localtime(self.created_at), 'DATETIME_FORMAT')}"


class EntryCode(models.Model):
    """A code sent to prove that a phone or e-mail is somebody's. Nothing of it can be read: all are digests.

    Written by ``members.codes.entry`` alone.
    """

    address = models.CharField(max_length=64)
    browser = models.CharField(max_length=64)
    caller = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    class Meta:
        verbose_name = _("entry code")
        verbose_name_plural = _("entry codes")
        indexes = (
            models.Index(fields=["address", "-created_at"], name="entry_code_address"),
            models.Index(fields=["browser", "-created_at"], name="entry_code_browser"),
            models.Index(fields=["caller", "-created_at"], name="entry_code_caller"),
            models.Index(fields=["created_at"], name="entry_code_age"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["address"], condition=Q(ended_at=None), name="entry_code_one_of_an_address"
            ),
            models.CheckConstraint(condition=Q(attempts__lte=5), name="entry_code_at_most_five_tries"),
        )

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.created_at), "DATETIME_FORMAT")


class Device(models.Model):
    """A browser or phone on which a member is logged in to a programme's cabinet. Written by ``members.devices``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="devices", verbose_name=_("member")
    )
    #: The code of the programme whose cabinet it is.
    circle = models.CharField(_("programme"), max_length=32)
    #: By which the code on its screen finds it.
    number = models.CharField(_("number"), max_length=10, unique=True)
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(_("logged in"))
    seen_at = models.DateTimeField(_("last seen"))
    ended_at = models.DateTimeField(_("logged out"), null=True, blank=True)
    #: The step of the newest code by which points were spent without a further one: none of it or before does again.
    spent_step = models.BigIntegerField(null=True, editable=False)
    #: When it was last found that every consent that is asked for here was answered. Empty: look before anything else.
    settled_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ("-seen_at",)
        indexes = (models.Index(fields=["member", "-seen_at"], name="device_of_member"),)

    def __str__(self) -> str:
        return self.name


class Departure(models.Model):
    """That a member asked to leave a programme: from ``due_at`` on they are let go, unless they took it back.

    Written by ``members.erasure.departures`` and by the erasure that carries it out.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="departures", verbose_name=_("member")
    )
    #: The code of the programme.
    circle = models.CharField(_("programme"), max_length=32)
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("due"))
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        ordering = ("-asked_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["member", "circle"],
                condition=Q(taken_back_at=None, done_at=None),
                name="departure_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None) | Q(done_at=None), name="departure_one_end"
            ),
        )
        indexes = (
            models.Index(
                fields=["due_at"], name="departure_due", condition=Q(taken_back_at=None, done_at=None)
            ),
        )

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.asked_at), "DATETIME_FORMAT")


class Erasure(models.Model):
    """That somebody was erased: when, out of which programme, on whose word. It holds nothing of the person.

    Its row opens the one door in append-only tables (``ERASING``), for the transaction that writes it. ``member`` is
    what is left of them: a row that names nobody. Written by ``members.erasure.door`` alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="+", verbose_name=_("what is left")
    )
    #: The code of the programme; empty where staff erased somebody everywhere.
    circle = models.CharField(_("programme"), max_length=32, blank=True)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    transaction = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ("-at",)
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.at), "DATETIME_FORMAT")


class ShownDecoder(json.JSONDecoder):
    """Reads stored JSON for any page: what is nested too deep to be shown comes as the beginning of its text."""

    def decode(self, s: str, *args: Any) -> Any:
        """What the text says, or, where it is too deep, an object with its beginning."""
        if bounds.is_deep(s):
            return {"…": f"{s[:TEXT_SHOWN]}…"}
        return super().decode(s, *args)


#: Characters that are shown of data which is nested too deep.
TEXT_SHOWN = 300


class Event(models.Model):
    """Something that happened, to a member or to the programme. Never changed.

    ``config.subscribers`` says who hears of it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=64)
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        db_index=False,  # the timeline's index begins with it
        verbose_name=_("member"),
    )
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    data = models.JSONField(_("data"), default=dict, blank=True, decoder=ShownDecoder)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-at",)
        indexes = (models.Index(fields=["member", "-at"], name="event_timeline"),)
        triggers = append_only_but("data", "member_id")

    def __str__(self) -> str:
        return f"{name_event(self.kind)}, {date_format(timezone.localtime(self.at), 'DATETIME_FORMAT')}"
