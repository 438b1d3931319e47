"""A pipeline exported from elsewhere: people, products, accounts, opportunities.

Won value by team and month equals a plain sum over the file; board and forecast show
it. `HANDOFF_PIPELINE_FILES` names a folder with accounts.csv, products.csv,
sales_teams.csv and sales_pipeline.csv; without it files of the same shape are made.
"""

from __future__ import annotations

import csv
import os
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files import File
from django.core.management import call_command

from core.access.models import Team
from crm.imports.running import import_run
from crm.imports.services import import_create
from crm.models import Account, Product
from sales.forecast import forecast
from sales.models import Opportunity

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"

PRODUCTS = {"columns": {"product": "name", "series": "family", "sales_price": "price"}}
ACCOUNTS = {
    "columns": {
        "account": "name",
        "sector": "industry",
        "office_location": "country",
        "employees": "number_of_employees",
    },
    "values": {"industry": "*"},
    "match": ["name"],
}
STATES = {"Prospecting": "open", "Engaging": "open", "Won": "won", "Lost": "lost"}
PIPELINE = {
    "columns": {
        "opportunity_id": "external_id",
        "sales_agent": "owner",
        "product": "product",
        "account": "account",
        "deal_stage": "stage",
        "engage_date": "created_at",
        "close_date": "closed_at",
        "close_value": "actual_value",
    },
    "templates": {"name": "{product} {opportunity_id}", "state": "{deal_stage}"},
    "constants": {"currency": "EUR"},
    "values": {
        "product": {"GTXPro": "GTX Pro"},
        "state": STATES,
        "stage": {
            "Prospecting": "Qualify",
            "Engaging": "Develop",
            "Won": "Close",
            "Lost": "Close",
        },
    },
}


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def make_files(folder: Path) -> None:
    """Files of the same shape: misspelt products, missing accounts, open rows."""
    rng = random.Random(7)
    agents = [(f"Agent{n} Family{n}", f"Boss {n % 3}", "East") for n in range(9)]
    products = [("GTX Pro", "GTX", "4821"), ("MG Special", "MG", "55")]
    write(folder / "products.csv", ["product", "series", "sales_price"], products)
    header = ["sales_agent", "manager", "regional_office"]
    write(folder / "sales_teams.csv", header, agents)
    header = ["account", "sector", "year_established", "revenue", "employees"]
    header += ["office_location", "subsidiary_of"]
    accounts = [
        (f"Company {n}", "technolgy", 1996, "1.5", 20, "Kenya", "") for n in range(5)
    ]
    write(folder / "accounts.csv", header, accounts)
    header = ["opportunity_id", "sales_agent", "product", "account", "deal_stage"]
    header += ["engage_date", "close_date", "close_value"]
    rows = []
    for number in range(600):
        stage = rng.choice(["Won", "Won", "Lost", "Engaging", "Prospecting"])
        engaged = date(2017, 1, 1) + timedelta(days=rng.randrange(200))
        closed = stage in ("Won", "Lost")
        rows.append(
            (
                f"K{number:05}",
                rng.choice(agents)[0],
                rng.choice(["GTXPro", "GTX Pro", "MG Special"]),
                rng.choice([a[0] for a in accounts] + [""]),
                stage,
                "" if stage == "Prospecting" else engaged,
                engaged + timedelta(days=rng.randrange(90)) if closed else "",
                {"Won": rng.randrange(1, 30000), "Lost": 0}.get(stage, ""),
            )
        )
    write(folder / "sales_pipeline.csv", header, rows)


def bring(folder: Path, name: str, entity: str, mapping, user):
    with (folder / name).open("rb") as file:
        batch = import_create(
            user=user, entity=entity, file=File(file), file_name=name, mapping=mapping
        )
    return import_run(import_id=batch.pk)


def sums(folder: Path):
    """Won by manager and month, and open ones by stage: plain Python."""
    with (folder / "sales_teams.csv").open() as file:
        boss = {row["sales_agent"]: row["manager"] for row in csv.DictReader(file)}
    won: dict[tuple[str, str], list] = defaultdict(lambda: [0, Decimal(0)])
    still_open: dict[str, int] = defaultdict(int)
    with (folder / "sales_pipeline.csv").open() as file:
        for row in csv.DictReader(file):
            if row["deal_stage"] == "Won":
                line = won[boss[row["sales_agent"]], row["close_date"][:7]]
                line[0] += 1
                line[1] += Decimal(row["close_value"])
            elif row["deal_stage"] != "Lost":
                still_open[row["deal_stage"]] += 1
    return dict(won), dict(still_open)


def test_a_pipeline_from_elsewhere_adds_up(cast, client, tmp_path):
    given = os.environ.get("HANDOFF_PIPELINE_FILES")
    folder = Path(given) if given else tmp_path
    if not given:
        make_files(folder)
    teams = ["--team", "regional_office", "--team", "manager"]
    people = ["people_from_csv", str(folder / "sales_teams.csv")]
    for _ in range(2):
        call_command(*people, "--name", "sales_agent", *teams)
    user = cast.admin
    for name, entity, mapping in (
        ("products.csv", "product", PRODUCTS),
        ("accounts.csv", "account", ACCOUNTS),
        ("sales_pipeline.csv", "opportunity", PIPELINE),
    ):
        done = bring(folder, name, entity, mapping, user)
        problems = list(done.rows.filter(result="rejected").values("row_no", "errors"))
        assert (done.rejected, done.created) == (0, done.total), problems[:3]
        again = bring(folder, name, entity, mapping, user)
        assert (again.created, again.rejected, again.unchanged) == (0, 0, again.total)
    won, still_open = sums(folder)
    check_forecast(cast, won)
    check_board(client, cast, won, still_open)
    assert Product.objects.filter(name="GTX Pro", price=4821).exists()
    assert Account.objects.filter(industry="technolgy").exists()
    row = Opportunity.objects.filter(state="won").first()
    assert row.team == row.owner.team
    assert row.team.parent in Team.objects.all()


def check_forecast(cast, won):
    months = sorted({month for _, month in won})
    first = date(int(months[0][:4]), int(months[0][5:]), 1)
    found = forecast(user=cast.admin, first=first, months=24, by="team")
    shown = {
        (line.name, f"{month:%Y-%m}"): [cell.number["won"], cell.value["won"]]
        for line in found.lines
        for month, cell in zip(found.months, line.cells, strict=True)
        if cell.number["won"]
    }
    assert shown == won


def check_board(client, cast, won, still_open):
    client.force_login(cast.admin, backend=BACKEND)
    page = client.get("/pipeline/?view=all").context
    lanes = {lane["key"]: lane["number"] for lane in page["lanes"]}
    assert lanes["qualify"] == still_open.get("Prospecting", 0)
    assert lanes["develop"] == still_open.get("Engaging", 0)
    end = page["ends"][0]
    assert end["number"] == sum(number for number, _ in won.values())
    assert end["value"] == sum(value for _, value in won.values())


@pytest.mark.parametrize(
    ("row", "attr"),
    [
        ({"stage": "Nowhere"}, "stage"),
        ({"currency": "ZZZ"}, "currency"),
        ({"state": "won", "reason": "canceled"}, "status_reason"),
        ({"owner": "Nobody Known"}, "owner"),
        ({"probability": "140"}, "probability"),
    ],
)
def test_a_row_that_does_not_fit_says_where(cast, tmp_path, row, attr):
    given = {"name": "A", "state": "open", **row}
    write(tmp_path / "one.csv", list(given), [list(given.values())])
    columns = {name: {"reason": "status_reason"}.get(name, name) for name in given}
    done = bring(tmp_path, "one.csv", "opportunity", {"columns": columns}, cast.admin)
    assert done.problem == ""
    assert (done.created, done.rejected) == (0, 1)
    assert done.rows.get().errors[0]["attr"] == attr
    assert not Opportunity.objects.exists()


def test_a_file_moves_what_is_open_and_leaves_what_is_closed(cast, tmp_path):
    header = ["id", "name", "stage", "value", "state"]
    columns = {"id": "external_id", "name": "name", "stage": "stage"}
    columns |= {"value": "estimated_value", "state": "state"}
    mapping = {"columns": columns}
    write(
        tmp_path / "a.csv",
        header,
        [("1", "A", "Qualify", "10", "open"), ("2", "B", "Close", "20", "won")],
    )
    bring(tmp_path, "a.csv", "opportunity", mapping, cast.admin)
    won = Opportunity.objects.get(external_id="2")
    assert (won.actual_value, won.probability) == (Decimal(20), 100)
    write(
        tmp_path / "b.csv",
        header,
        [("1", "A", "Propose", "15", "open"), ("2", "B", "Close", "25", "won")],
    )
    done = bring(tmp_path, "b.csv", "opportunity", mapping, cast.admin)
    assert (done.updated, done.rejected) == (1, 1)
    row = Opportunity.objects.get(external_id="1")
    assert (row.stage, row.probability, row.estimated_value) == (
        "propose",
        60,
        Decimal(15),
    )
