"""What the forms and the files of members are sent with."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from members.models import Member


def profile(member: Member, **fields: str) -> dict[str, str]:
    return {
        "first_name": member.first_name, "middle_name": "", "last_name": member.last_name, "phone": member.phone or "",
        "email": "", "birthday": "", "gender": "", "language": "en", "referred_by": "",
        "cards-TOTAL_FORMS": "0", "cards-INITIAL_FORMS": "0", "status": "active",
    } | fields  # fmt: skip


def send(client, address: str, rows: str):
    """Send a file, and agree to it if the check found nothing wrong. Returns the page of the check."""
    upload = SimpleUploadedFile("rows.csv", rows.encode(), "text/csv")
    page = client.post(address, {"file": upload}, follow=True)
    assert page.status_code == 200
    if page.context.get("agree_address") and page.context["upload"].state == "ready":
        done = client.post(page.context["agree_address"], follow=True)
        assert done.context["upload"].state == "done", done.context["upload"].error
    return page
