// The count of every condition beside it, and how many fit only because nothing is there.
import { about, capital, giveOrTake } from "./about.js";
import { button, h } from "./dom.js";
import { condKind, emptyLeftOut, finished, getAt, leaveOutEmpty, parsePlace, same } from "./tree.js";

const number = (value) => value.toLocaleString("en");
const KEPT = 400;
const told = (value, margin) => (margin ? about(value, margin) : number(value));

export class Counts {
  constructor(app, root) {
    this.app = app;
    this.root = root;
    // By what is asked of which rows: a condition that did not change keeps its number.
    this.known = new Map();
    this.last = { whole: null, counted: null };
  }

  /** Take what was counted for `whole`: the same JSON, with numbers in it. */
  take(whole, counted) {
    if (this.known.size > KEPT) this.known.clear();
    this.last = { whole, counted };
    this.mark();
  }

  /** The numbers of what stands at a place now: of the last answer, else from before. */
  of(box, whole) {
    const place = parsePlace(box.dataset.count);
    const part = getAt(whole, place);
    if (part === undefined) return undefined;
    const key = `${box.dataset.of ?? ""}|${JSON.stringify(part)}`;
    const { whole: asked, counted } = this.last;
    const fresh = getAt(counted, place);
    if (fresh?.rows !== undefined && same(getAt(asked, place), part)) {
      this.known.set(key, { rows: fresh.rows, empty: fresh.empty ?? 0, margin: fresh.margin ?? 0 });
    }
    return this.known.get(key);
  }

  /** Put the numbers beside the conditions, as far as they are known. */
  mark() {
    const { whole } = finished(this.app.whole);
    const found = new Map();
    for (const box of this.root.querySelectorAll("[data-count]")) found.set(box, this.of(box, whole));
    for (const [box, part] of found) {
      box.querySelector(".n").textContent = part ? told(part.rows, part.margin) : "";
      box.querySelector(".h-bar").hidden = !part;
      box.querySelector(".h-bar").style.setProperty("--v", part ? (100 * part.rows) / (this.most(box, found) || 1) : 0);
      box.title = part ? `${capital(told(part.rows, part.margin))} fit${part.margin ? `, ${giveOrTake(part.margin)}` : ""}` : "";
      const hint = this.root.querySelector(`[data-empty="${CSS.escape(box.dataset.count)}"]`);
      if (hint) this.hint(hint, part);
    }
  }

  most(box, found) {
    const holder = box.closest("[data-group]") ?? this.root;
    return Math.max(0, ...[...found].filter(([other]) => holder.contains(other)).map(([, part]) => part?.rows ?? 0));
  }

  hint(line, part) {
    const { app } = this;
    const place = parsePlace(line.dataset.empty);
    const name = fieldOf(getAt(app.whole, place));
    const entity = line.closest("[data-group]")?.dataset.entity;
    line.hidden = !part?.empty || !name || emptyLeftOut(app.whole, place, name);
    if (line.hidden) return line.replaceChildren();
    const share = Math.round((100 * part.empty) / part.rows);
    const label = (app.schema.field(entity, name)?.label ?? name).toLowerCase();
    line.replaceChildren(
      h("span", {}, `${capital(told(part.empty, part.margin))} of these (${share < 1 ? "under 1" : share}%) fit only because their ${label} is empty.`),
      app.edit && button("Leave them out", {
        class: "sd-link", "data-leave-out": line.dataset.empty,
        onclick: () => app.set(leaveOutEmpty(app.whole, place, name)),
      }));
  }
}

/** The field a negative condition is about. */
function fieldOf(cond) {
  let inner = cond;
  while (condKind(inner) === "not") inner = inner.not;
  if (["and", "or"].includes(condKind(inner)) && inner[condKind(inner)].length === 1) [inner] = inner[condKind(inner)];
  return condKind(inner) === "clause" ? inner.field : null;
}
