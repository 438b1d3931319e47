"""Page visits of people who asked to be remembered."""

from __future__ import annotations

from typing import Any

from core.journal.services import NewEntry, acting, record_many
from marketing.live import LiveForm
from marketing.models import Page, Submission, Visitor


def visit_record(*, visitor_id: int, page: Page, machine: bool = False) -> bool:
    """Journal page.visited and form.visited for a known visitor; whether it did.

    A visitor without a contact is nobody yet, and leaves no trace.
    """
    visitor = Visitor.objects.filter(pk=visitor_id, contact__isnull=False).first()
    if visitor is None:
        return False
    sources = [("page.visited", ("page", page.pk))]
    if page.form_id is not None:
        sources.append(("form.visited", ("form", page.form_id)))
    with acting(None, via="page"):
        record_many(
            [
                NewEntry(
                    name=name,
                    subject=("contact", visitor.contact_id),
                    contact_id=visitor.contact_id,
                    visitor_id=visitor.pk,
                    source=source,
                    url=page.get_absolute_url(),
                    machine=machine,
                    data={"page": page.pk, "page_title": page.title},
                )
                for name, source in sources
            ]
        )
    return True


def last_answers(visitor_id: int, live: LiveForm) -> dict[str, Any]:
    """What this browser itself sent last to this form, for filling it in again.

    Never the contact's record: whoever types somebody's address must not be shown
    what is known of them. Field, form and contact must all allow it.
    """
    allowed = Visitor.objects.filter(pk=visitor_id, contact__prefill_forms=True)
    if not allowed.exists():
        return {}
    sent = Submission.objects.filter(visitor_id=visitor_id, form_id=live.form.pk)
    last = sent.order_by("-pk").first()
    fillable = {spec.name for spec in live.specs if spec.prefill}
    values = last.values if last else {}
    return {name: value for name, value in values.items() if name in fillable}
