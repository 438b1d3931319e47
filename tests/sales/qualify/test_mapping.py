"""Which fields go over: data that an administrator changes, checked by type."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.base.errors import Invalid
from core.journal.models import Entry
from core.journal.services import acting
from crm.models import Account, Contact, CustomField
from sales.models import Opportunity, QualifyMapping
from sales.qualification.fields import FieldType, misfit
from sales.services.qualify_mapping import (
    SHIPPED,
    ensure_mapping,
    qualify_mapping_reset,
    qualify_mapping_save,
    target_types,
)
from tests.factories import ContactFactory
from tests.sales.qualify.leads import lead_of, qualify, undo

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
TEXT = FieldType("text", "A", length=100)


def map_field(entity, field, lead_field):
    with acting(None, via="admin"):
        row = QualifyMapping.objects.filter(entity=entity, field=field).first()
        return qualify_mapping_save(
            row=row or QualifyMapping(),
            values={"entity": entity, "field": field, "lead_field": lead_field},
        )


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        (TEXT, TEXT, True),
        (TEXT, FieldType("text", "B", length=99), False),
        (TEXT, FieldType("text", "B"), True),
        (FieldType("text", "A"), TEXT, False),
        (TEXT, FieldType("text", "B", length=100, source="industry"), False),
        (FieldType("text", "A", length=9, source="industry"), TEXT, True),
        (TEXT, FieldType("integer"), False),
        (FieldType("integer"), FieldType("number"), True),
        (FieldType("number"), FieldType("integer"), False),
        (
            FieldType("number", digits=(12, 2)),
            FieldType("number", digits=(16, 2)),
            True,
        ),
        (
            FieldType("number", digits=(16, 2)),
            FieldType("number", digits=(12, 2)),
            False,
        ),
        (FieldType("date"), FieldType("datetime"), False),
        (FieldType("link", source="crm.Product"), FieldType("link", source="x"), False),
        (
            FieldType("choice", values=frozenset("a")),
            FieldType("choice", values=frozenset("ab")),
            True,
        ),
        (
            FieldType("choice", values=frozenset("abc")),
            FieldType("choice", values=frozenset("ab")),
            False,
        ),
    ],
)
def test_types_fit_or_not(source, target, fits):
    assert (misfit(source, target) == "") is fits


class TestShipped:
    def test_every_shipped_line_passes_its_own_check(self):
        for row in QualifyMapping.objects.all():
            qualify_mapping_save(row=row, values={})
        assert QualifyMapping.objects.count() == sum(map(len, SHIPPED.values())) - 3

    def test_an_edited_mapping_stays_and_comes_back_on_demand(self):
        QualifyMapping.objects.filter(field="industry").delete()
        ensure_mapping()
        assert not QualifyMapping.objects.filter(field="industry").exists()
        qualify_mapping_reset()
        assert QualifyMapping.objects.filter(field="industry").exists()


class TestGoesOver:
    def test_a_line_that_was_taken_out_fills_nothing(self, cast):
        QualifyMapping.objects.filter(entity="account", field="industry").delete()
        qualify(lead_of(cast.ben, industry="Transport"), cast.ben)
        assert Account.objects.get().industry == ""

    def test_a_line_that_was_put_in(self, cast):
        map_field("contact", "description", "need")
        map_field("opportunity", "description", "need")
        qualify(lead_of(cast.ben, need="Terminals"), cast.ben)
        assert Contact.objects.get().description == "Terminals"
        assert Opportunity.objects.get().description == "Terminals"

    def test_custom_fields(self, cast):
        CustomField.objects.create(entity="lead", key="fleet", label="Fleet")
        CustomField.objects.create(entity="contact", key="trucks", label="Trucks")
        CustomField.objects.create(entity="contact", key="other", label="Other")
        map_field("contact", "custom.trucks", "custom.fleet")
        contact = ContactFactory(custom={"other": "kept"})
        lead = lead_of(cast.ben, custom={"fleet": "40"}, parent_contact=contact)
        result = qualify(lead, cast.ben)
        contact.refresh_from_db()
        assert contact.custom == {"other": "kept", "trucks": "40"}
        assert result.contact["changes"]["custom"] == [
            {"other": "kept"},
            {"other": "kept", "trucks": "40"},
        ]
        undo(lead, cast.ben)
        contact.refresh_from_db()
        assert contact.custom == {"other": "kept"}

    def test_a_custom_field_that_is_filled_stays(self, cast):
        CustomField.objects.create(entity="lead", key="fleet", label="Fleet")
        CustomField.objects.create(entity="contact", key="fleet", label="Fleet")
        map_field("contact", "custom.fleet", "custom.fleet")
        contact = ContactFactory(custom={"fleet": "7"})
        qualify(
            lead_of(cast.ben, custom={"fleet": "40"}, parent_contact=contact), cast.ben
        )
        contact.refresh_from_db()
        assert contact.custom == {"fleet": "7"}


class TestDoors:
    @pytest.mark.parametrize(
        ("entity", "field", "lead_field", "attr"),
        [
            ("lead", "city", "city", "entity"),
            ("contact", "nonsense", "city", "field"),
            ("contact", "owner", "city", "field"),
            ("account", "name", "topic", "field"),
            ("contact", "job_title", "topic", "lead_field"),
            ("contact", "job_title", "nonsense", "lead_field"),
            ("contact", "custom.gone", "city", "field"),
            ("contact", "city", "postal_code", None),
        ],
    )
    def test_what_does_not_fit_is_named(self, entity, field, lead_field, attr):
        if attr is None:
            assert map_field(entity, field, lead_field)
            return
        with pytest.raises(Invalid) as caught:
            map_field(entity, field, lead_field)
        assert caught.value.attr == attr

    def test_over_the_api(self, api, cast):
        client = api(cast.admin)
        body = {"entity": "contact", "field": "description", "lead_field": "need"}
        made = client.post("/api/v1/qualify-mappings/", body)
        assert made.status_code == 201
        twice = client.post("/api/v1/qualify-mappings/", body)
        assert twice.status_code == 400
        address = f"/api/v1/qualify-mappings/{made.json()['id']}/"
        wrong = client.patch(address, {"lead_field": "budget"})
        assert wrong.json()["errors"][0]["attr"] == "lead_field"
        assert client.delete(address).status_code == 204
        assert api(cast.ann).post("/api/v1/qualify-mappings/", body).status_code == 403
        assert Entry.objects.filter(name="qualify_mapping.created").exists()

    def test_on_its_page(self, client, cast):
        client.force_login(cast.admin, backend=BACKEND)
        address = reverse("qualify_mapping")
        assert "Company name" in client.get(address).content.decode()
        sent = {
            f"{row.entity}:{row.field}": row.lead_field
            for row in QualifyMapping.objects.all()
        }
        sent["account:industry"] = ""
        sent["contact:description"] = "need"
        assert client.post(address, sent).status_code == 302
        pairs = set(QualifyMapping.objects.values_list("entity", "field"))
        assert ("account", "industry") not in pairs
        assert ("contact", "description") in pairs
        wrong = client.post(address, sent | {"contact:description": "budget"})
        assert wrong.status_code == 422
        assert client.post(address, {"deed": "reset"}).status_code == 302
        assert QualifyMapping.objects.filter(field="industry").exists()

    def test_every_field_of_the_page_is_one(self):
        assert "name" not in target_types("account")
        assert "custom" not in target_types("contact")

    def test_readers_look_and_do_not_touch(self, client, cast):
        client.force_login(cast.ann, backend=BACKEND)
        assert client.get(reverse("qualify_mapping")).status_code == 200
        assert client.post(reverse("qualify_mapping"), {}).status_code == 403
        client.force_login(cast.ben, backend=BACKEND)
        assert client.get(reverse("qualify_mapping")).status_code == 403
