// Groups and conditions as elements.
import { button, h, icon, say, select } from "./dom.js";
import { choices, openPicker } from "./picker.js";
import { withOperator } from "./schema.js";
import * as tree from "./tree.js";
import { valueEditor } from "./values.js";

const JOINS = [["all", "All of"], ["any", "Any of"], ["none", "None of"], ["notall", "Not all of"]];
const TELLS = {
  all: "these are true", any: "these: one is enough", none: "these may be true", notall: "these together",
};
const BETWEEN = { all: "and", any: "or", none: "nor", notall: "and" };
const RAIL = { all: "", any: "or", none: "not", notall: "not" };
const COUNTS = [["", "at least one"], ["gte", "at least"], ["eq", "exactly"], ["lte", "at most"], ["gt", "more than"], ["lt", "fewer than"], ["none", "none"]];
const CLIP = "handoff_conditions";

/** A group of conditions on rows of an entity, at a place. */
export function group(app, place, entity, { title = null, nested = false } = {}) {
  const shown = tree.groupAt(app.whole, place);
  const key = tree.placeText(place);
  const join = select(JOINS, shown.join, {
    class: "j", "aria-label": "How these conditions belong together", disabled: !app.edit, "data-focus": `${key}/join`,
  });
  join.addEventListener("change", () => app.set(tree.setJoin(app.whole, place, join.value), { focus: `${key}/join` }));
  const rows = shown.items.map((at, index) => item(app, at, entity, index ? BETWEEN[shown.join] : ""));
  const empty = !rows.length && h("p", { class: "sd-all sub" }, shown.join === "any" ? "Nobody, until a condition stands here." : `All ${app.schema.plural(entity).toLowerCase()}: no condition yet.`);
  return h("section", {
    class: `h-grp ${RAIL[shown.join]}`, "data-group": key, "data-entity": entity,
    "aria-label": `${JOINS.find(([each]) => each === shown.join)[1]} ${TELLS[shown.join]}`,
  },
  h("header", { "data-at": nested ? key : undefined },
    nested && handle(app, place), join, h("span", { class: "sub" }, title ?? TELLS[shown.join]),
    !shown.bare && shown.items.length ? count(key) : h("span", { class: "h-cnt" }),
    nested && app.edit ? menu(app, place, entity) : h("span", { class: "sd-gap" })),
  rows, empty, app.edit && footer(app, place, entity));
}

function footer(app, place, entity) {
  const key = tree.placeText(place);
  const add = button("Condition", {
    class: "btn h gh s", "aria-haspopup": "listbox", "aria-expanded": "false", "data-focus": `${key}/add`, "data-add": key,
  }, "plus");
  add.addEventListener("click", () => openPicker(add, choices(app.schema, entity), (cond) => insert(app, place, cond)));
  const inside = button("Group", {
    class: "btn h gh s", "data-focus": `${key}/addgroup`,
    onclick: () => insert(app, place, { or: [] }),
  }, "plus");
  if (tree.depthAt(place) >= app.schema.limits.depth - 1) inside.disabled = true;
  const copied = clipboard();
  return h("div", { class: "row-x sd-foot" }, add, inside,
    copied?.entity === entity && button("Paste", { class: "btn h gh s", onclick: () => insert(app, place, copied.cond) }, "clipboard"));
}

function insert(app, place, cond) {
  const next = tree.addTo(app.whole, place, structuredClone(cond));
  const at = tree.placeText(tree.groupAt(next, place).items.at(-1));
  const kind = tree.condKind(cond);
  const wanted = kind === "related" ? (tree.condKind(cond.where) === "clause" ? `${at}.where/value` : `${at}/related`) : kind === "clause" ? `${at}/value` : `${at}/add`;
  app.set(next, { focus: wanted });
}

function item(app, place, entity, word) {
  const cond = tree.getAt(app.whole, place);
  const kind = tree.condKind(cond);
  if (kind === "clause") return clause(app, place, entity, cond, word);
  const inner = kind === "related" ? related(app, place, entity, cond) : tree.isGroup(cond) ? group(app, place, entity, { nested: true }) : broken(app, place, entity, cond);
  return h("div", { class: "sd-inner", "data-item": tree.placeText(place) }, word && h("span", { class: "sd-word" }, word), inner);
}

function broken(app, place, entity, cond) {
  return h("div", { class: "h-cond", "data-at": tree.placeText(place) },
    h("span", { class: "sub" }, "This cannot be shown as a condition: "), h("code", { class: "sd-raw" }, JSON.stringify(cond).slice(0, 120)),
    h("span", { class: "h-cnt" }), menu(app, place, entity));
}

export function count(key) {
  return h("span", { class: "h-cnt num", "data-count": key }, h("span", { class: "n" }), h("span", { class: "h-bar" }, h("i")));
}

function clause(app, place, entity, cond, word) {
  const key = tree.placeText(place);
  const field = app.schema.field(entity, cond.field);
  const label = field?.label ?? (cond.field || "Choose a field");
  const token = h("button", {
    type: "button", class: "h-tok", "aria-haspopup": "listbox", "aria-expanded": "false",
    "data-focus": `${key}/field`, disabled: !app.edit, title: `${app.schema.label(entity)}: ${label}`,
  }, label, app.edit && icon("chevron-down"));
  token.addEventListener("click", () => openPicker(token, choices(app.schema, entity), (fresh) => {
    app.set(tree.setAt(app.whole, place, fresh), { focus: `${key}/value` });
  }));
  const operators = field?.operators ?? [cond.op];
  const shown = operators.includes(cond.op) ? operators : [cond.op, ...operators];
  const op = select(shown.map((each) => [each, app.schema.word(each ?? "")]), cond.op, {
    class: "h-tok op", "aria-label": `How ${label} is compared`, disabled: !app.edit, "data-focus": `${key}/op`,
  });
  op.addEventListener("change", () => {
    app.set(tree.setAt(app.whole, place, withOperator(cond, field, op.value)), { focus: `${key}/op` });
  });
  const editor = valueEditor({
    schema: app.schema, names: app.names, field, clause: cond, key, label, fixed: !app.edit,
    change: (value, typed) => app.set(
      tree.setAt(app.whole, place, { ...tree.getAt(app.whole, place), value }),
      typed ? { quiet: true, tag: key } : { focus: `${key}/value` },
    ),
  });
  return h("div", { class: "h-cond", "data-at": key, "data-item": key },
    handle(app, place), h("span", { class: "w" }, word), token, op, editor, count(key), menu(app, place, entity));
}

function related(app, place, entity, cond) {
  const key = tree.placeText(place);
  const relation = app.schema.relation(entity, cond.related);
  const target = relation?.target;
  const which = select(app.schema.relations(entity).map((each) => [each.name, each.label]), cond.related, {
    class: "h-tok sd-sel", "aria-label": "Which related records", disabled: !app.edit, "data-focus": `${key}/related`,
  });
  which.addEventListener("change", () => {
    const other = app.schema.relation(entity, which.value);
    const kept = other.target === target ? cond : (({ where, ...rest }) => rest)(cond);
    app.set(tree.setAt(app.whole, place, { ...kept, related: which.value }), { focus: `${key}/related` });
  });
  const box = h("section", { class: "h-grp rel", "data-at": key, "aria-label": `Has ${relation?.label ?? cond.related}` },
    h("header", {}, handle(app, place), h("span", { class: "sub" }, "has"), amount(app, place, cond, key, relation), which,
      h("span", { class: "sub" }, cond.where ? "for which" : ""), count(key), menu(app, place, entity)));
  if (!target) return box;
  if (cond.where !== undefined) {
    box.append(group(app, [...place, "where"], target, { title: `${TELLS[tree.groupAt(app.whole, [...place, "where"]).join]}, of the same one` }));
  } else if (app.edit) {
    const add = button("Condition on these", { class: "btn h gh s", "aria-haspopup": "listbox", "aria-expanded": "false", "data-focus": `${key}.where/add` }, "plus");
    add.addEventListener("click", () => openPicker(add, choices(app.schema, target), (fresh) => {
      app.set(tree.setAt(app.whole, [...place, "where"], fresh), { focus: `${key}.where/value` });
    }));
    box.append(h("div", { class: "row-x sd-foot" }, add));
  }
  return box;
}

function amount(app, place, cond, key, relation) {
  if (relation && !relation.many && !cond.count) return h("span", { class: "sub" }, "a");
  const { count: how } = cond;
  const known = !how || typeof how.value === "number";
  if (!known || (how && !COUNTS.some(([op]) => op === how.op))) {
    return h("code", { class: "sd-raw" }, `${how.op} ${JSON.stringify(how.value)}`);
  }
  const none = how?.op === "eq" && how.value === 0;
  const op = select(COUNTS, none ? "none" : how?.op ?? "", {
    class: "h-tok op", "aria-label": "How many", disabled: !app.edit, "data-focus": `${key}/how`,
  });
  const save = (next, options) => {
    const { count: _, ...rest } = tree.getAt(app.whole, place);
    app.set(tree.setAt(app.whole, place, next ? { ...rest, count: next } : rest), options);
  };
  op.addEventListener("change", () => {
    const value = Math.max(1, how?.value ?? 2);
    save(op.value === "" ? null : op.value === "none" ? { op: "eq", value: 0 } : { op: op.value, value }, { focus: `${key}/how` });
  });
  if (!how || none) return op;
  const number = h("input", {
    type: "number", min: "0", step: "1", class: "form-control h sd-value sd-n", "aria-label": "Number of them", disabled: !app.edit, "data-focus": `${key}/number`,
  });
  number.value = how.value;
  number.addEventListener("input", () => number.value !== "" && save({ op: how.op, value: Math.max(0, Math.round(Number(number.value))) }, { quiet: true, tag: `${key}#` }));
  return [op, number];
}

// What can be done with one condition --------------------------------------------------

function handle(app, place) {
  if (!app.edit) return null;
  return h("span", { class: "sd-grip", "data-grip": tree.placeText(place), "aria-hidden": "true", title: "Drag" });
}

export function clipboard() {
  try {
    return JSON.parse(sessionStorage.getItem(CLIP) ?? "null");
  } catch {
    return null;
  }
}

function menu(app, place, entity) {
  if (!app.edit) return null;
  const key = tree.placeText(place);
  const cond = tree.getAt(app.whole, place);
  const move = (step) => {
    const { whole, place: to } = tree.moveBy(app.whole, place, step);
    app.set(whole, { focus: `${tree.placeText(to)}/menu` });
  };
  const copy = () => {
    sessionStorage.setItem(CLIP, JSON.stringify({ entity, cond }));
    navigator.clipboard?.writeText(JSON.stringify(cond)).catch(() => {});
    app.render();
    say("Copied. Paste it into any group on the same kind of record.");
  };
  const lines = [
    ["Move up", "chevron-up", () => move(-1)],
    ["Move down", "chevron-down", () => move(1)],
    ["Duplicate", "copy", () => app.set(tree.duplicateAt(app.whole, place))],
    ["Copy", "clipboard", copy],
    ["Put into a group", "folder", () => app.set(tree.wrapAt(app.whole, place), { focus: `${key}/add` })],
    ["Remove", "trash", () => app.set(tree.removeAt(app.whole, place))],
  ];
  return menuOf(lines, { focus: `${key}/menu`, label: "What to do with this condition" });
}

export function menuOf(lines, { focus, label, symbol = "dots" }) {
  const pop = h("details", { class: "h-pop", "data-pop": true },
    h("summary", { class: "h-ic s", "aria-label": label, title: label, "data-focus": focus }, icon(symbol, "")));
  const box = h("div", { class: "h-popbox end", role: "menu" });
  for (const [text, name, run] of lines) {
    const line = h("button", { type: "button", role: "menuitem", class: name === "trash" ? "danger" : "" }, icon(name), h("span", {}, text));
    line.addEventListener("click", () => {
      pop.open = false;
      run();
    });
    box.append(line);
  }
  pop.append(box);
  return pop;
}

