// The editor of a landing page: rich text whose source is the text area.
import { livePreview, unsaved } from "./editor.js";

const form = document.querySelector("[data-editor]");
const rich = form.querySelector("[data-rich]");
const source = rich.querySelector("textarea");
const canvas = rich.querySelector("[data-canvas]");
const tools = rich.querySelector("[data-tools]");
const plain = rich.querySelector("[data-plain]");
const linkbar = rich.querySelector("[data-linkbar]");
const MARK = "div[data-form]";

// The text area as something to edit; handlers, which nothing needs, stay out.
function read() {
  const parsed = new DOMParser().parseFromString(source.value, "text/html").body;
  for (const each of parsed.querySelectorAll("script,style,iframe")) each.remove();
  for (const each of parsed.querySelectorAll("*")) {
    for (const { name } of [...each.attributes]) {
      if (name.startsWith("on")) each.removeAttribute(name);
    }
  }
  for (const each of parsed.querySelectorAll(MARK)) each.replaceWith(place());
  canvas.replaceChildren(...parsed.childNodes);
}

function place() {
  const box = document.createElement("div");
  box.dataset.form = "";
  box.contentEditable = "false";
  box.className = "mk-place";
  box.textContent = "The form stands here";
  return box;
}

function write() {
  const copy = canvas.cloneNode(true);
  for (const each of copy.querySelectorAll(MARK)) {
    const bare = document.createElement("div");
    bare.dataset.form = "";
    each.replaceWith(bare);
  }
  for (const each of copy.querySelectorAll("[style]")) each.removeAttribute("style");
  const html = copy.innerHTML.replace(/<(\/?)(h[1-4]|p|ul|ol|li|blockquote|div|section)\b/g, (all, end) =>
    end ? all : `\n${all}`,
  );
  source.value = html.trim();
  form.dispatchEvent(new Event("input"));
}

function show(asSource) {
  canvas.hidden = asSource;
  plain.hidden = !asSource;
  rich.querySelector("[data-source]").setAttribute("aria-pressed", String(asSource));
  for (const each of tools.querySelectorAll("button:not([data-source])")) each.disabled = asSource;
  if (!asSource) read();
}

let kept = null;
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  if (selection.rangeCount && canvas.contains(selection.anchorNode)) {
    kept = selection.getRangeAt(0).cloneRange();
    for (const each of tools.querySelectorAll("[data-do]")) {
      each.setAttribute("aria-pressed", String(document.queryCommandState(each.dataset.do)));
    }
  }
});

function select() {
  canvas.focus();
  if (!kept) return;
  getSelection().removeAllRanges();
  getSelection().addRange(kept);
}

function act(name, value) {
  select();
  document.execCommand(name, false, value);
  write();
}

function movePlace() {
  select();
  const old = canvas.querySelector(MARK);
  let at = getSelection().anchorNode;
  while (at && at.parentNode !== canvas) at = at.parentNode;
  const box = place();
  if (at && at !== old) at.after(box);
  else if (!at) canvas.append(box);
  else return;
  old?.remove();
  write();
}

tools.addEventListener("mousedown", (event) => event.preventDefault());
tools.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.do) act(button.dataset.do);
  if (button.dataset.block) act("formatBlock", button.dataset.block);
  if ("place" in button.dataset) movePlace();
  if ("source" in button.dataset) show(!canvas.hidden);
  if ("link" in button.dataset) {
    const link = kept?.startContainer.parentElement?.closest("a");
    linkbar.hidden = !linkbar.hidden;
    linkbar.querySelector("input").value = link?.getAttribute("href") ?? "";
    if (!linkbar.hidden) linkbar.querySelector("input").focus();
  }
});

linkbar.addEventListener("click", (event) => {
  const address = linkbar.querySelector("input").value.trim();
  if (event.target.closest("[data-link-set]") && /^(https?:|mailto:|tel:|\/)/.test(address)) {
    act("createLink", address);
    linkbar.hidden = true;
  }
  if (event.target.closest("[data-link-drop]")) {
    act("unlink");
    linkbar.hidden = true;
  }
});
linkbar.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    linkbar.querySelector("[data-link-set]").click();
  }
  if (event.key === "Escape") linkbar.hidden = true;
});

canvas.addEventListener("input", write);
canvas.addEventListener("paste", (event) => {
  event.preventDefault();
  document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
});

// The address follows the title until somebody writes one.
const slug = form.querySelector("[name=slug]");
const title = form.querySelector("[name=title]");
const fold = (text) =>
  text.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
if (!slug.value) {
  slug.addEventListener("input", () => (slug.dataset.own = "1"));
  title.addEventListener("input", () => {
    if (!slug.dataset.own) slug.value = fold(title.value).slice(0, 120);
  });
}

const frame = form.querySelector("[data-preview]");
for (const button of form.querySelectorAll("[data-width]")) {
  button.addEventListener("click", () => {
    for (const each of form.querySelectorAll("[data-width]")) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    frame.classList.toggle("desk", button.dataset.width === "desk");
  });
}

document.execCommand("defaultParagraphSeparator", false, "p");
tools.hidden = false;
show(false);
livePreview(form);
unsaved(form);
