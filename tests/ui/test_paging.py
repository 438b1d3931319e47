"""Keyset pages show every row once, whichever way one pages."""

import pytest

from core.base.keyset import order_of
from core.ui.paging import count_of, page_of
from crm.models import Lead
from crm.pages.lists import AccountList, ContactList, LeadList
from tests.factories import AccountFactory, ContactFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(cast):
    """Rows with every kind of value: equal, empty, accented, in any case."""
    owners = [cast.ann, cast.ben, None]
    words = ["Zoe", "adam", "Ärzte", "", "zeta", "adam"]
    for number, word in enumerate(words):
        account = AccountFactory(
            name=f"{word} GmbH", number_of_employees=number if number % 2 else None
        )
        person = {"first_name": word, "last_name": "Same", "city": word}
        contact = ContactFactory(
            **person,
            owner=owners[number % 3],
            account=account if number % 2 else None,
            birth_date="1990-01-01" if number % 2 else None,
        )
        account.primary_contact = contact if number % 3 else None
        account.save()
        LeadFactory(
            **person,
            topic=word,
            estimated_value=number if number % 2 else None,
            owner=owners[number % 3],
        )
    Lead.objects.filter(last_name="Same").exclude(topic="adam").update(
        sales_ready_at="2026-01-01T00:00Z"
    )


def sortable():
    for page in (ContactList, AccountList, LeadList):
        for column in page.columns:
            if column.sort:
                for down in (False, True):
                    yield pytest.param(
                        page, column, down, id=f"{page.entity}-{column.key}-{down}"
                    )


@pytest.mark.parametrize(("page", "column", "down"), list(sortable()))
def test_every_sortable_column_pages_through_all_rows_both_ways(
    rows, cast, page, column, down
):
    everything = page.model.objects.visible_to(cast.admin)
    order = order_of(everything, column.sort, down)
    expected = [row.pk for row in order.apply(everything)]
    seen, after, last = [], "", None
    for _ in range(len(expected) + 1):
        last = page_of(everything, order, 2, after=after)
        seen += [row.pk for row in last.rows]
        if not last.after:
            break
        after = last.after
    assert seen == expected
    back, before = [row.pk for row in last.rows], last.before
    for _ in range(len(expected)):
        if not before:
            break
        last = page_of(everything, order, 2, before=before)
        back = [row.pk for row in last.rows] + back
        before = last.before
    assert back == expected


@pytest.mark.parametrize("cursor", ["x", "W10", "eyJhIjoxfQ", "WyJhIiwgInh4Il0", "%00"])
def test_cursor_that_cannot_be_read_gives_the_first_page(rows, cast, cursor):
    everything = Lead.objects.visible_to(cast.admin)
    order = order_of(everything, "created_at", True)
    first = [row.pk for row in page_of(everything, order, 3).rows]
    assert [row.pk for row in page_of(everything, order, 3, after=cursor).rows] == first


def test_count_is_exact_while_it_is_small(rows, cast):
    assert str(count_of(Lead.objects.visible_to(cast.admin))) == "6"


def test_large_count_is_estimated_and_exact_on_demand(rows, monkeypatch):
    monkeypatch.setattr("core.ui.paging.EXACT_UP_TO", 3)
    found = count_of(Lead.objects.all())
    assert not found.exact
    assert str(found).startswith("about ")
    assert count_of(Lead.objects.all(), exact=True).number == 6
