// Conditions on related records: how many of them, all of them or only some.
import { count, grip, group } from "./conditions.js";
import { h, select } from "./dom.js";
import { condMenu } from "./menus.js";
import * as tree from "./tree.js";

const COUNTS = [["", "at least one"], ["gte", "at least"], ["eq", "exactly"], ["lte", "at most"], ["gt", "more than"], ["lt", "fewer than"], ["none", "none"]];

export function related(app, place, entity, cond) {
  const key = tree.placeText(place);
  const relation = app.schema.relation(entity, cond.related);
  const target = relation?.target;
  const header = h("header", {}, grip(app, place), h("span", { class: "sub" }, "has"),
    amount(app, place, cond, key, relation), which(app, place, entity, cond, target),
    target && some(app, place, cond, key, relation), count(key, entity), condMenu(app, place, entity));
  const box = h("section", { class: "h-grp rel", "data-at": key, "aria-label": `Has ${relation?.label ?? cond.related}` }, header);
  if (target && cond.where !== undefined) {
    box.append(group(app, [...place, "where"], target, { same: relation.many }));
  }
  return box;
}

function which(app, place, entity, cond, target) {
  const key = tree.placeText(place);
  const made = select(app.schema.relations(entity).map((each) => [each.name, each.label]), cond.related, {
    class: "h-tok sd-sel", "aria-label": "Which related records", disabled: !app.edit, "data-focus": `${key}/related`,
  });
  made.addEventListener("change", () => {
    const other = app.schema.relation(entity, made.value);
    const rest = other.target === target ? cond : (({ where, ...others }) => others)(cond);
    app.set(tree.setAt(app.whole, place, { ...rest, related: made.value }), { focus: `${key}/related` });
  });
  return made;
}

/** Right after the hop: every related record, or only those that fit conditions. */
function some(app, place, cond, key, relation) {
  const made = select([["all", "All*"], ["some", relation.many ? "Only those where" : "Only where"]], cond.where === undefined ? "all" : "some", {
    class: "h-tok sd-sel", "aria-label": "Which of them", disabled: !app.edit, "data-focus": `${key}/some`,
  });
  made.addEventListener("change", () => {
    const { where: _, ...rest } = tree.getAt(app.whole, place);
    const next = made.value === "all" ? rest : { related: rest.related, where: { and: [] }, ...(rest.count && { count: rest.count }) };
    app.set(tree.setAt(app.whole, place, next), { focus: made.value === "all" ? `${key}/some` : `${key}.where/add` });
  });
  return made;
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
