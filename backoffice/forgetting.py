"""What the back office forgets: names in the list of what staff did, files that were brought, and open pages."""

from __future__ import annotations

import zlib

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils.translation import gettext, override

from backoffice.models import Upload
from foundation.text_files import decode
from members.erasure.erasing import Forgetter
from members.erasure.person import Person, mentions, named_in
from members.models import Card, Member

_TEXTS = f"""
UPDATE django_admin_log SET object_repr = '' WHERE {mentions("object_repr")};
UPDATE django_admin_log SET change_message = '' WHERE {mentions("change_message")};
UPDATE backoffice_upload SET name = '' WHERE {mentions("name")};
UPDATE backoffice_upload SET result = '{{}}' WHERE {mentions("result")};
UPDATE backoffice_upload SET options = '{{}}' WHERE {mentions("options")};
UPDATE backoffice_upload SET error = '' WHERE {mentions("error")};
UPDATE axes_accessattempt SET username = '', get_data = '', post_data = '' WHERE {mentions("username")};
UPDATE axes_accessfailurelog SET username = '' WHERE {mentions("username")};
"""


def forget(person: Person) -> None:
    """See the module."""
    theirs = {Member: [str(person.id)], Card: list(map(str, _cards(person)))}
    for model, ids in theirs.items():
        kind = ContentType.objects.get_for_model(model)
        LogEntry.objects.filter(content_type=kind, object_id__in=ids).update(
            object_repr="", change_message=""
        )
    if not person.marks:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, person.params)
    _let_go_of_files(person)
    for session in Session.objects.all():
        if named_in(person, str(session.get_decoded())):
            session.delete()


def _let_go_of_files(person: Person) -> None:
    for upload in Upload.objects.filter(content__isnull=False).defer("result"):
        if not named_in(person, decode(zlib.decompress(bytes(upload.content or b"")))):
            continue
        with override(upload.language):
            told = gettext(
                "Somebody in the file was erased, and the file with them. Bring it again without them."
            )
        Upload.objects.filter(pk=upload.pk).update(
            content=None, result={}, state=Upload.State.FAILED, error=told[:500]
        )


def _cards(person: Person) -> list[int]:
    return list(Card.objects.filter(member=person.id).values_list("id", flat=True))


FORGETTER = Forgetter(forget)
