"""The planner's statistics after a bulk write."""

from __future__ import annotations

import pytest
from django.db import connection

from core.base.statistics import rows_expected, statistics_renew
from crm.models import Contact
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


def test_a_table_last_seen_nearly_empty_is_looked_at_again():
    """What was rolled back or deleted leaves pages; their rows are counted anew."""
    ContactFactory.create_batch(200)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET relpages = 5000, reltuples = 0 "
            "WHERE oid = 'crm_contact'::regclass"
        )
    statistics_renew("crm_contact")
    assert 150 <= rows_expected(Contact.objects.all()) <= 250
