"""Questionnaires: what members are asked, each wording that was asked, and what each of them answered.

What people write about themselves is personal: ``campaigns.questionnaires.forgetting`` empties it.
"""

from __future__ import annotations

import pgtrigger
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.models import Segment
from loyalty.models import Programme
from members.models import APPEND_ONLY, ERASING, Member, new_id

#: What was answered to the end stays as it is, and stays its member's; erasure alone empties it, by the one door.
FINISHED_STAYS = pgtrigger.Trigger(
    name="finished_stays",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func=f"""
        IF OLD.finished_at IS NULL OR {ERASING} THEN
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'answers % are finished: they are not deleted', OLD.id; END IF;
        IF (OLD.answers, OLD.finished_at, OLD.version_id, OLD.questionnaire_id)
            IS DISTINCT FROM (NEW.answers, NEW.finished_at, NEW.version_id, NEW.questionnaire_id)
            OR (OLD.member_id IS NOT NULL AND OLD.member_id IS DISTINCT FROM NEW.member_id)
        THEN RAISE EXCEPTION 'answers % are finished: they do not change', OLD.id; END IF;
        RETURN NEW;
    """,
)


class Questionnaire(models.Model):
    """What members of a programme are asked. ``draft`` is the document as it is edited; answers belong to versions."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("questionnaire", "draft")
        OPEN = "open", pgettext_lazy("questionnaire", "open")
        CLOSED = "closed", pgettext_lazy("questionnaire", "closed")

    class Occasion(models.TextChoices):
        FINISHED = "questionnaire.finished", _("a questionnaire is filled in")
        PROFILE = "profile.completed", _("the profile is filled in")

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, related_name="questionnaires", verbose_name=_("programme")
    )
    code = models.SlugField(
        _("code"), max_length=48, help_text=_("Campaigns and links know it by its code: it is chosen once.")
    )
    name = models.CharField(_("title"), max_length=120, help_text=_("Members read it."))
    intro = models.TextField(
        _("what it is about"),
        max_length=2000,
        blank=True,
        help_text=_("Members read it before the questions."),
    )
    thanks = models.TextField(
        _("thanks"), max_length=2000, blank=True, help_text=_("Members read it after the last question.")
    )
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.DRAFT, editable=False)
    opens_at = models.DateTimeField(_("from"), null=True, blank=True)
    closes_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: until it is closed.")
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("whom"),
        help_text=_("Empty: all members."),
    )
    for_anyone = models.BooleanField(
        _("a form for anybody"),
        default=False,
        help_text=_(
            "It has a page of its own that opens without logging in. Who joins afterwards on the same browser takes "
            "the answers along."
        ),
    )
    occasion = models.CharField(
        _("who finishes it"),
        max_length=32,
        choices=Occasion,
        default=Occasion.FINISHED,
        help_text=_("Campaigns that reward this event give the bonus, once to each member."),
    )
    draft = models.JSONField(_("questions"), default=dict, blank=True, editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="questionnaire_code_in_programme"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(opens_at__lt=F("closes_at")),
                name="questionnaire_opens_before_it_closes",
                violation_error_message=_("It has to open before it closes."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class QuestionnaireVersion(models.Model):
    """The questions as they were asked. Never changed: other questions are another version."""

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="versions", verbose_name=_("questionnaire")
    )
    number = models.PositiveIntegerField(_("version"), validators=[MinValueValidator(1)])
    document = models.JSONField(_("questions"))
    at = models.DateTimeField(_("asked since"))

    class Meta:
        verbose_name = _("version of a questionnaire")
        verbose_name_plural = _("versions of questionnaires")
        ordering = ("questionnaire", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=["questionnaire", "number"], name="questionnaire_one_of_a_version"
            ),
        )
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return str(_("version %(number)s") % {"number": self.number})


class AnswerSheet(models.Model):
    """What somebody answered, so far or to the end; a member has one of a questionnaire.

    ``member`` is empty while nobody knows who it was: then the browser that has the token may go on, and who joins
    there takes it along. ``answers`` is a value for each question's key (``campaigns.questionnaires.kinds``).
    Personal: erasure empties ``answers`` and deletes the photos (``campaigns.questionnaires.forgetting``).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="sheets", verbose_name=_("questionnaire")
    )
    version = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="sheets", verbose_name=_("version")
    )
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="answer_sheets",
        verbose_name=_("member"),
    )
    #: The digest of the token in the browser of somebody unknown, and of the address that it called from.
    token = models.CharField(max_length=64, null=True, unique=True, editable=False)
    caller = models.CharField(max_length=64, blank=True, default="", editable=False)
    source = models.CharField(_("came from"), max_length=64, blank=True, default="")
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    started_at = models.DateTimeField(_("begun"))
    saved_at = models.DateTimeField(_("last changed"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("answers")
        verbose_name_plural = _("answers")
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["questionnaire", "member"],
                condition=Q(member__isnull=False),
                name="answers_once_of_a_member",
            ),
        )
        indexes = (
            models.Index(fields=["version", "-finished_at"], name="answers_of_a_version"),
            models.Index(
                fields=["caller", "-started_at"], name="answers_of_a_caller", condition=~Q(caller="")
            ),
        )
        triggers = (FINISHED_STAYS,)

    def __str__(self) -> str:
        return f"{self.questionnaire_id} {self.id}"


class AnswerPhoto(models.Model):
    """A photo that was given as an answer, made anew without a camera's notes. Personal: erasure deletes it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sheet = models.ForeignKey(
        AnswerSheet, on_delete=models.CASCADE, related_name="photos", verbose_name=_("answers")
    )
    question = models.CharField(_("question"), max_length=16)
    picture = models.BinaryField()
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        constraints = (models.UniqueConstraint(fields=["sheet", "question"], name="photo_one_of_a_question"),)

    def __str__(self) -> str:
        return str(self.id)
