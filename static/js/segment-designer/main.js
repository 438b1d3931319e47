// The designer of a segment: reads what can be asked, draws the conditions, saves.
import { enableClipboard } from "./clipboard.js";
import { h, icon, keepingFocus, say, useSprite } from "./dom.js";
import { enableDrag } from "./drag.js";
import { Names } from "./names.js";
import { closePicker } from "./picker.js";
import { Preview } from "./preview.js";
import { Schema } from "./schema.js";
import { whole } from "./sets.js";
import { Store } from "./store.js";
import { finished } from "./tree.js";

const API = "/api/v1/segments/";
const settings = JSON.parse(document.getElementById("designer-settings").textContent);
const root = document.getElementById("designer-conditions");
const text = document.getElementById("designer-text");

function csrf() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

async function api(method, path, body, headers = {}, signal = null) {
  try {
    const answer = await fetch(API + path, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf(), ...headers },
      body: JSON.stringify(body),
      signal,
    });
    const data = await answer.json().catch(() => null);
    return { ok: answer.ok, status: answer.status, data };
  } catch {
    return { ok: false, status: 0, data: null };
  }
}

class App {
  constructor(schema) {
    this.schema = schema;
    this.settings = settings;
    this.edit = settings.mayEdit;
    this.names = new Names(settings.lookup);
    this.store = new Store(settings.definition ?? {});
    this.preview = new Preview(this, api, root, text);
    this.store.listen((change) => this.changed(change));
    this.jsonBroken = false;
    enableDrag(this, root);
    enableClipboard(this, root);
  }

  get whole() {
    return this.store.whole;
  }

  set(next, options = {}) {
    this.store.set(next, options);
  }

  render(focus = null) {
    closePicker(false);
    keepingFocus(root, () => root.replaceChildren(whole(this)), focus);
    this.preview.drawn();
  }

  changed({ quiet, focus }) {
    if (!quiet) this.render(focus);
    if (document.activeElement !== text) text.value = JSON.stringify(this.whole, null, 2);
    this.buttons();
    this.preview.later();
  }

  buttons() {
    const { store } = this;
    const able = { undo: store.past.length, redo: store.future.length, save: store.dirty };
    for (const button of document.querySelectorAll("[data-do]")) button.disabled = !able[button.dataset.do];
  }

  /** Save as it stands, broken or not; false where that was refused. */
  async save() {
    if (this.jsonBroken) {
      say("Not saved: what stands there is not JSON yet.", "bad");
      return false;
    }
    const body = { definition: this.whole };
    const sent = JSON.stringify(this.whole);
    const answer = await api("PATCH", `${settings.id}/`, body, { "If-Match": `"${settings.version}"` });
    if (!answer.ok) {
      const error = answer.data?.errors?.[0];
      this.preview.problems.blame(error?.attr ?? "", error?.detail ?? "Nothing was saved: the server could not be reached.");
      say(answer.status === 412 ? "Somebody else changed this segment. Load the page again." : "Not saved.", "bad");
      return false;
    }
    settings.version = answer.data.version;
    this.store.markSaved(sent);
    const left = finished(this.whole).left.length;
    const unfinished = left ? `, with ${left} unfinished` : "";
    if (settings.state === "live") waiting(answer.data.draft, unfinished);
    else say(`Saved${unfinished}.`);
    const note = document.getElementById("segment-saved");
    if (note) note.textContent = "Dynamic, saved just now";
    return true;
  }
}

/** What is saved of a live segment waits until somebody publishes it: say so, once. */
function waiting(draft, unfinished) {
  const told = document.querySelector(".h-segdraft");
  if (!draft) {
    told?.remove();
    return say("Saved. Nothing differs from what is live.");
  }
  const detail = { text: `Saved${unfinished}. The members stay until you publish it.`, href: settings.review, link: "Review changes" };
  document.dispatchEvent(new CustomEvent("toast", { detail }));
  if (told) return;
  document.querySelector(".h-seghead").after(h("div", { class: "h-alert ready h-segdraft", role: "status" }, icon("pencil", ""),
    h("span", {}, "Your changes are not published yet."), h("a", { class: "btn h s push", href: settings.review }, "Review changes")));
}

function enableKeys(app) {
  document.addEventListener("keydown", (event) => {
    const letter = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    if (!app.edit || event.target === text) return;
    if (control && letter === "z" && !event.shiftKey) app.store.undo();
    else if (control && (letter === "y" || (letter === "z" && event.shiftKey))) app.store.redo();
    else if (control && letter === "s") app.save();
    else if (event.altKey && event.code === "KeyN") {
      const here = document.activeElement.closest?.("[data-group]")?.dataset.group;
      const add = here !== undefined && root.querySelector(`[data-add="${CSS.escape(here)}"]`);
      (add || root.querySelector("[data-add]"))?.click();
    } else return;
    event.preventDefault();
  });
}

function enableButtons(app) {
  document.addEventListener("click", (event) => {
    const name = event.target.closest("[data-do]")?.dataset.do;
    if (name === "undo") app.store.undo();
    if (name === "redo") app.store.redo();
    if (name === "save") app.save();
  });
  // Going live saves first, so that what is seen is what goes live.
  document.querySelector("[data-go-live]")?.addEventListener("submit", (event) => {
    const form = event.currentTarget;
    if (!app.store.dirty) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    app.save().then((saved) => saved && form.submit());
  });
  window.addEventListener("beforeunload", (event) => {
    if (app.edit && app.store.dirty) event.preventDefault();
  });
}

function enableWays(app) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const show = (tab) => {
    for (const each of tabs) {
      const on = each === tab;
      each.setAttribute("aria-selected", String(on));
      each.tabIndex = on ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = !on;
    }
    if (tab.id === "way-json") {
      text.value = JSON.stringify(app.whole, null, 2);
      app.preview.problems.showInText();
    } else {
      // What is not JSON is dropped: the conditions are those from before it.
      app.jsonBroken = false;
      app.render();
    }
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
      show(other);
      other.focus();
    });
  }
  const problem = document.getElementById("designer-text-problem");
  text.addEventListener("input", () => {
    try {
      const read = JSON.parse(text.value);
      problem.textContent = "";
      app.jsonBroken = false;
      app.set(read, { tag: "json", quiet: true });
    } catch (error) {
      app.jsonBroken = true;
      problem.textContent = `This is not JSON yet: ${error.message}`;
    }
  });
}

async function start() {
  useSprite(document.getElementById("designer").dataset.sprite);
  const answer = await fetch("/api/v1/query/schema/");
  if (!answer.ok) {
    root.replaceChildren(h("p", { class: "err" }, "What can be asked could not be read. Load the page again."));
    return;
  }
  const app = new App(new Schema(await answer.json()));
  enableKeys(app);
  enableButtons(app);
  enableWays(app);
  app.render();
  text.value = JSON.stringify(app.whole, null, 2);
  await Promise.all([app.preview.sayIt(), app.preview.ask()]);
  if (settings.at) app.preview.problems.blame(settings.at, "This is what keeps the segment from going live.");
  root.dataset.ready = "1";
}

start();
