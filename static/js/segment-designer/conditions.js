// Groups and conditions as elements.
import { pasteable } from "./clipboard.js";
import { button, h, icon, select } from "./dom.js";
import { condMenu } from "./menus.js";
import { choices, openPicker } from "./picker.js";
import { related } from "./relations.js";
import { withOperator } from "./schema.js";
import * as tree from "./tree.js";
import { valueEditor } from "./values.js";

const JOINS = [["all", "All of"], ["any", "Any of"], ["none", "None of"], ["notall", "Not all of"]];
const TELLS = {
  all: "these are true", any: "these: one is enough", none: "these may be true", notall: "these together",
};
const BETWEEN = { all: "and", any: "or", none: "nor", notall: "and" };
const RAIL = { all: "", any: "or", none: "not", notall: "not" };

/**
 * A group of conditions on rows of an entity, at a place. `same` says that all of them
 * are asked of one and the same related record.
 */
export function group(app, place, entity, { title = null, nested = false, same = false } = {}) {
  const shown = tree.groupAt(app.whole, place);
  const key = tree.placeText(place);
  const join = select(JOINS, shown.join, {
    class: "j", "aria-label": "How these conditions belong together", disabled: !app.edit, "data-focus": `${key}/join`,
  });
  join.addEventListener("change", () => app.set(tree.setJoin(app.whole, place, join.value), { focus: `${key}/join` }));
  const rows = shown.items.map((at, index) => item(app, at, entity, index ? BETWEEN[shown.join] : ""));
  const empty = !rows.length && h("p", { class: "sd-all sub" }, shown.join === "any" ? "Nobody, until a condition stands here." : `All ${app.schema.plural(entity).toLowerCase()}: no condition yet.`);
  const counted = shown.items.length && (!shown.bare || shown.join === "none");
  const told = title ?? `${TELLS[shown.join]}${same ? ", of the same one" : ""}`;
  return h("section", {
    class: `h-grp ${RAIL[shown.join]}`, "data-group": key, "data-entity": entity,
    "aria-label": `${JOINS.find(([each]) => each === shown.join)[1]} ${TELLS[shown.join]}`,
  },
  h("header", { "data-at": nested ? key : undefined },
    nested && grip(app, place), join, h("span", { class: "sub" }, told),
    counted ? count(key, entity) : h("span", { class: "h-cnt" }),
    nested && app.edit ? condMenu(app, place, entity) : h("span", { class: "sd-gap" })),
  counted && shown.bare && hint(key), rows, empty, app.edit && footer(app, place, entity));
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
  const copied = pasteable(app, entity);
  return h("div", { class: "row-x sd-foot" }, add, inside,
    copied && button("Paste", { class: "btn h gh s", onclick: () => insert(app, place, copied) }, "clipboard"));
}

function insert(app, place, cond) {
  const next = tree.addTo(app.whole, place, structuredClone(cond));
  const at = tree.placeText(tree.groupAt(next, place).items.at(-1));
  app.set(next, { focus: `${at}${firstPart(cond)}` });
}

/** What of a new condition is filled in first. */
function firstPart(cond) {
  const kind = tree.condKind(cond);
  if (kind === "clause") return "/value";
  if (kind !== "related") return "/add";
  if (tree.condKind(cond.where) === "clause") return ".where/value";
  return cond.count ? "/number" : "/some";
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
    h("span", { class: "h-cnt" }), condMenu(app, place, entity));
}

/** Where the number of rows goes that fit what stands at a place. */
export function count(key, entity) {
  return h("span", { class: "h-cnt num", "data-count": key, "data-of": entity }, h("span", { class: "n" }), h("span", { class: "h-bar" }, h("i")));
}

/** Where is told how many fit only because the field is empty. */
const hint = (key) => h("p", { class: "sd-empty", "data-empty": key, hidden: true });

function clause(app, place, entity, cond, word) {
  const key = tree.placeText(place);
  const field = app.schema.field(entity, cond.field);
  const label = field?.label ?? (cond.field || "Choose a field");
  const token = h("button", {
    type: "button", class: "h-tok", "aria-haspopup": "listbox", "aria-expanded": "false",
    "data-focus": `${key}/field`, disabled: !app.edit, title: `${app.schema.label(entity)}: ${label}`,
  }, label, app.edit && icon("chevron-down"));
  token.addEventListener("click", () => openPicker(token, choices(app.schema, entity), (fresh) => {
    app.set(tree.setAt(app.whole, place, fresh), { focus: `${key}${firstPart(fresh)}` });
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
  const row = h("div", { class: "h-cond", "data-at": key, "data-item": key },
    grip(app, place), h("span", { class: "w" }, word), token, op, editor, count(key, entity), condMenu(app, place, entity));
  return [row, hint(key)];
}

export function grip(app, place) {
  if (!app.edit) return null;
  return h("span", { class: "sd-grip", "data-grip": tree.placeText(place), "aria-hidden": "true", title: "Drag" });
}
