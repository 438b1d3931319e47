"""A live form on a live page, and a way to answer it."""

from __future__ import annotations

import itertools

import pytest

from crm.models import MatchingStrategy
from marketing import live
from marketing.models import Form, Page
from marketing.services.forms import form_go_live, form_save, page_go_live, page_save
from marketing.services.matching import submission_match
from marketing.services.submissions import submission_store

_numbers = itertools.count(1)

FIELDS = [
    {
        "name": "email",
        "label": "Email",
        "kind": "email",
        "required": True,
        "contact": "email",
        "lead": "email",
    },
    {
        "name": "first_name",
        "label": "First name",
        "contact": "first_name",
        "lead": "first_name",
    },
    {
        "name": "last_name",
        "label": "Last name",
        "contact": "last_name",
        "lead": "last_name",
    },
    {"name": "phone", "label": "Phone", "kind": "phone", "contact": "phone"},
    {"name": "city", "label": "City", "contact": "city", "lead": "city"},
    {
        "name": "company",
        "label": "Company",
        "contact": "company_name",
        "lead": "company_name",
    },
    {
        "name": "no_mail",
        "label": "No newsletters",
        "kind": "checkbox",
        "contact": "do_not_bulk_email",
        "lead": "do_not_bulk_email",
    },
    {
        "name": "industry",
        "label": "Industry",
        "kind": "select",
        "lead": "industry",
        "options": [
            {"value": "Education", "label": "Education"},
            {"value": "Basket weaving", "label": "Basket weaving"},
        ],
    },
]


@pytest.fixture(autouse=True)
def fresh_forms():
    """No form is remembered from the test before."""
    live._known.clear()


@pytest.fixture
def strategy(db):
    """A matching strategy by target and attributes."""

    def make(target, *attributes):
        n = next(_numbers)
        return MatchingStrategy.objects.create(
            key=f"s{n}", name=f"Strategy {n}", target=target, attributes=attributes
        )

    return make


@pytest.fixture
def make_form(cast):
    """A live form of ann's."""

    def make(*, live=True, fields=FIELDS, **data):
        data = {"name": "Ask us", "owner": cast.ann, "team": cast.marketing, **data}
        form = form_save(Form(), fields=fields, **data)
        return form_go_live(form) if live else form

    return make


@pytest.fixture
def make_page(make_form, cast):
    """A live page of ann's with a form."""

    def make(*, form=None, live=True, **data):
        data = {
            "title": "Solar for schools",
            "slug": f"solar-{next(_numbers)}",
            "content": "<h1>Solar for schools</h1><div data-form></div><p>After</p>",
            "owner": cast.ann,
            "team": cast.marketing,
            **data,
        }
        page = page_save(Page(), form=form or make_form(), **data)
        return page_go_live(page) if live else page

    return make


@pytest.fixture
def send():
    """Store an answer and match it, as the worker does."""

    def send(form, page=None, *, match=True, context=None, **values):
        submission = submission_store(
            form_id=form.pk,
            page_id=page.pk if page else None,
            values=values,
            **(context or {}),
        )
        if match:
            submission = submission_match(submission_id=submission.pk)
        submission.refresh_from_db()
        return submission

    return send
