// The panel at the right, the sentence and the count of every condition.
import { h, icon } from "./dom.js";
import { Teller } from "./sentence.js";
import { finished, getAt, parsePlace, placeText } from "./tree.js";

const WAIT = 350;
const number = (value) => value.toLocaleString("en");

export class Preview {
  constructor(app, api) {
    this.app = app;
    this.api = api;
    this.timer = null;
    this.turn = 0;
    this.counts = null;
    this.total = document.getElementById("designer-total");
    this.numbers = document.getElementById("designer-numbers");
    this.sentence = document.getElementById("designer-sentence");
    this.problem = document.getElementById("designer-problem");
    this.teller = new Teller(app.schema, app.names);
    this.told = 0;
  }

  /** The sentence on top; what people said last is what is shown. */
  async sayIt() {
    const turn = (this.told += 1);
    const parts = await this.teller.tell(this.app.whole).catch(() => null);
    if (turn !== this.told || !parts) return;
    const tag = { b: "b", em: "em", or: "em", not: "em" };
    this.sentence.replaceChildren(...parts.map(([text, mark]) =>
      (mark ? h(tag[mark], { class: mark === "or" || mark === "not" ? mark : undefined }, text) : text)));
  }

  later() {
    this.sayIt();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
    if (this.app.settings.mayCount) this.total.classList.add("sd-stale");
  }

  async ask() {
    if (!this.app.settings.mayCount) return this.known();
    const turn = (this.turn += 1);
    const { whole, left } = finished(this.app.whole);
    if (!Object.keys(whole ?? {}).length) return this.nothing();
    const body = { definition: whole, time_zone: this.app.settings.timeZone };
    const answer = await this.api("POST", "preview/", body);
    if (turn !== this.turn) return;
    this.total.classList.remove("sd-stale");
    if (!answer.ok) return this.fail(answer, whole);
    this.clear();
    this.show(answer.data, left);
    const counted = await this.api("POST", "counts/", body);
    if (turn !== this.turn || !counted.ok) return;
    this.counts = counted.data.tree;
    this.mark();
  }

  /** Without the right to count: what is known of the segment. */
  known() {
    const { state, memberCount } = this.app.settings;
    this.total.classList.remove("sd-stale");
    this.total.textContent = state === "draft" ? "–" : number(memberCount);
  }

  nothing() {
    this.counts = null;
    this.clear();
    this.total.classList.remove("sd-stale");
    this.total.textContent = "–";
    this.numbers.replaceChildren();
    this.mark();
  }

  clear() {
    this.problem.replaceChildren();
    for (const each of document.querySelectorAll(".sd-bad")) each.classList.remove("sd-bad");
  }

  /** Say what is wrong, and mark where. */
  fail({ data }) {
    this.clear();
    this.total.textContent = "–";
    this.numbers.replaceChildren();
    this.counts = null;
    this.mark();
    const error = data?.errors?.[0] ?? { detail: "This could not be counted now.", attr: "" };
    this.blame(error.attr ?? "", error.detail);
  }

  blame(attr, detail) {
    const place = parsePlace((attr ?? "").replace(/^definition\.?/, ""));
    const told = h("div", { class: "h-alert bad" }, icon("alert-triangle", ""), h("span", {}, detail));
    this.problem.replaceChildren(told);
    for (let cut = place.length; cut >= 0; cut -= 1) {
      const key = placeText(place.slice(0, cut));
      const found = document.querySelector(`#designer-conditions [data-at="${CSS.escape(key)}"]`);
      if (!found) continue;
      found.classList.add("sd-bad");
      if (cut) found.scrollIntoView({ block: "nearest" });
      return;
    }
  }

  show(data, left) {
    this.total.textContent = number(data.count);
    const share = data.count ? Math.round((100 * data.mailable) / data.count) : 0;
    const reasons = Object.entries(data.reasons).map(([why, many]) =>
      h("div", { class: "row-x sm sub" }, h("span", {}, why), h("span", { class: "push num" }, number(many))));
    const bar = h("span", { class: "h-bar acc w" }, h("i"));
    bar.style.setProperty("--v", share);
    this.numbers.replaceChildren(
      left ? h("p", { class: "xs sd-left" }, `${left} unfinished ${left === 1 ? "condition is" : "conditions are"} left out.`) : "",
      h("div", { class: "row-x sm" }, h("span", {}, "Can be mailed"), h("b", { class: "push num" }, number(data.mailable)),
        h("span", { class: "mut num sd-share" }, data.count ? `${share}%` : "")),
      h("div", { class: "sd-mailbar" }, bar), ...reasons, this.faces(data));
  }

  faces({ sample, count }) {
    if (!sample.length) return h("p", { class: "sub sm sd-ten" }, count ? "You may see none of these contacts." : "Nobody fits these conditions now.");
    const words = ["", "One of them", "Two of them", "Three of them"];
    const title = count <= sample.length ? "All of them" : sample.length === 10 ? "Ten of them" : words[sample.length] ?? "Some of them";
    const { members, contact, state } = this.app.settings;
    return h("div", { class: "sd-ten" },
      h("div", { class: "row-x" }, h("h2", {}, title), state === "live" && h("a", { class: "h-link sm push", href: members }, "Show members")),
      h("ul", { class: "h-faces" }, sample.map((each) => face(each, contact))));
  }

  /** Put the numbers beside the conditions. */
  mark() {
    const { counts } = this;
    for (const box of document.querySelectorAll("#designer-conditions [data-count]")) {
      const part = counts && getAt(counts, parsePlace(box.dataset.count));
      const rows = part?.rows;
      box.querySelector(".n").textContent = rows === undefined ? "" : number(rows);
      const most = this.most(box);
      box.querySelector(".h-bar").hidden = rows === undefined;
      box.querySelector(".h-bar").style.setProperty("--v", most ? (100 * (rows ?? 0)) / most : 0);
      box.title = rows === undefined ? "" : `${number(rows)} fit${part.empty ? `, ${number(part.empty)} of them because it is empty` : ""}`;
    }
  }

  most(box) {
    const holder = box.closest("[data-group]") ?? box.closest(".h-work");
    const all = [...holder.querySelectorAll("[data-count]")].map((each) => getAt(this.counts, parsePlace(each.dataset.count))?.rows ?? 0);
    return Math.max(0, ...all);
  }
}

function face(person, contact) {
  const letters = person.name.split(/\s+/).filter(Boolean);
  const initials = [letters[0], letters.length > 1 ? letters.at(-1) : ""].map((word) => word?.[0] ?? "").join("").toUpperCase();
  const tone = ([...person.name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 7) + 1;
  return h("li", {}, h("span", { class: `h-av a${tone}`, "aria-hidden": "true" }, initials || "?"),
    h("span", { class: "sd-face" },
      h("a", { class: "m cut", href: contact.replace("/0/", `/${person.id}/`) }, person.name || person.email || "Without a name"),
      h("small", { class: "mut xs cut" }, person.company_name || person.email)),
    person.marketing_only && h("span", { class: "h-badge mo" }, "Marketing only"));
}
