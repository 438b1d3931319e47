"""Many at once through real HTTP, with real workers behind."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from crm.models import Account, Contact, Lead
from marketing.models import Form, Submission
from marketing.services.forms import form_go_live, form_save
from sales.models import Opportunity
from tests.factories import LeadFactory
from tests.faults.stack import ALL, eventually
from tests.marketing.conftest import FIELDS

pytestmark = pytest.mark.serial


def spellings():
    """200 submissions of 20 addresses, in different spellings, in no order."""
    found = []
    for number in range(20):
        plain = f"person{number}@example.com"
        forms = [plain, plain.upper(), plain.title(), f"  {plain} ", f"{plain}\t"]
        found += [forms[i % len(forms)] for i in range(10)]
    random.Random(7).shuffle(found)
    return found


def test_200_submissions_of_20_addresses_over_http(stack):
    """The request only stores; the worker makes 20 contacts and 20 leads of it."""
    form = form_go_live(
        form_save(Form(), name="Ask us", fields=FIELDS, limit_per_minute=0)
    )
    stack.start(*ALL)

    def send(address):
        return stack.http(
            "POST", f"f/{form.pk}/", {"email": address, "first_name": "Ada"}
        )[0]

    with ThreadPoolExecutor(40) as pool:
        answers = Counter(pool.map(send, spellings()))
    spent = eventually(
        lambda: not Submission.objects.pending().exists(), "every submission is matched"
    )

    print(f"\nthe last of 200 submissions was matched {spent:.1f} s after its request")
    assert answers == {201: 200}
    assert Counter(Submission.objects.values_list("state", flat=True)) == {
        "success": 200
    }
    assert Contact.objects.count() == Lead.objects.count() == 20


def test_50_clicks_over_http_qualify_once(stack, token):
    lead = LeadFactory(company_name="Koopman")
    stack.start("web")
    start = Barrier(50, timeout=60)

    def click(_):
        start.wait()
        return stack.http("POST", f"api/v1/leads/{lead.pk}/qualify/", {}, token)[0]

    with ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(click, range(50)))
    assert answers == {200: 1, 409: 49}
    assert Account.objects.count() == 1
    assert Contact.objects.count() == 1
    assert Opportunity.objects.count() == 1
