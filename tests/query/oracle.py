"""The query language in plain Python, row by row, from the design's text.

Written without a look at the compiler: it reads the JSON tree, holds all rows in
memory and knows nothing of SQL, NULL or sets of ids.
"""

from __future__ import annotations

import fnmatch
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

RELATIONS = {
    "contact": {
        "account": ("account_id", "account", "id"),
        "leads": ("id", "lead", "parent_contact_id"),
        "interactions": ("id", "interaction", "contact_id"),
        "owner": ("owner_id", "user", "id"),
    },
    "account": {
        "contacts": ("id", "contact", "account_id"),
        "primary_contact": ("primary_contact_id", "contact", "id"),
        "leads": ("id", "lead", "parent_account_id"),
        "interactions": ("id", "interaction", "account_id"),
    },
    "lead": {
        "parent_contact": ("parent_contact_id", "contact", "id"),
        "parent_account": ("parent_account_id", "account", "id"),
        "owner": ("owner_id", "user", "id"),
        "interactions": ("id", "interaction", "lead_id"),
    },
    "interaction": {
        "contact": ("contact_id", "contact", "id"),
        "lead": ("lead_id", "lead", "id"),
    },
    "user": {},
}
KINDS = {
    "contact": {
        "city": "text",
        "country": "text",
        "description": "text",
        "state": "text",
        "marketing_only": "boolean",
        "birth_date": "date",
        "created_at": "datetime",
        "consent_level": "number",
        "tags": "multi",
        "account": "lookup",
        "owner": "lookup",
        "id": "number",
        "custom.tier": "text",
        "custom.size": "number",
        "custom.vip": "boolean",
        "custom.since": "date",
        "custom.seen": "datetime",
        "custom.topics": "multi",
        "custom.plan": "text",
    },
    "account": {
        "name": "text",
        "industry": "text",
        "number_of_employees": "number",
        "annual_revenue": "number",
    },
    "lead": {
        "topic": "text",
        "lead_source": "text",
        "estimated_value": "number",
        "state": "text",
        "closed_at": "datetime",
        "sales_ready": "boolean",
    },
    "interaction": {
        "name": "text",
        "occurred_at": "datetime",
        "url": "text",
        "machine": "boolean",
        "source_id": "lookup",
    },
    "user": {"username": "text", "email": "text"},
}
LOOKUPS = {"account", "owner"}
INTERACTIONS = {"email.opened", "email.clicked", "page.visited"}
NEGATIVE = {
    "ne": "eq",
    "not_in": "in",
    "not_blank": "blank",
    "not_contains": "contains",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "not_matches": "matches",
    "contains_none": "contains_any",
}


def fold(text):
    """Lower case one character at a time, as PostgreSQL does."""
    return "".join(char.lower()[0] for char in text)


class World:
    """All rows, by entity; each row is a dict of its columns."""

    def __init__(self, rows, now, time_zone, segments):
        self.rows = rows
        self.now = now
        self.zone = ZoneInfo(time_zone)
        self.today = now.astimezone(self.zone).date()
        self.segments = segments

    # Sets

    def find(self, tree):
        """The ids of the rows of the end entity."""
        if "segment" in tree:
            return set(self.segments[tree["segment"]])
        for kind in ("union", "intersect", "except"):
            if kind in tree:
                first, *rest = [self.find(item) for item in tree[kind]]
                for ids in rest:
                    first = {
                        "union": first | ids,
                        "intersect": first & ids,
                        "except": first - ids,
                    }[kind]
                return first
        entity = tree["from"]
        rows = [r for r in self.of(entity) if self.holds(entity, tree.get("where"), r)]
        steps = tree.get("to") or []
        for number, name in enumerate(steps, start=1):
            local, entity, remote = RELATIONS[entity][name]
            keys = {row[local] for row in rows} - {None}
            narrowed = tree.get("then") if number == len(steps) else None
            rows = [
                row
                for row in self.of(entity)
                if row[remote] in keys and self.holds(entity, narrowed, row)
            ]
        return {row["id"] for row in rows}

    def of(self, entity):
        return self.rows[entity]

    def holds(self, entity, cond, row):
        return self.default(entity, cond, row) and self.true(entity, cond, row)

    def default(self, entity, cond, row):
        """What machines did counts only where the tree speaks of machines."""
        if entity != "interaction" or self.names_machine(cond):
            return True
        return not row["machine"]

    def names_machine(self, cond):
        if not cond or "related" in cond:
            return False
        if "field" in cond:
            return cond["field"] == "machine"
        inner = cond.get("and", cond.get("or", [cond.get("not")]))
        return any(self.names_machine(item) for item in inner)

    # Conditions

    def true(self, entity, cond, row):
        if cond is None:
            return True
        if "and" in cond:
            return all(self.true(entity, item, row) for item in cond["and"])
        if "or" in cond:
            return any(self.true(entity, item, row) for item in cond["or"])
        if "not" in cond:
            return not self.true(entity, cond["not"], row)
        if "related" in cond:
            return self.related(entity, cond, row)
        op = cond["op"]
        if op in NEGATIVE:
            return not self.clause(entity, {**cond, "op": NEGATIVE[op]}, row)
        return self.clause(entity, cond, row)

    def related(self, entity, cond, row):
        local, target, remote = RELATIONS[entity][cond["related"]]
        number = sum(
            row[local] is not None
            and other[remote] == row[local]
            and self.holds(target, cond.get("where"), other)
            for other in self.of(target)
        )
        count = cond.get("count") or {"op": "gte", "value": 1}
        value = count["value"]
        return {
            "eq": lambda: number == value,
            "ne": lambda: number != value,
            "gt": lambda: number > value,
            "gte": lambda: number >= value,
            "lt": lambda: number < value,
            "lte": lambda: number <= value,
            "between": lambda: value[0] <= number <= value[1],
            "in": lambda: number in value,
            "not_in": lambda: number not in value,
        }[count["op"]]()

    def clause(self, entity, cond, row):
        name, op, value = cond["field"], cond["op"], cond.get("value")
        kind = KINDS[entity][name]
        if name.startswith("custom."):
            found = row["custom"].get(name.removeprefix("custom."))
            found_blank = found is None or found == "" or found == []
            if op == "blank":
                return found_blank
            found = self.as_kind(kind, found)
        else:
            found = row[name + "_id" if name in LOOKUPS else name]
            if op == "blank":
                return found is None or found == "" or found == []
        if found is None or found == "" or found == []:
            return False
        return getattr(self, f"op_{kind}")(op, found, value)

    def as_kind(self, kind, found):
        """A value of another type is no value of this type."""
        if kind == "text":
            return found if isinstance(found, str) else None
        if kind == "number":
            ok = isinstance(found, int | float) and not isinstance(found, bool)
            return Decimal(str(found)) if ok else None
        if kind == "boolean":
            return found if isinstance(found, bool) else None
        if kind == "multi":
            return found if isinstance(found, list) else None
        if not isinstance(found, str):
            return None
        try:
            if kind == "date":
                if not re.fullmatch(r"\d{4}-\d\d-\d\d", found, re.ASCII):
                    return None
                return date.fromisoformat(found)
            moment = datetime.fromisoformat(found)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def op_text(self, op, found, value):
        found = fold(found)
        if op == "in":
            return found in {fold(item) for item in value}
        value = fold(value)
        if op == "matches":
            escaped = re.sub(r"[\[\]]", lambda m: f"[{m[0]}]", value)
            return re.match(fnmatch.translate(escaped), found) is not None
        return {
            "eq": lambda: found == value,
            "contains": lambda: value in found,
            "starts_with": lambda: found.startswith(value),
            "ends_with": lambda: found.endswith(value),
        }[op]()

    def op_number(self, op, found, value):
        def num(item):
            return Decimal(str(item))

        return {
            "eq": lambda: found == num(value),
            "in": lambda: found in {num(item) for item in value},
            "gt": lambda: found > num(value),
            "gte": lambda: found >= num(value),
            "lt": lambda: found < num(value),
            "lte": lambda: found <= num(value),
            "between": lambda: num(value[0]) <= found <= num(value[1]),
        }[op]()

    op_lookup = op_number

    def op_boolean(self, op, found, value):
        return found in value if op == "in" else found == value

    def op_multi(self, op, found, value):
        has = {fold(item) for item in found if isinstance(item, str)}
        if op == "eq":
            wanted = {fold(i) for i in (value if isinstance(value, list) else [value])}
            return has == wanted and all(isinstance(item, str) for item in found)
        if op == "in":
            return any(self.op_multi("eq", found, item) for item in value)
        wanted = {fold(item) for item in value}
        return bool(has & wanted) if op == "contains_any" else wanted <= has

    # Dates

    def op_date(self, op, found, value):
        return self.dated(op, found, value, found)

    def op_datetime(self, op, found, value):
        return self.dated(op, found, value, found.astimezone(self.zone).date())

    def dated(self, op, found, value, day):
        if op in ("within_last", "within_next", "older_than"):
            return self.windowed(op, found, value)
        if op == "period":
            return self.in_period(value, day)
        if op == "anniversary":
            then = self.today + timedelta(days=value["days"])
            if (day.month, day.day) == (2, 29) and not _leap(then.year):
                return (then.month, then.day) == (2, 28)
            return (day.month, day.day) == (then.month, then.day)
        if op == "in":
            return any(self.dated("eq", found, item, day) for item in value)
        if op == "between":
            return (
                self.compare(found, day, value[0])
                >= 0
                >= self.compare(found, day, value[1])
            )
        order = self.compare(found, day, value)
        return {"before": order < 0, "after": order > 0}.get(op, order == 0)

    def compare(self, found, day, value):
        """-1, 0 or 1; a day stands for all of itself."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            other, found = date.fromisoformat(value), day
        else:
            other = datetime.fromisoformat(value)
            if other.tzinfo is None:
                other = other.replace(tzinfo=self.zone)
            other, found = other.astimezone(UTC), found.astimezone(UTC)
        return (found > other) - (found < other)

    def windowed(self, op, found, value):
        ((unit, number),) = value.items()
        sign = 1 if op == "within_next" else -1
        try:
            if unit in ("minutes", "hours"):
                edge = self.now + timedelta(**{unit: sign * number})
            else:
                local = self.now.astimezone(self.zone)
                moved = local + relativedelta(**{unit: sign * number})
                edge = moved.astimezone(UTC)
        except (OverflowError, ValueError):
            # Further than the calendar reaches: before, or after, everything.
            edge = datetime(2 if sign < 0 else 9998, 1, 1, tzinfo=UTC)
        now = self.now
        if isinstance(found, datetime):
            found = found.astimezone(UTC)
        else:
            edge, now = edge.astimezone(self.zone).date(), self.today
        if op == "older_than":
            return found < edge
        return edge <= found <= now if sign < 0 else now <= found <= edge

    def in_period(self, name, day):
        if name in ("today", "yesterday", "tomorrow"):
            step = {"today": 0, "yesterday": -1, "tomorrow": 1}[name]
            return day == self.today + timedelta(days=step)
        which, what = name.split("_")
        step = {"this": 0, "last": -1, "next": 1}[which]
        if what == "week":
            other = self.today + timedelta(weeks=step)
            return day.isocalendar()[:2] == other.isocalendar()[:2]
        if what == "year":
            return day.year == self.today.year + step
        if what == "month":
            other = self.today + relativedelta(months=step)
            return (day.year, day.month) == (other.year, other.month)
        other = self.today + relativedelta(months=3 * step)
        return (day.year, (day.month + 2) // 3) == (other.year, (other.month + 2) // 3)


def _leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
