"""What is compared, and how: no database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.base.locks import buckets_of
from crm.matching.rules import (
    company_domain,
    email_domain,
    identities,
    match_key,
    normalise,
)

words = st.text(max_size=30)


@given(words)
def test_blank_space_and_case_never_matter(text):
    for attribute in ("email", "last_name"):
        assert normalise(attribute, f"  {text}\t") == normalise(attribute, text)
        assert normalise(attribute, normalise(attribute, text)) == normalise(
            attribute, text
        )


@given(st.from_regex(r"[0-9]{5,12}", fullmatch=True))
def test_phone_is_its_digits(digits):
    spaced = " ".join(digits)

    assert normalise("phone", f"+({spaced})") == digits


@given(st.dictionaries(st.sampled_from(["email", "last_name"]), words))
def test_a_blank_matches_nobody(values):
    key = match_key(["email", "last_name"], values)

    assert all(key)
    blank = any(not (values.get(n) or "").strip() for n in ("email", "last_name"))
    assert not (blank and key)


def test_public_providers_are_no_companies():
    assert email_domain("anna@GMAIL.com") == ""
    assert email_domain("anna@Contoso.example") == "contoso.example"
    assert company_domain("https://www.contoso.example/about") == "contoso.example"


@given(st.lists(words))
def test_locks_are_taken_in_one_order(values):
    assert buckets_of(values) == sorted(set(buckets_of(reversed(values))))


def test_every_identifying_value_is_held():
    held = identities(
        {
            "email": " Anna@X.example ",
            "phone": "+32 (0)2 555",
            "external_id": "7",
            "company_name": "Contoso  Ltd",
        }
    )

    assert set(held) == {
        "email:anna@x.example",
        "phone:3202555",
        "external:7",
        "company:contoso ltd",
    }
