// The editor of a form: its fields as cards that open, move and go.
import { livePreview, unsaved } from "./editor.js";

const form = document.querySelector("[data-editor]");
const list = form.querySelector("[data-rows]");
const template = document.querySelector("[data-row-template]");
const total = form.querySelector("[name=rows-TOTAL_FORMS]");
const said = form.querySelector("[data-said]");
const preview = livePreview(form);
unsaved(form);

const rows = () => [...list.querySelectorAll("[data-row]")];
const part = (row, name) => row.querySelector(`[name$="-${name}"]`);
const label = (row) => part(row, "label").value.trim() || "New field";

function changed(text) {
  form.dispatchEvent(new Event("input"));
  if (text) said.textContent = text;
  number();
}

// The order on the screen is the order that is saved.
function number() {
  const kept = rows().filter((row) => !part(row, "DELETE").checked);
  rows().forEach((row, n) => (part(row, "ORDER").value = n + 1));
  kept.forEach((row, n) => {
    row.querySelector("[data-up]").disabled = n === 0;
    row.querySelector("[data-down]").disabled = n === kept.length - 1;
  });
  form.querySelector("[data-none]").hidden = kept.length > 0;
}

function describe(row) {
  const kind = part(row, "kind");
  row.querySelector("[data-shown-label]").textContent = label(row);
  const words = [kind.selectedOptions[0].textContent];
  if (part(row, "required").checked) words.push("required");
  if (part(row, "hidden").checked) words.push("hidden");
  if (!part(row, "contact").value && !part(row, "lead").value) words.push("fills nothing");
  row.querySelector("[data-shown-kind]").textContent = words.join(", ");
  const choices = ["select", "radio", "checkboxes"].includes(kind.value);
  row.querySelector("[data-options-part]").hidden = !choices;
}

function open(row, wanted) {
  row.querySelector("[data-body]").hidden = !wanted;
  row.querySelector("[data-open]").setAttribute("aria-expanded", String(wanted));
}

function remove(row, gone) {
  part(row, "DELETE").checked = gone;
  row.classList.toggle("gone", gone);
  row.querySelector(".mk-row-hd").hidden = gone;
  const line = row.querySelector("[data-gone]");
  line.hidden = !gone;
  line.querySelector("b").textContent = label(row);
  if (gone) open(row, false);
  row.querySelector(gone ? "[data-undo]" : "[data-open]").focus();
  changed(gone ? `${label(row)} removed.` : `${label(row)} is back.`);
}

function move(row, by) {
  const kept = rows().filter((each) => !part(each, "DELETE").checked);
  const other = kept[kept.indexOf(row) + by];
  if (!other) return;
  if (by < 0) other.before(row);
  else other.after(row);
  changed(`${label(row)} is now number ${kept.indexOf(other) + 1} of ${kept.length}.`);
  const button = row.querySelector(by < 0 ? "[data-up]" : "[data-down]");
  (button.disabled ? row.querySelector(by < 0 ? "[data-down]" : "[data-up]") : button).focus();
}

function add(option) {
  const n = Number(total.value);
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("__prefix__", String(n));
  const row = holder.content.querySelector("[data-row]");
  const own = option.value === "own";
  list.append(row);
  total.value = String(n + 1);
  const taken = new Set(rows().map((each) => part(each, "name").value));
  for (const name of ["label", "kind", "contact", "lead", "options"]) {
    part(row, name).value = option.dataset[name] ?? "";
  }
  part(row, "name").value = own || taken.has(option.value) ? "" : option.value;
  part(row, "required").checked = option.value === "email";
  describe(row);
  open(row, own || (option.dataset.kind === "select" && !option.dataset.options));
  changed(`${label(row)} added.`);
  if (own) part(row, "label").focus();
}

form.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row) return;
  if (event.target.closest("[data-open]")) open(row, row.querySelector("[data-body]").hidden);
  if (event.target.closest("[data-up]")) move(row, -1);
  if (event.target.closest("[data-down]")) move(row, 1);
  if (event.target.closest("[data-remove]")) remove(row, true);
  if (event.target.closest("[data-undo]")) remove(row, false);
});

form.addEventListener("input", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row) describe(row);
});

const picker = form.querySelector("[data-add]");
picker.addEventListener("change", (event) => {
  event.stopPropagation();
  if (picker.value) add(picker.selectedOptions[0]);
  picker.value = "";
});

let dragged = null;
list.addEventListener("dragstart", (event) => {
  if (!event.target.closest?.("[data-grip]")) return;
  dragged = event.target.closest("[data-row]");
  dragged.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", label(dragged));
  event.dataTransfer.setDragImage(dragged, 16, 20);
});
list.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-row]");
  if (!dragged) return;
  event.preventDefault();
  if (!over || over === dragged) return;
  const box = over.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) over.before(dragged);
  else over.after(dragged);
});
list.addEventListener("drop", (event) => dragged && event.preventDefault());
list.addEventListener("dragend", () => {
  dragged?.classList.remove("dragged");
  if (dragged) changed(`${label(dragged)} moved.`);
  dragged = null;
});

rows().forEach(describe);
number();
preview();
