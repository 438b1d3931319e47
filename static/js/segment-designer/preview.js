// The panel at the right and the sentence: who is in it, while somebody still edits.
import { about, capital, giveOrTake } from "./about.js";
import { Counts } from "./counts.js";
import { h } from "./dom.js";
import { Problems } from "./problems.js";
import { Teller } from "./sentence.js";
import { finished, getAt, parsePlace, same } from "./tree.js";

const WAIT = 350;
const number = (value) => value.toLocaleString("en");

export class Preview {
  constructor(app, api, root, text) {
    this.app = app;
    this.api = api;
    this.timer = null;
    this.asked = null;
    this.total = document.getElementById("designer-total");
    this.numbers = document.getElementById("designer-numbers");
    this.bar = document.getElementById("designer-bar");
    this.sentence = document.getElementById("designer-sentence");
    this.counts = new Counts(app, root);
    this.problems = new Problems(root, text);
    this.first = app.whole;
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

  /** What was drawn anew gets its numbers and its marks back. */
  drawn() {
    this.counts.mark();
    this.unfinished();
  }

  unfinished() {
    const { whole, settings } = this.app;
    const open = Object.entries(settings.asks ?? {}).filter(([key]) =>
      same(getAt(whole, parsePlace(key)), getAt(this.first, parsePlace(key))));
    this.problems.asks = Object.fromEntries(open);
    this.problems.unfinished(finished(whole).left);
  }

  later() {
    this.sayIt();
    clearTimeout(this.timer);
    this.asked?.abort();
    this.timer = setTimeout(() => this.ask(), WAIT);
    if (this.app.settings.mayCount) this.stale(true);
  }

  stale(on) {
    for (const each of [this.total, this.numbers, this.bar]) each.classList.toggle("sd-stale", on);
    this.numbers.setAttribute("aria-busy", String(on));
  }

  /** Ask anew; what was asked before is given up, here and by the server. */
  async ask() {
    if (!this.app.settings.mayCount) return this.known();
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    const { whole, left } = finished(this.app.whole);
    this.unfinished();
    if (!Object.keys(whole ?? {}).length) return this.nothing();
    const body = { definition: whole, time_zone: this.app.settings.timeZone };
    const answer = await this.api("POST", "preview/", body, {}, asked.signal);
    if (asked.signal.aborted) return;
    if (!answer.ok) return this.fail(answer);
    this.problems.clear();
    this.stale(false);
    this.show(answer.data, left.length);
    const counted = await this.api("POST", "counts/", body, {}, asked.signal);
    if (asked.signal.aborted) return;
    if (counted.ok) this.counts.take(whole, counted.data.tree);
    if (!answer.data.exact) await this.exactly(body, asked, left.length);
  }

  /** What was told from a sample is counted, too; that takes longer. */
  async exactly(body, asked, left) {
    const answer = await this.api("POST", "preview/", { ...body, exact: true }, {}, asked.signal);
    if (asked.signal.aborted) return;
    if (answer.ok) return this.show(answer.data, left);
    const note = this.numbers.querySelector("[data-estimate]");
    if (note) note.lastChild.textContent = " Counting everybody takes too long here; going live counts exactly.";
  }

  /** Without the right to count: what is known of the segment. */
  known() {
    const { state, memberCount } = this.app.settings;
    this.stale(false);
    this.total.textContent = state === "draft" ? "–" : number(memberCount);
  }

  nothing() {
    this.problems.clear();
    this.stale(false);
    this.total.textContent = "–";
    this.numbers.replaceChildren();
    this.bar.textContent = "Nobody yet";
  }

  /** Say what is wrong, and where; the last numbers stay, paler. */
  fail({ data }) {
    const error = data?.errors?.[0] ?? { detail: "This could not be counted now. The numbers are those from before.", attr: "" };
    this.problems.blame(error.attr ?? "", error.detail);
  }

  show(data, left) {
    // Parts of an estimate are as rough as the whole.
    const told = (value) => (data.exact ? number(value) : about(value, data.margin));
    this.total.textContent = capital(told(data.count));
    const share = data.count ? Math.round((100 * data.mailable) / data.count) : 0;
    this.bar.replaceChildren(h("b", { class: "num" }, told(data.count)), ` contact${data.count === 1 ? "" : "s"}, `,
      h("b", { class: "num" }, told(data.mailable)), " can be mailed");
    const reasons = Object.entries(data.reasons).map(([why, many]) =>
      h("div", { class: "row-x sm sub sd-why" }, h("span", {}, why), h("span", { class: "push num" }, told(many)), h("span", { class: "sd-share" })));
    const bar = h("span", { class: "h-bar acc w" }, h("i"));
    bar.style.setProperty("--v", share);
    this.numbers.replaceChildren(
      data.exact ? "" : h("p", { class: "xs mut sd-left", "data-estimate": "" },
        h("span", {}, `Estimated from a sample of the contacts, ${giveOrTake(data.margin)}.`), h("span", {}, " Counting exactly…")),
      left ? h("p", { class: "xs sd-left" }, `${left} unfinished ${left === 1 ? "condition is" : "conditions are"} left out.`) : "",
      h("div", { class: "row-x sm" }, h("span", {}, "Can be mailed"), h("b", { class: "push num" }, told(data.mailable)),
        h("span", { class: "mut num sd-share" }, data.count ? `${share}%` : "")),
      h("div", { class: "sd-mailbar" }, bar), ...reasons, this.faces(data));
  }

  faces({ sample, count, exact }) {
    if (!sample.length && !exact) return h("p", { class: "sub sm sd-ten" }, "None that you may see is in the sample.");
    if (!sample.length) return h("p", { class: "sub sm sd-ten" }, count ? "You may see none of these contacts." : "Nobody fits these conditions now.");
    const words = ["", "One of them", "Two of them", "Three of them"];
    const title = exact && count <= sample.length ? "All of them" : sample.length === 10 ? "Ten of them" : words[sample.length] ?? "Some of them";
    const { members, contact, state } = this.app.settings;
    return h("div", { class: "sd-ten" },
      h("div", { class: "row-x" }, h("h2", {}, title), state === "live" && h("a", { class: "h-link sm push", href: members }, "Show members")),
      h("ul", { class: "h-faces" }, sample.map((each) => face(each, contact))));
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
