// Selection and columns of lists.
const part = (name) => document.querySelector(`[data-${name}]`);
const boxes = () => [...document.querySelectorAll("[data-select]")];
let everything = false;

function total() {
  return document.getElementById("list-total")?.dataset.number ?? part("total").textContent;
}

function show() {
  const bar = part("selbar");
  if (!bar) return;
  const chosen = boxes().filter((box) => box.checked);
  if (chosen.length < boxes().length) everything = false;
  bar.hidden = !chosen.length;
  part("selected").textContent = everything ? total() : chosen.length;
  part("total").textContent = total();
  const page = part("select-page");
  page.checked = chosen.length > 0 && chosen.length === boxes().length;
  page.indeterminate = chosen.length > 0 && !page.checked;
  for (const box of boxes()) box.closest("tr").classList.toggle("on", box.checked);
}

function setAll(checked) {
  for (const box of boxes()) box.checked = checked;
  show();
}

let last = null;
document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-select]");
  if (box) {
    const all = boxes();
    if (event.shiftKey && last) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      for (const each of all.slice(from, to + 1)) each.checked = box.checked;
    }
    last = box;
  }
  if (event.target.closest("[data-select-page]")) setAll(event.target.checked);
  if (event.target.closest("[data-select-none]")) setAll(false);
  if (event.target.closest("[data-select-all]")) {
    everything = true;
    setAll(true);
  }
  if (event.target.closest("[data-columns-apply]")) chooseColumns(false);
  if (event.target.closest("[data-columns-reset]")) chooseColumns(true);
});
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-select]")) show();
});

document.addEventListener("htmx:configRequest", (event) => {
  const action = event.target.dataset?.bulk;
  if (!action) return;
  const parameters = event.detail.parameters;
  parameters.append("action", action);
  parameters.append("number", part("selected").textContent);
  if (everything) parameters.append("all", "1");
  else for (const box of boxes()) if (box.checked) parameters.append("ids", box.value);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "list-body") {
    everything = false;
    show();
  }
});

function chooseColumns(reset) {
  const box = document.querySelector("[data-columns]");
  const keys = [...box.querySelectorAll("input:checked")].map((each) => each.value);
  const value = reset ? "" : keys.join(".");
  const here = new URL(location.href);
  if (here.searchParams.has("cols")) {
    // A saved view brings its columns in the address.
    if (value) here.searchParams.set("cols", value);
    else here.searchParams.delete("cols");
    location.assign(here);
    return;
  }
  const life = value ? 365 * 24 * 3600 : 0;
  document.cookie = `handoff_cols_${box.dataset.columns}=${value}; path=/; max-age=${life}; SameSite=Lax`;
  location.reload();
}

// Empty fields of the filter form stay out of the address.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filter-form]")) return;
  for (const field of event.target.elements) if (!field.value) field.disabled = true;
});
