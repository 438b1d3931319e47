// The conditions as one sentence, as people would say it, with its parts marked.
// Parts are ["text"], ["text", "b"] for names and values, ["text", "em"|"or"|"not"].
import { editorFor } from "./schema.js";
import { condKind, isFinished, setKind } from "./tree.js";

const SET_WORDS = { union: ["or also", "or"], intersect: ["but also in", "em"], except: ["but not", "not"] };
const SHOWN = 4;
const low = (text) => (/^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1));

function list(parts, word, mark) {
  return parts.flatMap((part, n) => (n ? [[` ${word} `, mark], ...part] : part));
}

export class Teller {
  constructor(schema, names) {
    this.schema = schema;
    this.names = names;
  }

  /** The sentence as parts; unfinished conditions are left out. */
  async tell(whole) {
    if (!Object.keys(whole ?? {}).length) return [["Choose where to start."]];
    const parts = [...(await this.set(whole)), ["."]];
    const [first, ...rest] = parts;
    return [[first[0].charAt(0).toUpperCase() + first[0].slice(1), first[1]], ...rest];
  }

  async set(item) {
    const kind = setKind(item);
    if (kind === "segment") {
      return [["everybody in "], [await this.names.of("segment", item.segment), "b"]];
    }
    if (kind === "block") return this.block(item);
    if (!(kind in SET_WORDS)) return [["something that cannot be told"]];
    const [word, mark] = SET_WORDS[kind];
    const told = [];
    for (const [n, each] of item[kind].entries()) {
      if (n) told.push([", "], [word, mark], [" "]);
      const several = n && setKind(each) in SET_WORDS;
      told.push(...(several ? [["("]] : []), ...(await this.set(each)), ...(several ? [[")"]] : []));
    }
    return told;
  }

  async block(item) {
    const { schema } = this;
    const plural = low(schema.plural(item.from));
    const where = await this.conds(item.where, item.from, "and");
    const start = where.length ? [[`${plural} `], ...where] : [[`all ${plural}`]];
    if (!item.to?.length) return start;
    let at = item.from;
    const way = [];
    for (const name of item.to) {
      const relation = schema.relation(at, name);
      way.push([low(relation?.label ?? name), "b"], [" of "]);
      at = relation?.target;
    }
    const then = await this.conds(item.then, at, "and");
    return [["the "], ...way.reverse().flatMap((part, n) => this.ofWay(part, n, way.length)), ...start,
      ...(then.length ? [[", "], ["and", "em"], [" of these those "], ...then] : [])];
  }

  // The last step is said first: "the contacts of the parent account of leads".
  ofWay(part, n, length) {
    return part[1] === "b" ? [part, [n === length - 1 ? " of " : " of the "]] : [];
  }

  /** Conditions of one place: "whose topic is X and whose city is Y". */
  async conds(cond, entity, outer, full = []) {
    const kind = condKind(cond);
    if (kind === "empty") return [];
    if (kind === "and" || kind === "or") {
      const told = [];
      // Who has nothing there is left out once, not told of every condition beside it.
      const full = kind === "and" ? cond.and.filter((each) => each?.op === "not_blank").map((each) => each.field) : [];
      for (const each of cond[kind]) {
        const part = await this.conds(each, entity, kind, full);
        if (part.length) told.push(part);
      }
      const [word, mark] = kind === "and" ? ["and", "em"] : ["or", "or"];
      const joined = list(told, word, mark);
      return told.length > 1 && outer !== kind && outer !== "alone" && (kind === "or" || outer === "or") ? [["("], ...joined, [")"]] : joined;
    }
    if (kind === "not") {
      const inner = await this.conds(cond.not, entity, "alone");
      return inner.length ? [["not", "not"], [" ("], ...inner, [")"]] : [];
    }
    if (kind === "clause") return isFinished(cond) ? this.clause(cond, entity, full.includes(cond.field)) : [];
    if (kind === "related") return this.related(cond, entity);
    return [["something that cannot be told"]];
  }

  async clause(cond, entity, present = false) {
    const field = this.schema.field(entity, cond.field);
    const label = low(field?.label ?? cond.field);
    const value = await this.value(cond, field);
    const tail = cond.op === "older_than" ? [[" ago"]] : [];
    // Nothing there satisfies every negative condition, and that surprises people.
    if (this.schema.negative.has(cond.op) && cond.op !== "not_blank" && !present) tail.push([" (or is empty)"]);
    const word = cond.op === "older_than" ? "is more than" : this.schema.word(cond.op);
    return [["whose "], [label, "b"], [` ${word}`], ...(value.length ? [[" "], ...value] : []), ...tail];
  }

  async value({ op, value }, field) {
    const kind = editorFor(field, op);
    if (kind === "none") return [];
    if (kind === "window" || kind === "anniversary") {
      const [unit, number] = Object.entries(value)[0];
      return [[`${number} ${number === 1 ? unit.replace(/s$/, "") : unit}`, "b"]];
    }
    if (kind === "period") return [[String(value).replaceAll("_", " "), "b"]];
    const values = Array.isArray(value) ? value : [value];
    const shown = await Promise.all(values.slice(0, SHOWN).map((each) => this.one(each, field)));
    if (values.length > SHOWN) shown.push(`${values.length - SHOWN} more`);
    const word = op === "between" || op === "contains_all" ? "and" : "or";
    return shown.flatMap((text, n) => (n === 0 ? [[text, "b"]] : [[n === shown.length - 1 ? ` ${word} ` : ", "], [text, "b"]]));
  }

  async one(value, field) {
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (field?.type === "lookup" && field.target) return this.names.of(field.target, value);
    return field?.choices?.find((each) => each.value === value)?.label ?? String(value);
  }

  async related(cond, entity) {
    const relation = this.schema.relation(entity, cond.related);
    const label = low(relation?.label ?? cond.related);
    const how = cond.count;
    const words = { gte: "at least", lte: "at most", eq: "exactly", gt: "more than", lt: "fewer than", ne: "not exactly" };
    let amount = [["with "]];
    if (how?.op === "eq" && how.value === 0) amount = [["without", "not"], [" "]];
    else if (how) amount = [[`with ${words[how.op] ?? how.op.replaceAll("_", " ")} `], [[how.value].flat().join(" and "), "b"], [" "]];
    const where = await this.conds(cond.where, relation?.target, "and");
    if (!where.length) return [...amount, [label, "b"]];
    // What is asked of the related ones stands apart from what follows.
    const several = ["and", "or"].includes(condKind(cond.where)) && cond.where[condKind(cond.where)].length > 1;
    const told = several ? [["("], ...where, [")"]] : where;
    return [...amount, [label, "b"], [" "], ...told];
  }
}
