// Pure edits of conditions as JSON: nothing here touches the page.
// A place is a list of keys: ["where", "and", 2]. Every edit gives a new whole.

export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export function getAt(whole, place) {
  return place.reduce((part, key) => (part == null ? undefined : part[key]), whole);
}

export function setAt(whole, place, value) {
  if (!place.length) return value;
  const [key, ...rest] = place;
  const copy = Array.isArray(whole) ? [...whole] : { ...whole };
  const next = setAt(copy[key], rest, value);
  if (next === undefined && !Array.isArray(copy)) delete copy[key];
  else copy[key] = next;
  return copy;
}

/** "where.and[2].op" as the keys it names. */
export function parsePlace(text) {
  return (text.match(/[^.[\]]+/g) ?? []).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

export function placeText(place) {
  return place.reduce(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text ? `${text}.${key}` : key),
    "",
  );
}

// Kinds of parts -------------------------------------------------------------------

export const SETS = ["union", "intersect", "except"];

export function setKind(item) {
  if (!item || typeof item !== "object") return "empty";
  if ("from" in item) return "block";
  if ("segment" in item) return "segment";
  return SETS.find((kind) => Array.isArray(item[kind])) ?? "unknown";
}

export function condKind(item) {
  if (item == null) return "empty";
  if (typeof item !== "object" || Array.isArray(item)) return "unknown";
  if ("field" in item) return "clause";
  if ("related" in item) return "related";
  for (const kind of ["and", "or"]) if (Array.isArray(item[kind])) return kind;
  return "not" in item ? "not" : "unknown";
}

// Groups: how a place that holds conditions is shown -------------------------------

/**
 * A place of conditions as a group: `join` is all, any, none or notall; `items` are the
 * places of its conditions. One bare condition is a group of one.
 */
export function groupAt(whole, place) {
  const cond = getAt(whole, place);
  const kind = condKind(cond);
  if (kind === "empty") return { join: "all", items: [], bare: true };
  if (kind === "and" || kind === "or") {
    const items = cond[kind].map((_, n) => [...place, kind, n]);
    return { join: kind === "and" ? "all" : "any", items, bare: false };
  }
  if (kind === "not") {
    const inner = condKind(cond.not);
    if (inner === "or" || inner === "and") {
      const items = cond.not[inner].map((_, n) => [...place, "not", inner, n]);
      return { join: inner === "or" ? "none" : "notall", items, bare: false };
    }
    return { join: "none", items: [[...place, "not"]], bare: true };
  }
  return { join: "all", items: [place], bare: true };
}

export const isGroup = (cond) => ["and", "or", "not"].includes(condKind(cond));

/** Conditions joined in this way, as JSON. */
export function joined(join, items) {
  if (join === "all") return { and: items };
  if (join === "any") return { or: items };
  return { not: join === "none" ? { or: items } : { and: items } };
}

function withItems(whole, place, join, items, nested) {
  // At the top a single condition stands bare, and none at all leaves no key.
  if (!nested && join === "all" && items.length < 2) return setAt(whole, place, items[0]);
  return setAt(whole, place, joined(join, items));
}

const nestedAt = (place) => !["where", "then"].includes(place.at(-1));

export function setJoin(whole, place, join) {
  const group = groupAt(whole, place);
  const items = group.items.map((at) => getAt(whole, at));
  return setAt(whole, place, joined(join, items));
}

export function addTo(whole, place, cond, index = Infinity) {
  const group = groupAt(whole, place);
  const items = group.items.map((at) => getAt(whole, at));
  items.splice(index, 0, cond);
  return withItems(whole, place, group.join, items, nestedAt(place));
}

/** The group a condition stands in, and which one it is there. */
export function parentOf(whole, place) {
  const top = ["where", "then"].includes(place.at(-1));
  for (let cut = top ? place.length : place.length - 1; cut >= 0; cut -= 1) {
    const at = place.slice(0, cut);
    if (!isHolder(whole, at)) continue;
    const index = groupAt(whole, at).items.findIndex((item) => same(item, place));
    if (index >= 0) return { place: at, index };
  }
  return null;
}

function isHolder(whole, place) {
  const last = place.at(-1);
  // What is denied twice is a group in a group; else "not" belongs to its own group.
  if (last === "not") return condKind(getAt(whole, place)) === "not";
  return ["where", "then"].includes(last) || typeof last === "number";
}

export function removeAt(whole, place) {
  const parent = parentOf(whole, place);
  if (!parent) return whole;
  const group = groupAt(whole, parent.place);
  const items = group.items.map((at) => getAt(whole, at));
  items.splice(parent.index, 1);
  return withItems(whole, parent.place, group.join, items, nestedAt(parent.place));
}

export function duplicateAt(whole, place) {
  const parent = parentOf(whole, place);
  if (!parent) return whole;
  return addTo(whole, parent.place, structuredClone(getAt(whole, place)), parent.index + 1);
}

/** Put a condition into a group of its own, so that others can be joined to it. */
export function wrapAt(whole, place, join = "any") {
  return setAt(whole, place, joined(join, [getAt(whole, place)]));
}

/** Up or down among its neighbours; beyond the edge out of its group. */
export function moveBy(whole, place, step) {
  const parent = parentOf(whole, place);
  if (!parent) return { whole, place };
  const group = groupAt(whole, parent.place);
  const items = group.items.map((at) => getAt(whole, at));
  const to = parent.index + step;
  if (to >= 0 && to < items.length) {
    [items[parent.index], items[to]] = [items[to], items[parent.index]];
    const next = withItems(whole, parent.place, group.join, items, nestedAt(parent.place));
    return { whole: next, place: groupAt(next, parent.place).items[to] };
  }
  const outer = nestedAt(parent.place) ? parentOf(whole, parent.place) : null;
  if (!outer) return { whole, place };
  const index = step < 0 ? outer.index : outer.index + 1;
  const cond = getAt(whole, place);
  const next = addTo(removeAt(whole, place), outer.place, cond, index);
  return { whole: next, place: groupAt(next, outer.place).items[index] };
}

/** Take a condition elsewhere: to `index` in the group at `target`. */
export function moveTo(whole, place, target, index) {
  const inside = same(target.slice(0, place.length), place);
  const from = parentOf(whole, place);
  if (inside || !from) return whole;
  const cond = getAt(whole, place);
  if (same(from.place, target)) {
    const items = groupAt(whole, target).items.map((at) => getAt(whole, at));
    items.splice(from.index, 1);
    items.splice(index > from.index ? index - 1 : index, 0, cond);
    return withItems(whole, target, groupAt(whole, target).join, items, nestedAt(target));
  }
  // A mark keeps the target's place while the condition is taken out elsewhere.
  const mark = { field: "", op: "", mark: true };
  const placed = addTo(whole, target, mark, index);
  const moved = walk(placed, [], (part) => part === cond);
  const without = removeAt(placed, moved);
  const at = findMark(without, []);
  return at ? setAt(without, at, cond) : whole;
}

function walk(part, place, wanted) {
  if (wanted(part)) return place;
  if (!part || typeof part !== "object") return null;
  for (const key of Object.keys(part)) {
    const found = walk(part[key], [...place, Array.isArray(part) ? Number(key) : key], wanted);
    if (found) return found;
  }
  return null;
}

const findMark = (whole) => walk(whole, [], (part) => part?.mark === true);

// Sets ------------------------------------------------------------------------------

/** Join another set to the one at a place: "or also", "but also in", "but not". */
export function addSet(whole, place, kind, item) {
  const here = getAt(whole, place);
  if (setKind(here) === "empty") return setAt(whole, place, item);
  const next = here[kind] ? { [kind]: [...here[kind], item] } : { [kind]: [here, item] };
  return setAt(whole, place, next);
}

/** Take a set away; what it was joined to stays, alone if need be. */
export function removeSet(whole, place) {
  if (!place.length) return {};
  const list = place.slice(0, -1);
  const rest = getAt(whole, list).filter((_, n) => n !== place.at(-1));
  const holder = list.slice(0, -1);
  return setAt(whole, holder, rest.length === 1 ? rest[0] : { [list.at(-1)]: rest });
}

/** Up or down in its list; the first of "but not" is what the others are taken from. */
export function moveSet(whole, place, step) {
  const list = place.slice(0, -1);
  const sets = [...(getAt(whole, list) ?? [])];
  const [from, to] = [place.at(-1), place.at(-1) + step];
  if (to < 0 || to >= sets.length) return whole;
  [sets[from], sets[to]] = [sets[to], sets[from]];
  return setAt(whole, list, sets);
}

export function setKindAt(whole, place, kind) {
  const here = getAt(whole, place);
  return setAt(whole, place, { [kind]: here[setKind(here)] });
}

/** A group of conditions on an entity, with the keys in the order they are read. */
export function block(from, { where, to, then } = {}) {
  const made = { from };
  if (where !== undefined) made.where = where;
  if (to?.length) made.to = to;
  if (then !== undefined && to?.length) made.then = then;
  return made;
}

export function setSteps(whole, place, to) {
  const { from, where, then, to: before } = getAt(whole, place);
  const kept = same(before, to) ? then : undefined;
  return setAt(whole, place, block(from, { where, to, then: kept }));
}

export function setWhere(whole, place, key, cond) {
  const next = { ...getAt(whole, place), [key]: cond };
  return setAt(whole, place, block(next.from, next));
}

// What is not finished yet ----------------------------------------------------------

const empty = (value) =>
  value == null || value === "" || (Array.isArray(value) && (!value.length || value.some(empty)));

export function isFinished(cond) {
  if (!cond.field || !cond.op) return false;
  if (cond.op === "blank" || cond.op === "not_blank") return true;
  return !empty(cond.value);
}

/**
 * The conditions with unfinished ones left out, without moving any other: what can be
 * counted while somebody types. `left` are the places of those left out.
 */
export function finished(whole) {
  const left = [];
  const cond = (item, neutral, place) => {
    const kind = condKind(item);
    if (kind === "clause") {
      if (isFinished(item)) return item;
      left.push(placeText(place));
      return neutral;
    }
    if (kind === "and" || kind === "or") {
      const inner = kind === "and" ? { and: [] } : { or: [] };
      return { [kind]: item[kind].map((each, n) => cond(each, inner, [...place, kind, n])) };
    }
    if (kind === "not") return { not: cond(item.not, { or: [] }, [...place, "not"]) };
    if (kind === "related" && item.where) return { ...item, where: cond(item.where, { and: [] }, [...place, "where"]) };
    return item;
  };
  const set = (item, place) => {
    const kind = setKind(item);
    if (SETS.includes(kind)) return { [kind]: item[kind].map((each, n) => set(each, [...place, kind, n])) };
    if (kind !== "block") return item;
    const copy = { ...item };
    for (const key of ["where", "then"]) if (item[key]) copy[key] = cond(item[key], { and: [] }, [...place, key]);
    return copy;
  };
  return { whole: set(whole, []), left };
}

// Empty values ------------------------------------------------------------------------

const present = (field) => ({ field, op: "not_blank" });
const asksPresent = (cond, field) => condKind(cond) === "clause" && cond.field === field && cond.op === "not_blank";

/** Whether what stands beside a condition already asks that its field is not empty. */
export function emptyLeftOut(whole, place, field) {
  const parent = parentOf(whole, place);
  if (!parent) return false;
  const group = groupAt(whole, parent.place);
  return group.join === "all" && group.items.some((at) => asksPresent(getAt(whole, at), field));
}

/** Ask beside a negative condition that its field is not empty. */
export function leaveOutEmpty(whole, place, field) {
  const parent = parentOf(whole, place);
  if (parent && groupAt(whole, parent.place).join === "all") {
    return addTo(whole, parent.place, present(field), parent.index + 1);
  }
  return setAt(whole, place, { and: [getAt(whole, place), present(field)] });
}

/** How deep groups stand in each other at a place. */
export function depthAt(place) {
  return place.filter((key) => ["where", "then", "and", "or", "not", ...SETS].includes(key)).length;
}
