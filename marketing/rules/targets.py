"""What a form field may fill: fields of contacts and leads, with their words."""

from __future__ import annotations

from collections.abc import Mapping

_PERSON: Mapping[str, str] = {
    "salutation": "Salutation",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Email",
    "phone": "Phone",
    "mobile_phone": "Mobile phone",
    "job_title": "Job title",
    "company_name": "Company",
    "website": "Website",
    "linkedin_url": "LinkedIn profile",
    "address_line1": "Address line 1",
    "address_line2": "Address line 2",
    "postal_code": "Postal code",
    "city": "City",
    "state_or_province": "State or province",
    "country": "Country",
    "buying_role": "Buying role",
    "description": "Description",
    "do_not_email": "Do not email",
    "do_not_bulk_email": "Do not send bulk email",
    "do_not_phone": "Do not phone",
}
CONTACT_TARGETS: Mapping[str, str] = {
    **_PERSON,
    "birth_date": "Birth date",
    "language": "Language",
}
LEAD_TARGETS: Mapping[str, str] = {
    **_PERSON,
    "topic": "Topic",
    "product": "Product of interest",
    "industry": "Industry",
    "number_of_employees": "Number of employees",
    "annual_revenue": "Annual revenue",
    "lead_source": "Lead source",
    "budget": "Budget",
    "need": "Need",
    "purchase_timeframe": "Purchase timeframe",
    "utm_source": "UTM source",
    "utm_medium": "UTM medium",
    "utm_campaign": "UTM campaign",
    "utm_term": "UTM term",
    "utm_content": "UTM content",
    "referrer": "Referrer",
}
TARGETS: Mapping[str, Mapping[str, str]] = {
    "contact": CONTACT_TARGETS,
    "lead": LEAD_TARGETS,
}
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
# Only ever switched on by a submission: the stricter wins.
PREFERENCES = frozenset({"do_not_email", "do_not_bulk_email", "do_not_phone"})


def is_target(entity: str, name: str) -> bool:
    """Whether a form may fill this field; custom fields by their shape alone."""
    if name.startswith("custom."):
        return len(name) > len("custom.")
    return name in TARGETS[entity]
