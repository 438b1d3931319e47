"""Why a contact is in a segment, or is not: a page that can be linked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from core.access.rights import rights_of
from core.base.text import whole_number
from core.query.language import Context, QueryError, QueryTimeout, evaluating, validate
from core.ui.lookups import LookupField
from crm.models import Contact
from segments.models import Membership, Segment, SegmentException
from segments.pages.page import SegmentScreen
from segments.services.facts import told_for
from segments.services.preview import PREVIEW_MS


class WhoForm(forms.Form):
    """Whom to ask about."""

    contact = LookupField(Contact, "contact", required=True, label="Contact")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contact"]
        field.bind_to(user)


class SegmentWhy(SegmentScreen):
    """Type a contact; see each condition with true or false and what it read.

    `?contact=ID` opens the answer. A contact one may not see is a 404.
    """

    tab = "why"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        contact = self.contact()
        context = self.header() | {
            "form": WhoForm(user=request.user, initial={"contact": contact}),
            "contact": contact,
        }
        if contact is not None:
            context |= self.answer(contact)
        return render(request, "segments/why.html", context)

    def contact(self) -> Contact | None:
        text = self.request.GET.get("contact", "")
        if not text:
            return None
        if not rights_of(self.request.user).has("contact", "read"):
            raise Http404
        rows = Contact.objects.visible_to(self.request.user)
        found: Contact | None = rows.filter(pk=whole_number(text) or 0).first()
        if found is None:
            raise Http404
        return found

    def answer(self, contact: Contact) -> dict[str, Any]:
        """Whether the contact is in, since when, what overrules, and the conditions."""
        own = {"segment": self.segment, "contact": contact}
        membership = Membership.objects.filter(**own).select_related("added_by").first()
        exception = (
            SegmentException.objects.filter(**own).select_related("created_by").first()
        )
        answer: dict[str, Any] = {"membership": membership, "exception": exception}
        if self.segment.kind != Segment.Kind.STATIC:
            try:
                answer["told"] = told = self.told(contact)
                answer["behind"] = self.behind(told.result, membership, exception)
            except (QueryError, QueryTimeout) as error:
                answer["problem"] = error.detail
        return answer

    def told(self, contact: Contact) -> Any:
        query = validate(self.segment.definition, ends_on="contact")
        context = Context(time_zone=self.segment.time_zone, user=self.request.user)
        with evaluating(PREVIEW_MS):
            return told_for(query, contact.pk, context)

    def behind(self, result: bool, membership: Any, exception: Any) -> str:
        """Why the members do not say what the conditions say, where they differ."""
        if not self.segment.is_live or exception or result == (membership is not None):
            return ""
        if self.segment.scope == Segment.Scope.TEAM and membership is None:
            return "The segment holds only contacts of its owner's team."
        return "The members follow the conditions within seconds. Load the page again."
