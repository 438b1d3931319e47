"""Capture in the Django admin."""

from __future__ import annotations

import pytest

from marketing.models import Submission

pytestmark = pytest.mark.django_db
ADMIN = "/admin/marketing"


def signed_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_forms_pages_and_submissions_open(client, cast, make_page, send):
    page = make_page()
    row = send(page.form, page, first_name="Ada")
    admin = signed_in(client, cast.admin)
    for path in (
        "form/",
        "page/",
        "submission/",
        "form/add/",
        f"form/{page.form_id}/change/",
        f"page/{page.pk}/change/",
        f"submission/{row.pk}/change/",
    ):
        assert admin.get(f"{ADMIN}/{path}").status_code == 200, path


def test_failed_ones_are_tried_again(client, cast, make_form, send):
    row = send(make_form(), first_name="Ada")
    data = {"action": "retry", "_selected_action": [row.pk]}
    signed_in(client, cast.ann).post(f"{ADMIN}/submission/", data)

    assert Submission.objects.get().state == "pending"
