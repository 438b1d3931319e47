"""A first mapping for files of well-known systems, for people to correct."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from crm.imports.registry import ImportField

_SQUASH = re.compile(r"[^a-z0-9]+")

# Squashed column name -> field, over the exports of Dynamics, Salesforce, HubSpot,
# Mailchimp and LinkedIn. The entity's own names and labels come first.
_ALIASES: dict[str, str] = {
    "accountname": "name",
    "allowbulkemail": "do_not_bulk_email",
    "allowemail": "do_not_email",
    "allowmarketingcommunication": "do_not_bulk_email",
    "allowphonecalls": "do_not_phone",
    "annualrevenue": "annual_revenue",
    "businessname": "company_name",
    "businessphone": "phone",
    "cell": "mobile_phone",
    "company": "company_name",
    "companyname": "company_name",
    "contactid": "external_id",
    "countryregion": "country",
    "donotallowbulkemails": "do_not_bulk_email",
    "donotallowemails": "do_not_email",
    "donotallowphonecalls": "do_not_phone",
    "donotcall": "do_not_phone",
    "emailaddress": "email",
    "employees": "number_of_employees",
    "euid": "external_id",
    "fname": "first_name",
    "hasoptedoutofemail": "do_not_bulk_email",
    "id": "external_id",
    "industrysector": "industry",
    "jobtitle": "job_title",
    "leadid": "external_id",
    "linkedin": "linkedin_url",
    "lname": "last_name",
    "mainphone": "phone",
    "mobile": "mobile_phone",
    "mobilephonenumber": "mobile_phone",
    "noofemployees": "number_of_employees",
    "notes": "description",
    "numberofemployees": "number_of_employees",
    "originalsource": "lead_source",
    "phonenumber": "phone",
    "position": "job_title",
    "postalcode": "postal_code",
    "postcode": "postal_code",
    "prospectid": "external_id",
    "recordid": "external_id",
    "source": "lead_source",
    "sourcecampaign": "campaign",
    "state": "state_or_province",
    "stateorprovince": "state_or_province",
    "stateprovince": "state_or_province",
    "stateregion": "state_or_province",
    "street": "address_line1",
    "street1": "address_line1",
    "street2": "address_line2",
    "streetaddress": "address_line1",
    "subject": "topic",
    "surname": "last_name",
    "title": "job_title",
    "url": "linkedin_url",
    "websiteurl": "website",
    "zip": "postal_code",
    "zipcode": "postal_code",
}
# "State" is a region in every known export, never our own state.
_NEVER_BY_NAME = frozenset({"state"})


def guess_columns(
    header: Sequence[str], fields: Mapping[str, ImportField]
) -> dict[str, str | None]:
    """A field for each column of a file, or None; no field twice.

    Dynamics' columns marked "(Do Not Modify)" are left out, but for the record's own
    key, which becomes the external id.
    """
    known = {_squash(name): name for name in fields if name not in _NEVER_BY_NAME}
    for name, spec in fields.items():
        if name not in _NEVER_BY_NAME:
            known.setdefault(_squash(spec.label), name)
    for alias, said in _ALIASES.items():
        company = said == "company_name" and said not in fields
        name = "name" if company else said
        if name in fields:
            known.setdefault(alias, name)
    taken: set[str] = set()
    guessed: dict[str, str | None] = {}
    for column in header:
        target = _one(column, known)
        guessed[column] = None if target in taken else target
        taken |= {target} if target else set()
    return guessed


def _one(column: str, known: Mapping[str, str]) -> str | None:
    if column.lower().startswith("(do not modify)"):
        rest = _squash(column[len("(do not modify)") :])
        own = rest in ("lead", "contact", "account")
        return known.get("externalid") if own else None
    return known.get(_squash(column))


def guess_mapping(
    header: Sequence[str], fields: Mapping[str, ImportField]
) -> dict[str, Any]:
    """A whole first mapping: the guessed columns, lists open for new values."""
    columns = guess_columns(header, fields)
    lists = [
        name
        for name in columns.values()
        if name and fields[name].kind in ("list", "tags")
    ]
    return {
        "columns": {column: name for column, name in columns.items() if name},
        "values": dict.fromkeys(lists, "*"),
    }


def _squash(name: str) -> str:
    return _SQUASH.sub("", name.lower())
