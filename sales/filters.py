"""One FilterSet for the list of opportunities and the API alike."""

from __future__ import annotations

from crm.filters import CHOICE, DATES, OWNED, STAMPS, RecordFilter, TaggedFilter
from sales.models import Opportunity


class OpportunityFilter(TaggedFilter):
    class Meta(RecordFilter.Meta):
        model = Opportunity
        fields = {
            **STAMPS,
            **OWNED,
            "state": CHOICE,
            "status_reason": CHOICE,
            "stage": CHOICE,
            "account": ["exact", "isnull"],
            "contact": ["exact", "isnull"],
            "originating_lead": ["exact", "isnull"],
            "product": ["exact"],
            "campaign": ["exact"],
            "lead_source": CHOICE,
            "estimated_value": ["gte", "lte"],
            "actual_value": ["gte", "lte"],
            "estimated_close": DATES,
            "closed_at": DATES,
            "external_id": ["exact"],
        }
