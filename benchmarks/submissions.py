"""Form submissions: how fast the worker matches, and what the request costs.

Run: python -m benchmarks.submissions [--submissions 4000] [--contacts 20000]
Goals: the worker 500 submissions a second; the request at least 0.8 of a view that
writes the same row, the request with matching inline at least 0.5 of it. The two
requests run in turns in one process against the same database, without a network.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory

from core.journal.services import acting
from marketing.models import Form, Page, Submission
from marketing.public import form_view
from marketing.services.forms import (
    form_go_live,
    form_save,
    page_go_live,
    page_save,
)
from marketing.services.matching import submission_match
from marketing.services.submissions import submissions_match_pending

MARK = "Benchmark of submissions"
REQUESTS = 1_500
_FIELDS = [
    {"name": name, "label": name, "contact": name, "lead": name, "kind": kind}
    for name, kind in [
        ("email", "email"),
        ("first_name", "text"),
        ("last_name", "text"),
        ("company_name", "text"),
        ("phone", "phone"),
    ]
]
_FIELDS[0]["required"] = True  # type: ignore[assignment]  # a flag among texts


def main() -> None:
    """Make the data, measure, print, take the data away."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--submissions", type=int, default=4_000)
    parser.add_argument("--contacts", type=int, default=20_000)
    asked = parser.parse_args()
    with _page(asked.contacts) as page:
        worker = _worker(page, asked.submissions)
        print(f"worker                  {worker:8,.0f} submissions/s  (goal 500)")
        trivial, stored, inline = _requests(page)
        print(f"view that writes a row  {trivial:8,.0f} requests/s")
        print(f"submission              {stored:8,.0f} requests/s", end="")
        print(f"  ratio {stored / trivial:.2f}  (goal 0.8)")
        print(f"with matching inline    {inline:8,.0f} requests/s", end="")
        print(f"  ratio {inline / trivial:.2f}  (goal 0.5)")


def _worker(page: Page, number: int) -> float:
    """Submissions a second: 40% of known people, 10% sent twice, the rest new."""
    Submission.objects.bulk_create(
        Submission(form=page.form, page=page, values=_values(n, number))
        for n in range(number)
    )
    started = time.perf_counter()
    done = submissions_match_pending(seconds=600)
    spent = time.perf_counter() - started
    assert done >= number, done
    return number / spent


def _values(n: int, number: int) -> dict[str, str]:
    who = f"known{n}" if n % 5 < 2 else f"new{n % (number * 9 // 10)}"
    return {
        "email": f"bench-{who}@submissions.example",
        "first_name": "Ada",
        "last_name": f"Number {n}",
        "company_name": f"Company {n % 300}",
        "phone": f"+1 555 {n:06}",
    }


def _requests(page: Page) -> tuple[float, float, float]:
    """Rates of the trivial view, of ours, and of ours with matching, in turns."""
    factory = RequestFactory()
    body = {"token": "", "page": ""}
    times: list[list[float]] = [[], [], []]

    def inline(request: HttpRequest, pk: int) -> HttpResponse:
        response = form_view(request, pk)
        last = Submission.objects.order_by("-pk").values_list("pk", flat=True)[0]
        submission_match(submission_id=last)
        return response

    views: list[Callable[[HttpRequest, int], HttpResponse]] = [
        _trivial,
        form_view,
        inline,
    ]
    for n in range(REQUESTS):
        for place, view in enumerate(views):
            values = _values(10**6 + 3 * n + place, 10**9)
            request = factory.post(
                "/f/", json.dumps({**values, **body}), content_type="application/json"
            )
            started = time.perf_counter()
            response = view(request, page.form_id or 0)
            times[place].append(time.perf_counter() - started)
            assert response.status_code == 201, response.content
    a, b, c = (1 / statistics.median(each) for each in times)
    return a, b, c


def _trivial(request: HttpRequest, pk: int) -> HttpResponse:
    """What one would write first: read JSON, insert one row, answer."""
    with transaction.atomic():
        Submission.objects.create(form_id=pk, values=json.loads(request.body))
    return JsonResponse({"status": "accepted"}, status=201)


@contextmanager
def _page(contacts: int) -> Iterator[Page]:
    """A live page beside known people; all of it is taken away afterwards."""
    _clear()
    with acting(None, via="benchmark"):
        form = form_save(Form(), name=MARK, fields=_FIELDS, limit_per_minute=0)
        form_go_live(form)
        page = page_save(Page(), title=MARK, slug="benchmark-submissions", form=form)
        page_go_live(page)
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, [contacts])
            cursor.execute("ANALYZE crm_contact")
    try:
        yield page
    finally:
        _clear()


_KNOWN = """
INSERT INTO crm_contact (first_name, last_name, email, salutation, phone, mobile_phone,
    job_title, company_name, website, linkedin_url, profile_links, buying_role,
    description, address_line1, address_line2, postal_code, city, state_or_province,
    country, do_not_email, do_not_bulk_email, do_not_phone, external_id, tags, custom,
    state, marketing_only, follow_email, prefill_forms, consent_level, is_child,
    language, relationship, source_type)
SELECT 'Ada', 'Known', 'bench-known' || n || '@submissions.example', '', '', '', '', '',
    '', '', '{}', '', '', '', '', '', '', '', '', false, false, false, '', '{}', '{}',
    'active', true, true, true, 0, false, '', '', ''
FROM generate_series(0, %s) n
"""
_MINE = "(SELECT id FROM marketing_form WHERE name = %s)"


def _clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM crm_lead WHERE email_norm LIKE 'bench-%%@submissions.example'"
        )
        cursor.execute(
            f"DELETE FROM marketing_submission WHERE form_id IN {_MINE}",
            [MARK],
        )
        cursor.execute("DELETE FROM marketing_page WHERE title = %s", [MARK])
        cursor.execute("DELETE FROM marketing_form WHERE name = %s", [MARK])
        cursor.execute(
            "DELETE FROM crm_contact "
            "WHERE email_norm LIKE 'bench-%%@submissions.example'"
        )


if __name__ == "__main__":
    main()
