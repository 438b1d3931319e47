"""Many at once come out as one after the other."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from django.db import transaction

from core.base.models import Organisation
from core.journal.models import Entry
from crm.models import Account, Contact, Lead
from marketing.models import Form, Submission, Suggestion, Visitor
from marketing.services.matching import submission_match, submissions_match
from marketing.services.submissions import submissions_match_pending
from marketing.services.waves import folded

ADDRESSES = ["ada@example.com", "ADA@example.com ", "bob@acme.example", "c@d.example"]
PERSON = (
    "first_name", "last_name", "email", "city", "phone", "company_name",
    "consent_level", "marketing_only", "do_not_bulk_email", "prefill_forms",
    "source_type", "source_id", "owner_id", "team_id", "version",
)  # fmt: skip
LEAD = (
    "first_name", "last_name", "email", "city", "topic", "company_name", "industry",
    "lead_source", "utm_source", "referrer", "do_not_bulk_email", "source_type",
    "source_id", "owner_id", "version",
)  # fmt: skip


@pytest.fixture
def forms(make_form, make_page, strategy):
    """Forms of every mode and several strategies, each alone and on a page."""
    made = [
        make_form(),
        make_form(lead_strategy=strategy("lead", "email", "page")),
        make_form(mode=Form.Mode.ONLY_CONTACTS),
        make_form(mode=Form.Mode.ONLY_LEADS),
        make_form(mode=Form.Mode.NONE),
        make_form(generate_without_matching=True),
    ]
    by_name = make_form(live=False)
    Form.objects.filter(pk=by_name.pk).update(
        contact_strategy=strategy("contact", "last_name", "city")
    )
    pages = [
        make_page(form=form, consent_level=n % 4, lead_source="", topic=f"Topic {n}")
        for n, form in enumerate(made)
    ]
    return [(form, None) for form in [*made, by_name]] + [
        (page.form, page) for page in pages
    ]


def world(rng, cast):
    """People who are known before."""
    contacts = [
        Contact.objects.create(
            email=rng.choice(["ada@example.com", "Bob@ACME.example"]),
            last_name=rng.choice(["Lovelace", ""]),
            city=rng.choice(["Rome", "", "Oslo"]),
            marketing_only=rng.random() < 0.5,
            owner=rng.choice([cast.ann, cast.ben, None]),
        )
        for _ in range(rng.randrange(4))
    ]
    for _ in range(rng.randrange(4)):
        Lead.objects.create(
            email=rng.choice(["", "ada@example.com", "bob@acme.example"]),
            topic="Known",
            city=rng.choice(["", "Rome"]),
            parent_contact=rng.choice([None, *contacts]),
            owner=rng.choice([cast.ann, cast.ben, None]),
            sales_ready=rng.random() < 0.3,
        )
    if rng.random() < 0.5:
        Account.objects.create(name="Acme", email_domain="acme.example")
    Organisation.current()
    Organisation.objects.update(create_accounts_from_companies=rng.random() < 0.5)
    return [
        Visitor.objects.create(contact=rng.choice([None, *contacts])) for _ in range(2)
    ]


def answers(rng, forms, visitors):
    """What visitors sent, wrong and incomplete answers among it."""
    for _ in range(rng.randrange(5, 30)):
        form, page = rng.choice(forms)
        values = {
            "email": rng.choice(ADDRESSES),
            "first_name": rng.choice(["Ada", "", "Zoë"]),
            "last_name": rng.choice(["Lovelace", "lovelace", "", "Byron"]),
            "city": rng.choice(["Rome", "rome", "", "Oslo"]),
            "phone": rng.choice(["", "+1 555 0100"]),
            "company": rng.choice(["", "Acme", "ACME ", "Newcomer"]),
            "industry": rng.choice(["", "", "Education", "Basket weaving"]),
            "no_mail": rng.random() < 0.2,
        }
        if rng.random() < 0.1:
            del values["email"]
        visitor = rng.choice([None, None, *visitors])
        yield Submission.objects.create(
            form=form,
            page=page,
            values={k: v for k, v in values.items() if v},
            visitor_id=visitor.pk if visitor else None,
            remember=rng.choice([None, True, False]) if visitor else None,
            utm=rng.choice([{}, {"utm_source": "news"}]),
            referrer=rng.choice(["", "https://example.org/"]),
        ).pk


def picture(ids):
    """Everything that became of these submissions, without the numbers of new rows."""
    rows = Submission.objects.in_bulk(ids)
    order = {pk: n for n, pk in enumerate(ids)}
    contacts = Contact.objects.in_bulk()
    leads = Lead.objects.in_bulk()

    def first(name, pk):
        """A record is named by the first submission that led to it."""
        return min(order[r.pk] for r in rows.values() if getattr(r, name) == pk)

    def told(record, names):
        return {name: getattr(record, name) for name in names} if record else None

    result = []
    for pk in ids:
        row = rows[pk]
        contact, lead = contacts.get(row.contact_id), leads.get(row.lead_id)
        result.append(
            {
                "outcome": (row.state, row.reason, row.matched, row.attempts),
                "contact": told(contact, PERSON),
                "custom": contact.custom if contact else None,
                "same contact": row.contact_id and first("contact_id", row.contact_id),
                "account": contact.account.name if contact and contact.account else "",
                "lead": told(lead, LEAD),
                "same lead": row.lead_id and first("lead_id", row.lead_id),
                "lead of contact": bool(lead and lead.parent_contact_id)
                and (lead.parent_contact_id == row.contact_id),
            }
        )
    suggested = Suggestion.objects.values_list("submission_id", "field", "old", "new")
    names = Counter(Entry.objects.values_list("name", flat=True))
    visitors = Visitor.objects.order_by("pk")
    return {
        "rows": result,
        "suggested": sorted((order[s], f, str(o), str(n)) for s, f, o, n in suggested),
        "entries": names,
        "accounts": sorted(Account.objects.values_list("name", flat=True)),
        "counts": (len(contacts), len(leads)),
        "browsers": [v.contact.email if v.contact else "" for v in visitors],
    }


@pytest.mark.parametrize("seed", range(40))
def test_in_waves_as_one_after_the_other(seed, forms, cast):
    rng = random.Random(seed)
    visitors = world(rng, cast)
    ids = list(answers(rng, forms, visitors))

    one_by_one = transaction.savepoint()
    for pk in ids:
        submission_match(submission_id=pk)
    expected = picture(ids)
    transaction.savepoint_rollback(one_by_one)
    done = submissions_match(submission_ids=ids)

    assert picture(ids) == expected
    assert done == len(ids)


def test_the_same_fold_as_the_database_or_a_coarser_one():
    assert folded("İstanbul@X.example") == folded("istanbul@x.example ")
    assert folded("ΟΔΟΣ") == folded("οδοσ")


def test_people_who_share_nothing_take_the_same_number_of_queries(
    make_page, send, django_assert_num_queries, django_assert_max_num_queries
):
    page = make_page()

    def batch(start, size):
        return [
            send(page.form, page, match=False, email=f"p{n}@example.com").pk
            for n in range(start, start + size)
        ]

    few, many = batch(0, 2), batch(10, 30)
    submissions_match(submission_ids=batch(50, 2))
    with django_assert_max_num_queries(40) as spent:
        submissions_match(submission_ids=few)
    with django_assert_num_queries(len(spent)):
        submissions_match(submission_ids=many)


def test_one_that_breaks_the_transaction_fails_alone(make_form, send):
    form = make_form()
    fine = [send(form, match=False, email=f"p{n}@example.com").pk for n in range(6)]
    bad = send(form, match=False, email="bad@example.com")
    # The doors cut this; here it was written past them.
    Submission.objects.filter(pk=bad.pk).update(utm={"utm_source": "y" * 5000})

    assert submissions_match_pending() == 7

    states = dict(Submission.objects.values_list("pk", "state"))
    assert [states[pk] for pk in fine] == ["success"] * 6
    assert states[bad.pk] == "failed"
    assert Contact.objects.count() == 6


def test_hundreds_from_one_address_are_taken_in_turns(make_form, send):
    form = make_form()
    ids = [send(form, match=False, email="ada@example.com").pk for _ in range(45)]

    assert submissions_match(submission_ids=ids) == 20
    assert submissions_match_pending() == 25
    assert (Contact.objects.count(), Lead.objects.count()) == (1, 1)
    assert [s.matched[:7] for s in Submission.objects.order_by("pk")][:2] == [
        "Created",
        "Matched",
    ]
