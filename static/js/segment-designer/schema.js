// What can be asked: entities, fields, operators, relations, and the ways to contacts.

const GOAL = "contact";
const DEPTH = 4;

export class Schema {
  constructor(data) {
    this.entities = new Map(data.entities.map((each) => [each.key ?? each.name, each]));
    this.words = new Map(data.operators.map((each) => [each.name, each.label]));
    this.negative = new Set(data.operators.filter((each) => each.negates).map((each) => each.name));
    this.countOperators = data.count_operators;
    this.periods = data.periods;
    this.units = data.units;
    this.limits = data.limits;
  }

  entity(key) {
    return this.entities.get(key);
  }

  label(key) {
    return this.entity(key)?.label ?? key;
  }

  plural(key) {
    return this.entity(key)?.plural ?? key;
  }

  field(key, name) {
    return this.entity(key)?.fields.find((each) => each.name === name);
  }

  relations(key) {
    return (this.entity(key)?.relations ?? []).filter((each) => this.entities.has(each.target));
  }

  relation(key, name) {
    return this.relations(key).find((each) => each.name === name);
  }

  word(op) {
    return this.words.get(op) ?? op.replaceAll("_", " ");
  }

  /** Where a walk from an entity arrives, or undefined where a step is unknown. */
  arrives(key, steps) {
    return (steps ?? []).reduce(
      (here, name) => (here === undefined ? here : this.relation(here, name)?.target),
      key,
    );
  }

  /** The shortest way to contacts, as names of relations; null where there is none. */
  way(key) {
    let ways = [[key, []]];
    const seen = new Set();
    for (let step = 0; step <= DEPTH; step += 1) {
      const here = ways.find(([at]) => at === GOAL);
      if (here) return here[1];
      const next = [];
      for (const [at, names] of ways) {
        if (seen.has(at)) continue;
        seen.add(at);
        for (const each of this.ordered(at)) next.push([each.target, [...names, each.name]]);
      }
      ways = next;
    }
    return null;
  }

  // The person a row is about comes before others it mentions.
  ordered(key) {
    const rank = { parent_contact: 0, contacts: 0, contact: 0 };
    return [...this.relations(key)].sort((a, b) => (rank[a.name] ?? 1) - (rank[b.name] ?? 1));
  }

  /** Entities a group may start on: those that lead to contacts, contacts first. */
  starts() {
    const fitting = [...this.entities.entries()].filter(
      ([key, each]) => each.start && this.way(key) !== null,
    );
    const order = ["contact", "lead", "account", "opportunity", "interaction"];
    const rank = (key) => (order.includes(key) ? order.indexOf(key) : order.length);
    return fitting.sort(([a], [b]) => rank(a) - rank(b)).map(([, each]) => each);
  }

  /** Relations of an entity from which contacts can still be reached. */
  steps(key) {
    return this.relations(key).filter((each) => this.way(each.target) !== null);
  }
}

export const typeOf = (field) => ({ code: "choice" })[field?.type] ?? field?.type ?? "text";

const FIRST = { text: "contains", multi: "contains_any", multi_choice: "contains_any", datetime: "within_last", date: "within_last" };

/** A new condition on a field, with the operator most people want. */
export function clauseFor(field) {
  const wanted = FIRST[field.type];
  const op = field.operators.includes(wanted) ? wanted : "eq";
  return withOperator({ field: field.name, op }, field, op);
}

/** What kind of value an operator takes on a field. */
export function editorFor(field, op) {
  if (op === "blank" || op === "not_blank") return "none";
  if (["within_last", "within_next", "older_than"].includes(op)) return "window";
  if (op === "period" || op === "anniversary") return op;
  const type = field?.type;
  const list = ["in", "not_in", "contains_any", "contains_all", "contains_none"].includes(op);
  if (op === "between") return type === "number" ? "numbers" : "dates";
  if (type === "lookup") return list ? "lookups" : "lookup";
  if (type === "boolean") return list ? "json" : "boolean";
  if (list) return type === "number" ? "numberlist" : "list";
  if (["multi", "multi_choice"].includes(type)) return "list";
  if (type === "number") return "number";
  if (type === "date" || type === "datetime") return "date";
  const exact = op === "eq" || op === "ne";
  return field?.choices?.length && exact ? "choice" : "text";
}

const EMPTY = {
  window: { days: 30 },
  period: "this_month",
  anniversary: { days: 0 },
  boolean: true,
  numbers: ["", ""],
  dates: ["", ""],
  list: [],
  lookups: [],
  numberlist: [],
};

/** The same condition with another operator; the value is kept where it still fits. */
export function withOperator(clause, field, op) {
  const now = editorFor(field, op);
  const { value, ...rest } = clause;
  const next = { ...rest, op };
  if (now === "none") return next;
  const before = "value" in clause ? editorFor(field, clause.op) : null;
  if (before === now) return { ...next, value };
  return { ...next, value: carried(before, now, value) };
}

function carried(before, now, value) {
  const many = { list: "text", lookups: "lookup", numberlist: "number" };
  const one = (kind) => (kind === "choice" ? "text" : kind);
  if (before && many[now] && many[now] === one(before) && value !== "" && value != null) return [value];
  if (before && many[before] === one(now) && value?.length) return value[0];
  if (before && one(before) === one(now)) return value;
  return structuredClone(EMPTY[now] ?? "");
}
