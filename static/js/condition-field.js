// A condition in a form: the editor of conditions over its text field, which stays the
// value that is sent and can be written by hand.
import { group } from "./segment-designer/conditions.js";
import { button, h, keepingFocus, useSprite } from "./segment-designer/dom.js";
import { enableDrag } from "./segment-designer/drag.js";
import { Names } from "./segment-designer/names.js";
import { closePicker } from "./segment-designer/picker.js";
import { Schema } from "./segment-designer/schema.js";
import { groupAt, same } from "./segment-designer/tree.js";

let schema = null;
let names = null;

function read(text) {
  try {
    return text.trim() ? JSON.parse(text) : undefined;
  } catch {
    return null;
  }
}

class Field {
  constructor(area) {
    this.area = area;
    this.entity = area.dataset.condition;
    this.edit = !area.readOnly && !area.disabled;
    this.schema = schema;
    this.names = names;
    this.root = h("div", { class: "w-conditions" });
    const shown = button("Write as JSON", { class: "btn h gh s", "aria-pressed": "false" }, "code");
    shown.addEventListener("click", () => this.toggle(shown));
    area.before(this.root);
    area.after(shown);
    this.whole = { from: this.entity, where: read(area.value) ?? undefined };
    if (read(area.value) === null) this.toggle(shown);
    else area.hidden = true;
    area.dataset.ready = "1";
    enableDrag(this, this.root);
    this.render();
  }

  set(next, { quiet = false, focus = null } = {}) {
    if (same(next, this.whole)) return;
    this.whole = next;
    const empty = !groupAt(next, ["where"]).items.length;
    this.area.value = empty ? "" : JSON.stringify(next.where);
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    if (!quiet) this.render(focus);
  }

  render(focus = null) {
    closePicker(false);
    keepingFocus(this.root, () => this.root.replaceChildren(group(this, ["where"], this.entity)), focus);
  }

  toggle(shown) {
    const writing = this.area.hidden !== false || !this.root.hidden;
    if (!writing) {
      const where = read(this.area.value);
      if (where === null) return this.area.focus();
      this.whole = { from: this.entity, where };
      this.render();
    } else if (this.area.value.trim() && read(this.area.value)) {
      this.area.value = JSON.stringify(read(this.area.value), null, 2);
    }
    this.area.hidden = !writing;
    this.root.hidden = writing;
    shown.setAttribute("aria-pressed", String(writing));
    shown.lastChild.textContent = writing ? "Show as conditions" : "Write as JSON";
  }
}

async function mount() {
  const areas = [...document.querySelectorAll("textarea[data-condition]:not([data-ready])")];
  if (!areas.length) return;
  if (!schema) {
    const answer = await fetch("/api/v1/query/schema/");
    // Without it the text field serves as it is.
    if (!answer.ok) return;
    const sprite = document.querySelector("svg.i use").getAttribute("href");
    useSprite(sprite.split("#")[0]);
    schema = new Schema(await answer.json());
    names = new Names("/lookup/KEY/");
  }
  for (const area of areas) if (!area.dataset.ready) new Field(area);
}

document.addEventListener("htmx:load", mount);
mount();
