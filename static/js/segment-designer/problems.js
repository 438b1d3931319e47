// What is wrong, told at the condition it is about, above them all, and in the JSON.
import { button, h, icon } from "./dom.js";
import { lineAt, rangeOf } from "./json-places.js";
import { parsePlace, placeText } from "./tree.js";

export class Problems {
  constructor(root, text) {
    this.root = root;
    this.text = text;
    this.above = document.getElementById("designer-problem");
    this.inText = document.getElementById("designer-text-problem");
    this.told = null;
    this.left = [];
    // What a template asks, by place: told there until something is answered.
    this.asks = {};
  }

  clear() {
    this.told = null;
    this.above.replaceChildren();
    this.inText.replaceChildren();
    this.show();
  }

  /** `attr` is the place as the server names it: definition.where.and[2].op */
  blame(attr, detail) {
    const place = parsePlace((attr ?? "").replace(/^definition\.?/, ""));
    this.told = { place, detail };
    this.above.replaceChildren(h("div", { class: "h-alert bad" }, icon("alert-triangle", ""), h("span", {}, detail),
      place.length > 0 && button("Show where", { class: "btn h gh s push", "data-show-problem": true, onclick: () => this.go() })));
    this.show();
    this.showInText();
  }

  /** Conditions that nobody finished yet: marked, without a reproach above. */
  unfinished(places) {
    this.left = places;
    this.show();
  }

  /** Mark what is drawn now; called after every drawing. */
  show() {
    for (const each of this.root.querySelectorAll(".sd-bad,.sd-todo")) each.classList.remove("sd-bad", "sd-todo");
    for (const each of this.root.querySelectorAll(".sd-says")) each.remove();
    for (const key of this.left) {
      this.mark(this.find(parsePlace(key)), "sd-todo", this.asks[key] ?? "Not finished: left out of the counts until it has a value.");
    }
    for (const [key, ask] of Object.entries(this.asks)) {
      if (!this.left.includes(key)) this.mark(this.find(parsePlace(key)), "sd-todo", ask);
    }
    if (this.told?.place.length) this.mark(this.find(this.told.place), "sd-bad", this.told.detail);
  }

  mark(found, css, detail) {
    if (!found) return;
    found.classList.add(css);
    const says = h("p", { class: `sd-says ${css === "sd-bad" ? "bad" : ""}` }, detail);
    // A condition is one line: what is said about it stands below; else under the title.
    if (found.classList.contains("h-cond") || found.matches("header")) found.after(says);
    else (found.querySelector(":scope > header") ?? found.firstElementChild ?? found).after(says);
  }

  /** The innermost part on the screen that holds the place. */
  find(place) {
    for (let cut = place.length; cut >= 0; cut -= 1) {
      const key = CSS.escape(placeText(place.slice(0, cut)));
      const found = this.root.querySelector(`[data-at="${key}"]`);
      if (found) return found;
    }
    return null;
  }

  go() {
    if (!this.told) return;
    if (this.root.hidden) return this.select();
    const found = this.find(this.told.place);
    found?.scrollIntoView({ block: "center" });
    found?.querySelector("select,button,input,summary")?.focus({ preventScroll: true });
  }

  showInText() {
    if (!this.told?.place.length) return;
    const [start] = rangeOf(this.text.value, this.told.place);
    const line = lineAt(this.text.value, start);
    this.inText.replaceChildren(`Line ${line}, ${placeText(this.told.place)}: ${this.told.detail} `,
      button("Show it", { class: "sd-link", onclick: () => this.select() }));
  }

  select() {
    const [start, end] = rangeOf(this.text.value, this.told.place);
    this.text.focus();
    this.text.setSelectionRange(start, end);
    const height = Number.parseFloat(getComputedStyle(this.text).lineHeight) || 20;
    this.text.scrollTop = Math.max(0, (lineAt(this.text.value, start) - 4) * height);
  }
}
