"""Extensible lists: which there are, and the values they start with."""

from __future__ import annotations

from crm.models import Choice

LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "lead_source": (
        "Lead source",
        (
            "Advertisement",
            "Direct traffic",
            "Email",
            "Employee referral",
            "Event",
            "External referral",
            "Google",
            "LinkedIn Sponsored Content",
            "Organic search",
            "Partner",
            "Phone inquiry",
            "Social media",
            "Trade show",
            "Web",
            "Word of mouth",
            "Other",
        ),
    ),
    "industry": (
        "Industry",
        (
            "Agriculture",
            "Automotive",
            "Banking",
            "Business services",
            "Chemicals",
            "Construction",
            "Consumer goods",
            "Education",
            "Energy",
            "Financial services",
            "Food and beverage",
            "Government",
            "Healthcare",
            "Hospitality",
            "Insurance",
            "Logistics",
            "Manufacturing",
            "Media",
            "Non-profit",
            "Pharmaceuticals",
            "Real estate",
            "Retail",
            "Software",
            "Technology",
            "Telecommunications",
            "Other",
        ),
    ),
    "buying_role": (
        "Buying role",
        ("Decision maker", "Influencer", "User", "Gatekeeper", "Blocker"),
    ),
    "relationship": (
        "Relationship",
        (
            "Customer",
            "Prospect",
            "Partner",
            "Supplier",
            "Speaker",
            "Vendor",
            "Sponsor",
            "Other",
        ),
    ),
    "purchase_timeframe": (
        "Purchase timeframe",
        ("Immediate", "This quarter", "Next quarter", "This year", "Unknown"),
    ),
    "purchase_process": ("Purchase process", ("Individual", "Committee", "Unknown")),
    "campaign_kind": (
        "Campaign kind",
        ("Advertisement", "Direct marketing", "Event", "Co-branding", "Other"),
    ),
}

# Which fields of which entity hold a value of which list.
CHOICE_FIELDS: dict[str, dict[str, str]] = {
    "contact": {"buying_role": "buying_role", "relationship": "relationship"},
    "account": {"industry": "industry", "relationship": "relationship"},
    "lead": {
        "lead_source": "lead_source",
        "industry": "industry",
        "buying_role": "buying_role",
        "purchase_timeframe": "purchase_timeframe",
        "purchase_process": "purchase_process",
    },
    "campaign": {"kind": "campaign_kind"},
}


def ensure_lists() -> None:
    """Fill each list that has no value yet; what people did to a list stays."""
    started = set(Choice.objects.values_list("list", flat=True).distinct())
    Choice.objects.bulk_create(
        (
            Choice(list=key, value=value, position=number)
            for key, (_, values) in LISTS.items()
            if key not in started
            for number, value in enumerate(values)
        ),
        ignore_conflicts=True,
    )
