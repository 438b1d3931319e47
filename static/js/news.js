// What became newer while a page is open. Nothing is asked while nobody looks; rows come
// in by themselves only where nothing is selected, typed or read farther down.
document.addEventListener("htmx:beforeRequest", (event) => {
  const resting = document.hidden && event.target.closest?.("[data-poll],[data-tray]");
  if (resting) event.preventDefault();
});

const busy = () => {
  const body = document.getElementById("list-body");
  const at = document.activeElement;
  return (
    body.querySelector("[data-select]:checked") ||
    body.querySelector("[data-poll]")?.dataset.paged ||
    body.contains(at) ||
    at?.matches?.("input,textarea,select") ||
    document.getElementById("drawer").firstElementChild ||
    document.querySelector("details[data-pop][open]") ||
    document.getElementById("main").scrollTop > 40
  );
};

let before = null;
const rows = () =>
  new Set([...document.querySelectorAll("#list-body tbody a[href]")].map((a) => a.pathname));

document.addEventListener("list:news", (event) => {
  if (!busy()) {
    before = rows();
    htmx.trigger(document.body, "list:changed");
    return;
  }
  const bar = document.getElementById("list-news");
  bar.querySelector("[data-news-text]").textContent = `${event.detail.text}, show`;
  bar.hidden = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "list-body" || !before) return;
  for (const row of document.querySelectorAll("#list-body tbody tr")) {
    const link = row.querySelector("a[href]");
    if (link && !before.has(link.pathname)) row.classList.add("fresh");
  }
  before = null;
});

// A timeline that somebody reads farther down, or acts in, stays as it is.
document.addEventListener("record:news", () => {
  const timeline = document.getElementById("timeline");
  const all = timeline?.querySelector("[data-kind][aria-pressed=true]");
  const first = timeline?.querySelector("[data-kind]");
  if (!timeline || timeline.contains(document.activeElement) || all !== first) return;
  if (timeline.querySelectorAll("ol.h-tl").length > 1) return;
  htmx.trigger(document.body, "timeline:changed");
});
