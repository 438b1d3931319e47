"""One FilterSet a model, for the list pages and the API alike."""

from __future__ import annotations

import django_filters as filters

from crm.filters import IdFilter
from marketing.models import Form, LiveState, Page, Submission, Suggestion


class FormFilter(filters.FilterSet):
    """Forms by their state and mode."""

    state = filters.ChoiceFilter(choices=LiveState.choices)
    mode = filters.ChoiceFilter(choices=Form.Mode.choices)
    owner = IdFilter(field_name="owner_id")

    class Meta:
        model = Form
        fields = ("state", "mode", "owner")


class PageFilter(filters.FilterSet):
    """Pages by their state, form and campaign."""

    state = filters.ChoiceFilter(choices=LiveState.choices)
    form = IdFilter(field_name="form_id")  # type: ignore[assignment]  # no attribute: it is declared
    campaign = IdFilter(field_name="campaign_id")
    owner = IdFilter(field_name="owner_id")

    class Meta:
        model = Page
        fields = ("state", "form", "campaign", "owner", "slug")


class SubmissionFilter(filters.FilterSet):
    """Submissions by what became of them, and by where they came from."""

    state = filters.ChoiceFilter(choices=Submission.State.choices)
    form = IdFilter(field_name="form_id")  # type: ignore[assignment]  # no attribute: it is declared
    page = IdFilter(field_name="page_id")
    contact = IdFilter(field_name="contact_id")
    lead = IdFilter(field_name="lead_id")
    received_at__gte = filters.IsoDateTimeFilter("received_at", "gte")
    received_at__lt = filters.IsoDateTimeFilter("received_at", "lt")

    class Meta:
        model = Submission
        fields = ("state", "form", "page", "contact", "lead")


class SuggestionFilter(filters.FilterSet):
    """Suggestions by their record and state."""

    state = filters.ChoiceFilter(choices=Suggestion.State.choices)
    contact = IdFilter(field_name="contact_id")
    lead = IdFilter(field_name="lead_id")
    submission = IdFilter(field_name="submission_id")

    class Meta:
        model = Suggestion
        fields = ("state", "contact", "lead", "submission")
