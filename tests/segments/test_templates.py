"""Templates of segments: shipped, saved from a segment, asked, used."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.base.errors import Invalid
from core.query.errors import QueryError
from segments.models import Segment, SegmentTemplate
from segments.placeholders import check_template, emptied
from segments.services.lifecycle import segment_create
from segments.services.templates import template_create, template_use
from segments.shipped import TEMPLATES, ensure_templates

URL = "/api/v1/segment-templates/"
TOPIC = {"field": "topic", "op": "contains", "value": ""}
WALK = {"from": "lead", "where": TOPIC, "to": ["parent_contact"]}
ASK = [{"at": "where", "ask": "Which topic?"}]


@pytest.mark.django_db
class TestShipped:
    def test_each_shipped_template_could_go_live_once_answered(self):
        for _, name, _, definition, placeholders in TEMPLATES:
            check_template(definition, placeholders)
            assert SegmentTemplate.objects.filter(name=name).exists()

    def test_making_them_twice_keeps_what_somebody_changed(self):
        template = SegmentTemplate.objects.exclude(key="").first()
        SegmentTemplate.objects.filter(pk=template.pk).update(name="Ours")
        ensure_templates()
        ensure_templates()
        assert SegmentTemplate.objects.count() == len(TEMPLATES)
        assert SegmentTemplate.objects.get(pk=template.pk).name == "Ours"


@pytest.mark.parametrize(
    ("clause", "value"),
    [
        ({"field": "city", "op": "eq", "value": "Rome"}, ""),
        ({"field": "city", "op": "in", "value": ["Rome"]}, []),
        ({"field": "marketing_only", "op": "eq", "value": True}, True),
        ({"field": "since", "op": "within_last", "value": {"days": 9}}, {"days": 9}),
        ({"field": "since", "op": "period", "value": "last_week"}, "last_week"),
    ],
)
def test_what_is_asked_loses_its_value_unless_it_is_a_good_beginning(clause, value):
    assert emptied(clause)["value"] == value


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("definition", "placeholders", "wanted"),
    [
        (WALK, [], QueryError),
        (WALK, [{"at": "where", "ask": ""}], Invalid),
        (WALK, [{"at": "then", "ask": "Who?"}], Invalid),
        (WALK, [*ASK, *ASK], Invalid),
        (WALK, "where", Invalid),
        (WALK, [{"at": "where"}], Invalid),
        ({"from": "lead", "where": TOPIC}, ASK, QueryError),
        ({**WALK, "where": {**TOPIC, "field": "colour"}}, ASK, QueryError),
        ([], ASK, Invalid),
    ],
)
def test_a_template_that_no_answer_could_mend_is_refused(
    cast, definition, placeholders, wanted
):
    with pytest.raises(wanted):
        template_create(
            user=cast.ann, name="T", definition=definition, placeholders=placeholders
        )


class TestApi:
    def make(self, client):
        body = {"name": "By topic", "definition": WALK, "placeholders": ASK}
        answer = client.post(URL, body, format="json")
        assert answer.status_code == 201, answer.content
        return answer.json()

    def test_it_is_made_and_used_with_answers_and_without(self, api, cast):
        client = api(cast.ann)
        made = self.make(client)
        use = f"{URL}{made['id']}/use/"
        body = {"name": "Roofs", "values": {"where": "roof"}}
        segment = client.post(use, body, format="json").json()
        assert segment["definition"] == {**WALK, "where": {**TOPIC, "value": "roof"}}
        assert (segment["name"], segment["state"]) == ("Roofs", "draft")
        names = [client.post(use).json()["name"] for _ in range(2)]
        assert names == ["By topic", "By topic 2"]
        live = client.post(f"/api/v1/segments/{segment['id']}/go-live/")
        assert live.json()["state"] == "live"

    def test_an_answer_to_no_question_is_refused(self, api, cast):
        client = api(cast.ann)
        use = f"{URL}{self.make(client)['id']}/use/"
        answer = client.post(use, {"values": {"then": "x"}}, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "values"
        assert not Segment.objects.exists()

    def test_a_mistake_names_its_place(self, api, cast):
        wrong = {**WALK, "where": {**TOPIC, "field": "colour"}}
        body = {"name": "T", "definition": wrong}
        answer = api(cast.ann).post(URL, body, format="json")
        assert answer.json()["errors"][0]["attr"] == "definition.where.field"

    def test_only_who_may_make_segments_uses_one_and_only_the_team_changes_it(
        self, api, cast
    ):
        made = self.make(api(cast.ann))
        address = f"{URL}{made['id']}/"
        assert api(cast.reader).post(f"{address}use/").status_code == 403
        assert api(cast.ben).get(address).status_code == 403
        shipped = SegmentTemplate.objects.exclude(key="").first()
        change = {"name": "New name"}
        statuses = [
            api(user).patch(f"{URL}{pk}/", change, format="json").status_code
            for user, pk in [
                (cast.ann, shipped.pk),
                (cast.ann, made["id"]),
                (cast.reader, made["id"]),
            ]
        ]
        assert statuses == [403, 200, 403]


@pytest.fixture
def segment(cast):
    definition = {
        "from": "contact",
        "where": {
            "and": [
                {"field": "city", "op": "eq", "value": "Rome"},
                {"field": "country", "op": "in", "value": ["Italy"]},
                {"field": "email", "op": "not_blank"},
            ]
        },
    }
    return segment_create(user=cast.ann, name="Romans", definition=definition)


class TestPages:
    def test_a_segment_is_kept_as_a_template_with_its_questions(
        self, client, cast, segment
    ):
        client.force_login(cast.ann)
        address = reverse("segment_as_template", args=[segment.pk])
        text = client.get(address).content.decode()
        assert "City is Rome" in text
        assert "Email is not empty" not in text
        body = {"name": "In a country", "ask:where.and[1]": "Which countries?"}
        assert client.post(address, body).status_code == 302
        template = SegmentTemplate.objects.get(name="In a country")
        assert template.placeholders == [
            {"at": "where.and[1]", "ask": "Which countries?"}
        ]
        kept, asked, _ = template.definition["where"]["and"]
        assert (kept["value"], asked["value"]) == ("Rome", [])
        segment.refresh_from_db()
        assert segment.definition["where"]["and"][1]["value"] == ["Italy"]

    def test_a_name_that_is_taken_is_told_at_the_name(self, client, cast, segment):
        client.force_login(cast.ann)
        address = reverse("segment_as_template", args=[segment.pk])
        for _ in range(2):
            answer = client.post(address, {"name": "Same"})
        assert answer.status_code == 200
        assert SegmentTemplate.objects.filter(name="Same").count() == 1

    def test_using_one_opens_the_designer_with_its_questions(self, client, cast):
        client.force_login(cast.ann)
        template = SegmentTemplate.objects.get(key="leads-of-a-topic")
        address = reverse("segment_template_do", args=[template.pk, "use"])
        answer = client.post(address, follow=True)
        segment = Segment.objects.get(name=template.name)
        assert answer.redirect_chain[-1][0] == (
            f"/segments/{segment.pk}/?template={template.pk}"
        )
        assert answer.context["designer"]["asks"] == {
            "where": "Which topic, or a part of it?"
        }

    def test_the_gallery_asks_as_often_for_one_as_for_ten(
        self, client, cast, django_assert_max_num_queries
    ):
        client.force_login(cast.ann)
        numbers = []
        for batch in (1, 10):
            for number in range(batch):
                template_create(
                    user=cast.ann,
                    name=f"T {batch} {number}",
                    definition=WALK,
                    placeholders=ASK,
                )
            with django_assert_max_num_queries(60) as asked:
                client.get(reverse("segment_templates"))
            numbers.append(len(asked))
        assert numbers[0] == numbers[1]


def test_names_of_segments_made_from_one_template_stay_apart(cast):
    template = template_create(
        user=cast.ann, name="T", definition=WALK, placeholders=ASK
    )
    made = {template_use(template=template, user=cast.ann).name for _ in range(3)}
    assert made == {"T", "T 2", "T 3"}
