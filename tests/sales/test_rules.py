"""The rules of qualifying and selling, as tables."""

import pytest

from sales import rules
from sales.rules import CREATE, LINK, SKIP


@pytest.mark.parametrize(
    ("create", "existing", "company", "expected"),
    [
        (None, False, "Koopman", CREATE),
        (True, False, "Koopman", CREATE),
        (False, False, "Koopman", SKIP),
        (None, False, "", SKIP),
        (True, False, "  ", SKIP),
        (None, True, "", LINK),
        (True, True, "Koopman", LINK),
        (False, True, "Koopman", LINK),
    ],
)
def test_what_happens_to_the_account(create, existing, company, expected):
    decision = rules.decide_account(
        create=create, existing=existing, company_name=company
    )
    assert decision.do == expected
    assert bool(decision.reason) == (expected == SKIP)


@pytest.mark.parametrize(
    ("create", "existing", "first", "last", "expected"),
    [
        (None, False, "Maartje", "", CREATE),
        (None, False, "", "Berg", CREATE),
        (True, False, "", " ", SKIP),
        (False, False, "Maartje", "Berg", SKIP),
        (False, True, "Maartje", "Berg", LINK),
        (True, True, "", "", LINK),
    ],
)
def test_what_happens_to_the_contact(create, existing, first, last, expected):
    decision = rules.decide_contact(
        create=create, existing=existing, first_name=first, last_name=last
    )
    assert decision.do == expected


@pytest.mark.parametrize(
    ("create", "expected"), [(None, CREATE), (True, CREATE), (False, SKIP)]
)
def test_an_opportunity_is_made_unless_declined(create, expected):
    assert rules.decide_opportunity(create=create).do == expected


@pytest.mark.parametrize(
    ("setting", "with_opportunity", "clears"),
    [
        ("qualify", True, True),
        ("qualify", False, True),
        ("opportunity", True, True),
        ("opportunity", False, False),
        ("workflow", True, False),
    ],
)
def test_when_a_contact_stops_being_marketing_only(setting, with_opportunity, clears):
    assert (
        rules.clears_marketing_only(setting=setting, with_opportunity=with_opportunity)
        is clears
    )


def test_only_blanks_are_filled():
    mapping = {"phone": "phone", "city": "city", "number_of_employees": "staff"}
    target = {"phone": "1", "city": "", "number_of_employees": 0}
    source = {"phone": "2", "city": "Rotterdam", "staff": 340}
    assert rules.blanks_filled(target, source, mapping) == {"city": "Rotterdam"}


def test_an_address_goes_over_whole_or_not_at_all():
    blank = dict.fromkeys(rules.ADDRESS, "")
    mapping = {name: name for name in rules.ADDRESS}
    source = blank | {"address_line1": "Wijnhaven 3", "city": "Rotterdam"}
    assert rules.blanks_filled(blank | {"city": "Antwerp"}, source, mapping) == {}
    assert rules.blanks_filled(blank, source, mapping) == {
        "address_line1": "Wijnhaven 3",
        "city": "Rotterdam",
    }


def test_the_stricter_preference_wins():
    contact = {
        "do_not_email": True,
        "do_not_bulk_email": False,
        "do_not_phone": False,
    }
    lead = {"do_not_email": False, "do_not_bulk_email": True, "do_not_phone": False}
    assert rules.stricter_preferences(contact, lead) == {"do_not_bulk_email": True}


def test_a_public_mail_provider_is_no_company():
    assert rules.company_domain("anna@gmail.com", "") == ""
    assert rules.company_domain("anna@gmail.com", "www.hema.example") == "hema.example"
