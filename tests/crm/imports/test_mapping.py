"""Mappings: checked whole, refused with the path of what is wrong; and guessed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.base.errors import Invalid
from crm.imports.guess import guess_columns
from crm.imports.mapping import check_mapping
from crm.imports.registry import fields_of, import_entity

pytestmark = pytest.mark.django_db
HEADER = ["Name", "Mail", "Source", "Number"]
GOOD = {"columns": {"Name": "last_name", "Mail": "email"}}
DATA = Path(__file__).parents[3].parent / "shared" / "data" / "crm_exports"


def check(mapping, entity="lead", header=HEADER):
    spec = import_entity(entity)
    return check_mapping(mapping, entity=spec, fields=fields_of(spec), header=header)


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ([], "mapping"),
        ({**GOOD, "colums": {}}, "mapping.colums"),
        ({"columns": {"Nome": "last_name"}}, "mapping.columns.Nome"),
        ({"columns": {"Name": "surname"}}, "mapping.columns.Name"),
        ({"columns": {"Name": "email", "Mail": "email"}}, "mapping.columns.Mail"),
        ({**GOOD, "templates": {"topic": "{Nr}"}}, "mapping.templates.topic"),
        ({**GOOD, "templates": {"topic": 3}}, "mapping.templates.topic"),
        ({**GOOD, "templates": {"email": "{Name}"}}, "mapping"),
        ({**GOOD, "constants": {"topic": None}}, "mapping.constants.topic"),
        ({**GOOD, "values": {"last_name": "*"}}, "mapping.values.last_name"),
        (
            {**GOOD, "values": {"lead_source": {"a": []}}},
            "mapping.values.lead_source.a",
        ),
        ({**GOOD, "match": "Nothing"}, "mapping.match"),
        ({**GOOD, "match": ["shoe_size"]}, "mapping.match"),
        ({**GOOD, "create_contacts": "yes"}, "mapping.create_contacts"),
        ({"columns": {"Source": "lead_source"}}, "mapping"),
        ({**GOOD, "constants": {"topic": "a\x00"}}, "mapping.constants.topic"),
    ],
)
def test_what_is_wrong_is_named(mapping, path):
    with pytest.raises(Invalid) as refused:
        check(mapping)

    assert refused.value.attr == path


def test_strategy_by_name_gives_its_attributes():
    assert check({**GOOD, "match": "email, any open lead"}).match == ("email",)


def test_template_is_empty_where_its_columns_are():
    plan = check({**GOOD, "templates": {"topic": "Lead {Number} from {Source}"}})

    assert plan.templates["topic"].fill(["A", "", "", ""]) == ""
    assert plan.templates["topic"].fill(["A", "", "web", "7"]) == "Lead 7 from web"


def test_header_marketingonly_means_marketing_only():
    plan = check(
        {"columns": {"Mail": "email", "Source": "marketingonly"}}, entity="contact"
    )

    assert plan.columns["marketing_only"] == 2


@pytest.mark.parametrize(
    ("file", "entity", "expected"),
    [
        (
            "dynamics_leads_header_1.csv",
            "lead",
            {
                "(Do Not Modify) Lead": "external_id",
                "(Do Not Modify) Row Checksum": None,
                "(Do Not Modify) Modified On": None,
                "Subject": "topic",
                "Business Phone": "phone",
                "State or Province": "state_or_province",
                "Source Campaign": "campaign",
                "LinkedIn": "linkedin_url",
            },
        ),
        (
            "salesforce_lead_fields_header.csv",
            "lead",
            {
                "Id": "external_id",
                "LastName": "last_name",
                "State": "state_or_province",
                "MobilePhone": "mobile_phone",
                "NumberOfEmployees": "number_of_employees",
            },
        ),
        (
            "hubspot_companies_fixture.csv",
            "account",
            {"Record ID": "external_id", "Company name": "name"},
        ),
        (
            "linkedin_connections_fixture.csv",
            "contact",
            {"URL": "linkedin_url", "Position": "job_title", "Company": "company_name"},
        ),
        (
            "mailchimp_tags_fixture.csv",
            "contact",
            {"Email Address": "email", "TAGS": "tags", "EUID": "external_id"},
        ),
    ],
)
@pytest.mark.skipif(
    not DATA.exists(), reason="the shared exports are not beside this checkout"
)
def test_exports_of_well_known_systems_are_guessed(file, entity, expected):
    header = max(csv.reader((DATA / file).read_text().splitlines()[:5]), key=len)

    guessed = guess_columns(header, fields_of(import_entity(entity)))

    assert {name: guessed[name] for name in expected} == expected
