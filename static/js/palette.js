// Search palette: Ctrl+K or /, arrows, Enter; commands are filtered here, records
// are found by the server.
const palette = document.getElementById("palette");

function typing(element) {
  return element.closest?.("input,textarea,select,[contenteditable]");
}

export function openPalette() {
  if (!palette || palette.open) return;
  palette.showModal();
  input().select();
}

function input() {
  return document.getElementById("palette-q");
}

function options() {
  return [...palette.querySelectorAll("[role=option]:not([hidden])")];
}

function choose(index) {
  const all = options();
  for (const each of all) each.setAttribute("aria-selected", "false");
  const one = all[(index + all.length) % all.length];
  if (!one) return input().removeAttribute("aria-activedescendant");
  one.setAttribute("aria-selected", "true");
  one.scrollIntoView({ block: "nearest" });
  input().setAttribute("aria-activedescendant", one.id);
}

function chosen() {
  return options().findIndex((each) => each.getAttribute("aria-selected") === "true");
}

if (palette) {
  const commands = document.getElementById("palette-hits").innerHTML;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) openPalette();
    if (event.target === palette) palette.close();
  });
  document.addEventListener("keydown", (event) => {
    const wanted =
      ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") ||
      (event.key === "/" && !typing(event.target));
    if (wanted) {
      event.preventDefault();
      openPalette();
    }
  });
  palette.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen() + 1);
    else if (event.key === "ArrowUp") choose(chosen() - 1);
    else if (event.key === "Enter") (options()[chosen()] ?? options()[0])?.click();
    else return;
    event.preventDefault();
  });
  input().addEventListener("htmx:configRequest", (event) => {
    if (input().value.trim()) return;
    event.preventDefault();
    document.getElementById("palette-hits").innerHTML = commands;
  });
  palette.addEventListener("htmx:afterSwap", () => choose(0));
}
