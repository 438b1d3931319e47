"""Many leads at once, each with its own outcome."""

from __future__ import annotations

import pytest

from core.journal.services import acting
from crm.models import Lead
from sales.models import Opportunity
from sales.services.leads_bulk import leads_disqualify, leads_qualify
from tests.sales.qualify.leads import lead_of

pytestmark = pytest.mark.django_db


class TestMany:
    def test_each_lead_has_its_own_outcome(self, cast):
        good = lead_of(cast.ben)
        twin = lead_of(cast.ben)
        foreign = lead_of(cast.carl)
        ids = [good.pk, twin.pk, foreign.pk, 999_999]
        with acting(cast.ben, via="browser"):
            report = leads_qualify(lead_ids=ids, user=cast.ben)
        assert [(line.done, line.code) for line in report] == [
            (True, ""),
            (False, "likely_duplicate"),
            (False, "not_found"),
            (False, "not_found"),
        ]
        assert Opportunity.objects.count() == 1

    def test_disqualify_many(self, cast):
        leads = [lead_of(cast.ben), lead_of(cast.ben)]
        with acting(cast.ben, via="browser"):
            report = leads_disqualify(
                lead_ids=[lead.pk for lead in leads],
                user=cast.ben,
                status_reason="canceled",
            )
        assert all(line.done for line in report)
        assert Lead.objects.filter(status_reason="canceled").count() == 2
