// A list whose items are put in another order: by their grip with a pointer of any kind,
// or with Alt and an arrow key on the grip. The new order is sent and the list answered.
// <ol data-reorder="URL" data-reorder-into="#rules"><li data-item="7"><button data-grip>
const NEAR = 6;
let held = null;

const items = (list) => [...list.querySelectorAll(":scope > [data-item]")];
const order = (list) => items(list).map((item) => item.dataset.item).join(",");

function send(list, focus) {
  const { reorder, reorderInto } = list.dataset;
  htmx.ajax("POST", reorder, { target: reorderInto, swap: "innerHTML", values: { order: order(list) } })
    .then(() => focus && document.querySelector(`[data-item="${CSS.escape(focus)}"] [data-grip]`)?.focus());
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-reorder] [data-grip]");
  if (!grip || event.button) return;
  const item = grip.closest("[data-item]");
  const list = item.closest("[data-reorder]");
  held = { item, list, y: event.clientY, before: order(list), moving: false };
  grip.setPointerCapture(event.pointerId);
});

document.addEventListener("pointermove", (event) => {
  if (!held || (!held.moving && Math.abs(event.clientY - held.y) < NEAR)) return;
  held.moving = true;
  held.item.classList.add("held");
  const others = items(held.list).filter((item) => item !== held.item);
  const next = others.find((item) => {
    const edge = item.getBoundingClientRect();
    return event.clientY < edge.top + edge.height / 2;
  });
  // Moved only where the place is another one, else the capture is lost for nothing.
  if ((next ?? null) !== held.item.nextElementSibling) held.list.insertBefore(held.item, next ?? null);
});

function drop() {
  if (!held) return;
  const { item, list, before, moving } = held;
  held = null;
  item.classList.remove("held");
  if (moving && order(list) !== before) send(list, item.dataset.item);
}
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);

document.addEventListener("keydown", (event) => {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const item = event.target.closest("[data-reorder] [data-grip]")?.closest("[data-item]");
  if (!item) return;
  event.preventDefault();
  const list = item.closest("[data-reorder]");
  const up = event.key === "ArrowUp";
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  list.insertBefore(item, up ? other : other.nextElementSibling);
  send(list, item.dataset.item);
});
