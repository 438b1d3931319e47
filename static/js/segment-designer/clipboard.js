// Conditions and groups copied here can be pasted in any other segment, also in another
// window: what was copied last is kept, and stands in the system's clipboard as JSON.
import { SETS, addSet, addTo, condKind, getAt, groupAt, parsePlace, placeText, removeAt, setKind } from "./tree.js";
import { say } from "./dom.js";

const KEPT = "handoff_conditions";

/** What was copied last: {entity, cond} or {set}; null where there is nothing. */
export function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

export function keep(copied) {
  localStorage.setItem(KEPT, JSON.stringify(copied));
  const text = JSON.stringify(copied.cond ?? copied.set, null, 2);
  navigator.clipboard?.writeText(text).catch(() => {});
  return text;
}

export function copyCond(app, place, entity) {
  const text = keep({ entity, cond: getAt(app.whole, place) });
  say(`Copied. Paste it into any group on ${app.schema.plural(entity).toLowerCase()}, in this segment or another.`);
  return text;
}

export function copySet(app, place) {
  const text = keep({ set: getAt(app.whole, place) });
  say("Copied. It can be pasted as a group, in this segment or another.");
  return text;
}

/** Whether everything a condition asks about exists on rows of this entity. */
export function fits(schema, entity, cond) {
  const kind = condKind(cond);
  if (kind === "clause") return Boolean(schema.field(entity, cond.field));
  if (kind === "and" || kind === "or") return cond[kind].every((each) => fits(schema, entity, each));
  if (kind === "not") return fits(schema, entity, cond.not);
  if (kind !== "related") return false;
  const target = schema.relation(entity, cond.related)?.target;
  return Boolean(target) && (cond.where === undefined || fits(schema, target, cond.where));
}

/** What can be pasted into a group on this entity, or null. */
export function pasteable(app, entity) {
  const copied = kept();
  return copied?.cond && fits(app.schema, entity, copied.cond) ? copied.cond : null;
}

function read(text) {
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

const writing = (target) => target.closest?.("input,textarea,[contenteditable]");

function chosen(root) {
  const row = document.activeElement?.closest?.("[data-item]");
  if (!row || !root.contains(row) || String(window.getSelection())) return null;
  return { place: parsePlace(row.dataset.item), entity: row.closest("[data-group]").dataset.entity };
}

/** Ctrl C, X and V, and Delete, on the condition that has the focus. */
export function enableClipboard(app, root) {
  const take = (event, cut) => {
    const found = writing(event.target) ? null : chosen(root);
    if (!found) return;
    event.clipboardData.setData("text/plain", copyCond(app, found.place, found.entity));
    event.preventDefault();
    if (cut && app.edit) app.set(removeAt(app.whole, found.place));
  };
  document.addEventListener("copy", (event) => take(event, false));
  document.addEventListener("cut", (event) => take(event, true));
  document.addEventListener("paste", (event) => {
    if (!app.edit || writing(event.target) || root.hidden) return;
    const found = read(event.clipboardData.getData("text/plain"));
    if (!found) return;
    event.preventDefault();
    paste(app, root, found);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Delete" || writing(event.target)) return;
    const found = app.edit && chosen(root);
    if (!found) return;
    event.preventDefault();
    app.set(removeAt(app.whole, found.place));
  });
}

function paste(app, root, found) {
  const kind = setKind(found);
  if (kind === "block" || kind === "segment" || SETS.includes(kind)) {
    app.set(addSet(app.whole, [], "union", found));
    return say("Pasted as another group: or also.");
  }
  const here = document.activeElement?.closest?.("[data-group]") ?? root.querySelector("[data-group]");
  if (!here || !fits(app.schema, here.dataset.entity, found)) {
    return say("These conditions do not fit here: they ask about another kind of record.", "bad");
  }
  const place = parsePlace(here.dataset.group);
  const next = addTo(app.whole, place, found);
  app.set(next, { focus: `${placeText(groupAt(next, place).items.at(-1))}/menu` });
}
