"""Qualify, merge, import and edit together: nothing lost, nothing twice, no fault.

HANDOFF_TOGETHER_SECONDS says for how long (120 for the proof).
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter, defaultdict

import pytest

from core.journal.models import Entry
from crm.models import Account, Contact, Import, Lead, Merge, MergedRecord
from sales.models import Opportunity, Qualification
from tests.faults.stack import eventually

pytestmark = pytest.mark.serial
SECONDS = float(os.environ.get("HANDOFF_TOGETHER_SECONDS", "10"))
HANDS = 8
PEOPLE, COMPANIES, ROWS = 40, 12, 30
MODELS = {
    "lead": Lead,
    "contact": Contact,
    "account": Account,
    "opportunity": Opportunity,
}
EDITED = {"lead": "city", "contact": "city", "account": "city"}
MAPPING = {
    "columns": {
        "Mail": "email",
        "First": "first_name",
        "Last": "last_name",
        "City": "city",
    },
    "match": ["email"],
}
BLANK = (None, "", [], {})


class World:
    """What is known of the records while everybody works, and what was answered."""

    def __init__(self, stack, token):
        self.stack, self.token = stack, token
        self.lock = threading.Lock()
        self.ids = {entity: [] for entity in EDITED}
        self.answers = Counter()
        self.faults = []
        self.edits = []
        self.qualified = []
        self.made = Counter()
        self.merged = Counter()
        self.imports = []
        self.numbers = iter(range(10**9))

    def number(self):
        with self.lock:
            return next(self.numbers)

    def call(self, deed, method, path, body=None, **headers):
        try:
            status, text = self.stack.http(
                method, f"api/v1/{path}", body, {**self.token, **headers}
            )
        except OSError as error:
            status, text = 599, str(error)
        said = json.loads(text) if status < 500 and text else {}
        why = said["errors"][0]["code"] if status >= 400 and said else ""
        with self.lock:
            self.answers[deed, f"{status} {why}".strip()] += 1
            if status >= 500:
                self.faults.append((deed, path, status, text[:500]))
        return status, said

    def add(self, entity, pk):
        with self.lock:
            self.ids[entity].append(pk)
            self.made[entity] += 1


class Hand(threading.Thread):
    """One of those who work: draws a deed, does it, writes down what was answered."""

    def __init__(self, world, seed, until):
        super().__init__(daemon=True)
        self.world, self.dice, self.until = world, random.Random(seed), until
        self.error = None

    def run(self):
        deeds = [self.enter, self.qualify, self.edit, self.merge, self.bring]
        try:
            while time.monotonic() < self.until:
                self.dice.choices(deeds, (5, 5, 8, 3, 1))[0]()
        except Exception as error:
            self.error = error
            raise

    def some(self, entity, number=1):
        with self.world.lock:
            known = self.world.ids[entity]
            return self.dice.sample(known, number) if len(known) >= number else []

    def person(self):
        n = self.dice.randrange(PEOPLE)
        company = n % COMPANIES
        return {
            "first_name": f"First{n}",
            "last_name": f"Last{n}",
            "email": f"p{n}@company{company}.example",
            "company_name": f"Company {chr(65 + company)} {company}",
        }

    def enter(self):
        topic = f"Topic {self.world.number()}"
        body = self.person() | {"topic": topic}
        status, made = self.world.call("enter", "POST", "leads/", body)
        if status == 201:
            self.world.add("lead", made["id"])

    def qualify(self):
        for pk in self.some("lead"):
            body = {
                "ignore_duplicates": self.dice.random() < 0.5,
                "create_opportunity": self.dice.random() < 0.8,
            }
            for entity in ("account", "contact"):
                if self.dice.random() < 0.4:
                    body |= dict(zip([entity], self.some(entity), strict=False))
            status, done = self.world.call(
                "qualify", "POST", f"leads/{pk}/qualify/", body
            )
            if status == 200:
                self.note(pk, done)

    def note(self, lead, done):
        for made in done["created"]:
            if made["entity"] in EDITED:
                self.world.add(made["entity"], made["id"])
            else:
                with self.world.lock:
                    self.world.made["opportunity"] += 1
        with self.world.lock:
            self.world.qualified.append(lead)

    def edit(self):
        entity = self.dice.choice(list(EDITED))
        for pk in self.some(entity):
            said = f"City {self.world.number()}"
            headers = {}
            if self.dice.random() < 0.3:
                _, read = self.world.call("read", "GET", f"{entity}s/{pk}/")
                headers = {"If-Match": str(read.get("version", 1))}
            body = {EDITED[entity]: said}
            status, answer = self.world.call(
                "edit", "PATCH", f"{entity}s/{pk}/", body, **headers
            )
            if status == 200:
                with self.world.lock:
                    self.world.edits.append((entity, answer["id"], said))

    def merge(self):
        entity = self.dice.choice(list(EDITED))
        pair = self.some(entity, 2)
        if not pair:
            return
        status, _ = self.world.call(
            "merge", "POST", f"{entity}s/{pair[0]}/merge/", {"records": pair[1:]}
        )
        if status == 200:
            with self.world.lock:
                self.world.merged[entity] += 1

    def bring(self):
        entity = self.dice.choice(["lead", "contact"])
        people = [self.person() for _ in range(ROWS)]
        lines = ["Mail,First,Last,City,Topic"] + [
            f"{p['email']},{p['first_name']},{p['last_name']},"
            f"City {self.world.number()},Brought"
            for p in people
        ]
        mapping = json.loads(json.dumps(MAPPING))
        if entity == "lead":
            mapping["columns"]["Topic"] = "topic"
        kind, body = form(
            {"entity": entity, "mapping": json.dumps(mapping)}, "\n".join(lines)
        )
        status, made = self.world.call(
            "import", "POST", "imports/", body, **{"Content-Type": kind}
        )
        if status == 202:
            with self.world.lock:
                self.world.imports.append(made["id"])


def form(values, file):
    """A form with a file, as a browser sends it."""
    mark = "----together"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    ]
    parts.append(
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; '
        f'filename="people.csv"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n'
        f"--{mark}--\r\n"
    )
    return f"multipart/form-data; boundary={mark}", "".join(parts).encode()


def test_qualify_merge_import_and_edit_together(stack, token):
    stack.start("web", "jobs", "beat")
    world = World(stack, token)
    until = time.monotonic() + SECONDS
    hands = [Hand(world, seed, until) for seed in range(HANDS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(SECONDS + 120)
    open_imports = Import.objects.filter(state__in=("pending", "running"))
    eventually(lambda: not open_imports.exists(), "every import is done", 120)
    print(f"\n{SECONDS:g} s: {told(world)}")
    assert not any(hand.error or hand.is_alive() for hand in hands)
    assert world.faults == []
    assert_counts(world)
    assert_nothing_lost(world)


def told(world):
    """The answers by deed, for whoever reads the run."""
    deeds = defaultdict(dict)
    for (deed, status), number in sorted(world.answers.items()):
        deeds[deed][status] = number
    return dict(deeds)


def assert_counts(world):
    """What was answered as made is there, less what was merged; nothing else is."""
    runs = list(Import.objects.all())
    assert {run.state for run in runs} <= {"completed"}
    assert sorted(run.pk for run in runs) == sorted(world.imports)
    for run in runs:
        parts = run.created + run.updated + run.unchanged + run.rejected
        # None is refused either: who qualifies a lead makes an import wait, which
        # then finds it closed and makes another.
        assert (run.total, run.rejected) == (parts, 0)
    gone = Counter()
    for merge in Merge.objects.all():
        gone[merge.entity] += len(merge.merged_ids)
    assert gone == world.merged
    for entity in EDITED:
        brought = sum(run.created for run in runs if run.entity == entity)
        wanted = world.made[entity] + brought - gone[entity]
        assert MODELS[entity].objects.count() == wanted, entity
    assert Opportunity.objects.count() == world.made["opportunity"]
    qualified = Lead.objects.filter(state="qualified").values_list("pk", flat=True)
    assert sorted(qualified) == sorted(world.qualified)
    assert Qualification.objects.count() == len(world.qualified)
    assert Entry.objects.filter(name="lead.qualified").count() == len(world.qualified)
    origins = Opportunity.objects.values_list("originating_lead", flat=True)
    assert len(set(origins)) == len(origins)
    assert set(origins) <= set(world.qualified)
    for entity in EDITED:
        led = MergedRecord.objects.filter(entity=entity)
        survivors = set(led.values_list("survivor_id", flat=True))
        there = MODELS[entity].objects.filter(pk__in=survivors)
        assert there.count() == len(survivors), entity


def assert_nothing_lost(world):
    """Each change starts where the one before ended, and the last one is what is
    there: so no writer wrote over what it had not read. Each accepted edit is one."""
    now, written = chained()
    for entity, pk, said in world.edits:
        assert written[entity, pk][said] == 1, (entity, pk, said)
    for entity, field in EDITED.items():
        for pk, value in MODELS[entity].objects.values_list("pk", field):
            assert same(now[entity, pk].get(field), value), (entity, pk)
    for merge in Merge.objects.all():
        for row in merge.log["rows"]:
            record = (merge.entity, row["id"])
            field = EDITED[merge.entity]
            assert same(now[record].get(field), row[field]), record


def chained():
    """The last value of each field by the journal, and how often each was written."""
    now, written = defaultdict(dict), defaultdict(Counter)
    entries = Entry.objects.filter(subject_type__in=MODELS).order_by("id")
    for entry in entries.iterator():
        record = (entry.subject_type, entry.subject_id)
        if entry.name.endswith(".created"):
            now[record] |= entry.data.get("values", {})
        if not entry.name.endswith(".updated"):
            continue
        for name, (old, new) in entry.data.get("changes", {}).items():
            known = now[record].get(name)
            assert same(known, old), (record, name, known, old, entry.pk)
            now[record][name] = new
            written[record][str(new)] += 1
    return now, written


def same(one, other):
    return one == other or (one in BLANK and other in BLANK)
