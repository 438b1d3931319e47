"""What anybody may type into an address never breaks a page."""

import base64

import pytest

from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db


def cursor(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


BROKEN = [
    "[" * 3_000,
    '["a\\u0000b", 1]',
    '["\\ud800", 1]',
    "[1, 1e400]",
    "[Infinity, 1]",
]


@pytest.mark.parametrize(
    "path",
    [
        "/lookup/contact/?ids=²,٣,1",
        "/settings/audit/?entity=contact&number=²",
        "/settings/audit/?entity=contact&q=²",
        "/settings/audit/?entity=contact&number=1&before=²",
        "/jobs/?after=²",
    ],
)
def test_a_digit_that_is_no_number_is_no_id(client, cast, path):
    client.force_login(cast.admin)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_broken_cursor_gives_the_first_page(client, cast, text, name):
    client.force_login(cast.ann)
    for sort in ("name", "-created"):
        answer = client.get(
            "/contacts/", {"sort": sort, name: cursor(text), "part": "rows"}
        )
        assert answer.status_code == 200


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_cursor_of_the_api_is_a_400(api, cast, text):
    answer = api(cast.ann).get(
        "/api/v1/contacts/", {"ordering": "name", "cursor": cursor(text)}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "cursor"


def test_a_chosen_row_that_is_no_number_is_none(client, cast):
    client.force_login(cast.admin)
    answer = client.get("/contacts/?part=bulk&action=assign&ids=²&ids=1")
    assert answer.status_code == 200
    answer = client.post("/contacts/", {"action": "deactivate", "ids": ["²"]})
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "query",
    ["part=audit&before=²", "part=news&version=²&newest=²", "part=timeline&before=²"],
)
def test_a_record_page_reads_its_address_the_same_way(client, cast, query):
    client.force_login(cast.admin)
    contact = ContactFactory()
    assert client.get(f"/contacts/{contact.pk}/?{query}").status_code < 500


def test_a_list_asked_for_news_with_odd_numbers_answers(client, cast):
    client.force_login(cast.admin)
    answer = client.get("/contacts/?part=news&seen=²-²")
    assert answer.status_code < 400
