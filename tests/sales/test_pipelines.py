"""Pipelines: stages as data, opportunities that stand in them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from core.base.errors import Invalid, Refused, Stale
from core.journal.services import acting
from sales.models import Opportunity, Pipeline, PipelineStage
from sales.services.opportunities import opportunity_create, opportunity_update
from sales.services.pipelines import (
    pipeline_delete,
    pipeline_save,
    place_after_qualify,
    stage_delete,
)
from tests.sales.factories import OpportunityFactory

pytestmark = pytest.mark.django_db
RENEWAL = [
    {"name": "Due", "probability": 70},
    {"name": "Offered", "probability": 85, "stale_days": 7},
    {"name": "Due", "probability": 95},
]


@pytest.fixture
def renewals():
    return pipeline_save(
        pipeline=Pipeline(), values={"name": "Renewals"}, stages=RENEWAL
    )


def keys(pipeline):
    return list(PipelineStage.objects.of(pipeline.pk).values_list("key", "probability"))


def test_the_shipped_pipeline_is_the_default():
    row = Pipeline.objects.get()
    assert row.is_default
    assert keys(row) == [
        ("qualify", 20),
        ("develop", 40),
        ("propose", 60),
        ("close", 80),
    ]
    place = place_after_qualify()
    assert (place["stage"], place["probability"]) == ("develop", 40)


def test_stages_get_keys_of_their_own(renewals):
    assert keys(renewals) == [("due", 70), ("offered", 85), ("due_2", 95)]


def test_stages_are_renamed_moved_and_dropped_by_key(renewals):
    pipeline_save(
        pipeline=renewals,
        values={},
        stages=[
            {"key": "offered", "name": "Sent", "probability": 50},
            {"key": "due", "name": "Due", "probability": 70},
        ],
    )
    assert keys(renewals) == [("offered", 50), ("due", 70)]
    assert renewals.stages.get(key="offered").name == "Sent"


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([], "At least one stage|at least one stage"),
        ([{"key": "nowhere", "name": "X", "probability": 1}], "no stage"),
        ([{"name": "", "probability": 1}], "blank"),
        ([{"name": "X", "probability": 101}], "less than or equal to 100"),
        ([{"key": "due", "name": "X", "probability": 1}] * 2, "twice"),
    ],
)
def test_wrong_stages_are_refused_whole(renewals, stages, said):
    before = keys(renewals)
    with pytest.raises(Invalid, match=said) as refused, transaction.atomic():
        pipeline_save(pipeline=renewals, values={"name": "New"}, stages=stages)
    assert refused.value.attr == "stages"
    assert keys(renewals) == before
    assert Pipeline.objects.filter(name="Renewals").exists()


def test_a_stage_with_opportunities_stays(renewals):
    OpportunityFactory(pipeline=renewals, stage="offered")
    with pytest.raises(Refused, match=r"Offered \(1\)"):
        pipeline_save(pipeline=renewals, values={}, stages=RENEWAL[:1])
    with pytest.raises(Refused):
        stage_delete(stage=renewals.stages.get(key="offered"))
    with pytest.raises(Refused, match="inactive"):
        pipeline_delete(pipeline=renewals)
    stage_delete(stage=renewals.stages.get(key="due_2"))
    assert len(keys(renewals)) == 2


def test_one_pipeline_is_the_default(renewals):
    first = Pipeline.objects.get(is_default=True)
    pipeline_save(pipeline=renewals, values={"is_default": True})
    first.refresh_from_db()
    assert not first.is_default
    with pytest.raises(Refused):
        pipeline_save(pipeline=renewals, values={"is_default": False})
    with pytest.raises(Refused):
        pipeline_delete(pipeline=renewals)
    assert place_after_qualify()["stage"] == "offered"


def test_somebody_elses_change_is_not_lost(renewals):
    with pytest.raises(Stale):
        pipeline_save(
            pipeline=renewals,
            values={"name": "X"},
            expected_version=renewals.version + 1,
        )


def test_the_database_holds_a_stage_to_its_pipeline(renewals):
    with pytest.raises(IntegrityError), transaction.atomic():
        OpportunityFactory(pipeline=renewals, stage="propose")


def test_an_opportunity_follows_its_pipeline(cast, renewals):
    with acting(cast.ben, via="test"):
        row = opportunity_create(
            user=cast.ben,
            values={"name": "A", "pipeline": renewals.pk, "stage": "offered"},
        )
        assert (row.probability, row.get_stage_display()) == (85, "Offered")
        main = Pipeline.objects.get(is_default=True)
        row = opportunity_update(
            opportunity_id=row.pk, user=cast.ben, values={"pipeline": main.pk}
        )
        assert (row.stage, row.probability) == ("qualify", 20)
        with pytest.raises(Invalid) as refused, transaction.atomic():
            opportunity_update(
                opportunity_id=row.pk, user=cast.ben, values={"stage": "offered"}
            )
    assert refused.value.attr == "stage"


def test_nothing_goes_into_an_inactive_pipeline(cast, renewals):
    pipeline_save(pipeline=renewals, values={"active": False})
    with pytest.raises(Invalid) as refused, acting(cast.ben, via="test"):
        opportunity_create(
            user=cast.ben,
            values={"name": "A", "pipeline": renewals.pk, "stage": "due"},
        )
    assert refused.value.attr == "pipeline"
    assert not Opportunity.objects.exists()


def test_over_the_api(cast, api, django_assert_num_queries):
    admin = api(cast.admin)
    made = admin.post(
        "/api/v1/pipelines/", {"name": "Partners", "stages": RENEWAL}, format="json"
    )
    assert made.status_code == 201, made.json()
    assert [s["key"] for s in made.json()["stages"]] == ["due", "offered", "due_2"]
    url = f"/api/v1/pipelines/{made.json()['id']}/"
    stages = made.json()["stages"][::-1]
    changed = admin.patch(url, {"stages": stages}, format="json")
    assert [s["key"] for s in changed.json()["stages"]] == ["due_2", "offered", "due"]
    assert api(cast.ben).patch(url, {"name": "X"}, format="json").status_code == 403
    assert api(cast.ben).get(url).json()["stages"] == stages
    assert admin.delete(url).status_code == 204
    refused = admin.delete(f"/api/v1/pipelines/{Pipeline.objects.get().pk}/")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        409,
        "default_pipeline",
    )
