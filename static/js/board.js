// The board: cards move by pointer, by keyboard, and by the list on each card.
const board = () => document.querySelector("[data-board]");
const lanes = () => [...document.querySelectorAll("[data-board] [data-lane]")];
const laneOf = (card) => card.closest("[data-lane]");
const cardsOf = (lane) => [...lane.querySelectorAll("[data-card]")];
const FAR = 6;
const HOLD = 350;

function say(text) {
  const place = document.querySelector("[data-board-says]");
  if (place) place.textContent = text;
}

function mark(lane) {
  for (const each of lanes()) each.classList.toggle("over", each === lane);
}

// Tell the server; it answers with the new sums and a message that can undo.
function move(card, lane) {
  const stage = lane?.dataset.lane;
  if (!lane || stage === card.dataset.stage) return;
  if (lane.hasAttribute("data-close")) {
    const way = stage === "won" ? "win" : "lose";
    window.htmx.ajax("GET", `/opportunities/${card.dataset.card}/${way}/`, "#drawer");
    return;
  }
  card.dataset.stage = stage;
  const list = card.querySelector("[data-move]");
  if (list) list.value = stage;
  lane.querySelector(".h-laneempty")?.remove();
  lane.querySelector("[data-cards]").prepend(card);
  window.htmx.ajax("POST", board().dataset.board, {
    source: card,
    swap: "none",
    values: { card: card.dataset.card, stage },
  });
  say(`${card.dataset.name} is in ${lane.dataset.name}.`);
}

// Pointer ----------------------------------------------------------------------------

let drag = null;

function start(card, event) {
  const box = card.getBoundingClientRect();
  const ghost = card.cloneNode(true);
  ghost.classList.add("drag", "h-ghost");
  ghost.removeAttribute("data-card");
  ghost.style.width = `${box.width}px`;
  document.body.append(ghost);
  card.classList.add("lifted");
  drag = { ...drag, ghost, dx: event.clientX - box.left, dy: event.clientY - box.top };
  follow(event);
}

function follow(event) {
  const { ghost, dx, dy } = drag;
  ghost.style.left = `${event.clientX - dx}px`;
  ghost.style.top = `${event.clientY - dy}px`;
  const under = document.elementFromPoint(event.clientX, event.clientY);
  drag.lane = under?.closest("[data-lane]") ?? null;
  mark(drag.lane);
}

function end(drop) {
  if (!drag) return;
  clearTimeout(drag.timer);
  const { card, ghost, lane } = drag;
  drag = null;
  mark(null);
  card.classList.remove("lifted");
  if (!ghost) return;
  ghost.remove();
  // The click that ends a drag opens nothing.
  const swallow = (event) => event.preventDefault();
  card.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => card.removeEventListener("click", swallow, { capture: true }), 50);
  if (drop) move(card, lane);
}

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest("[data-board] [data-card]");
  if (!card || event.button || event.target.closest("select, button")) return;
  drag = { card, x: event.clientX, y: event.clientY };
  // A finger scrolls, unless it rests on the card first.
  if (event.pointerType === "touch") drag.timer = setTimeout(() => start(card, event), HOLD);
});
document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > FAR;
  if (drag.ghost) follow(event);
  else if (far && event.pointerType === "touch") end(false);
  else if (far) start(drag.card, event);
});
document.addEventListener("pointerup", () => end(true));
document.addEventListener("pointercancel", () => end(false));
document.addEventListener("dragstart", (event) => {
  if (event.target.closest("[data-board] [data-card]")) event.preventDefault();
});
document.addEventListener("touchmove", (event) => drag?.ghost && event.preventDefault(), {
  passive: false,
});

// Keyboard ---------------------------------------------------------------------------

let held = null;

function beside(lane, step) {
  const all = lanes();
  return all[all.indexOf(lane) + step] ?? lane;
}

function pickUp(card) {
  held = { card, lane: laneOf(card) };
  card.classList.add("held");
  say(`${card.dataset.name} picked up. It is in ${held.lane.dataset.name}.`);
}

function putDown(drop) {
  const { card, lane } = held;
  held = null;
  card.classList.remove("held");
  mark(null);
  if (drop) move(card, lane);
  else say(`${card.dataset.name} stays where it was.`);
  card.focus();
}

function choose(step) {
  held.lane = beside(held.lane, step);
  mark(held.lane);
  held.lane.scrollIntoView({ block: "nearest", inline: "nearest" });
  say(held.lane.dataset.name);
}

function go(card, key) {
  const lane = laneOf(card);
  const inLane = cardsOf(lane);
  const place = inLane.indexOf(card);
  if (key === "ArrowDown") return inLane[place + 1];
  if (key === "ArrowUp") return inLane[place - 1];
  const next = cardsOf(beside(lane, key === "ArrowRight" ? 1 : -1));
  return next[Math.min(place, next.length - 1)];
}

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("[data-board] [data-card]");
  if (!card || event.target !== card) return;
  const { key } = event;
  if (held && key === "Escape") putDown(false);
  else if (held && (key === " " || key === "Enter")) putDown(true);
  else if (key === " ") pickUp(card);
  else if (key === "Enter") card.querySelector("a").click();
  else if (held && key === "ArrowRight") choose(1);
  else if (held && key === "ArrowLeft") choose(-1);
  else if (!held && key.startsWith("Arrow")) go(card, key)?.focus();
  else return;
  event.preventDefault();
});
document.addEventListener("focusout", (event) => {
  if (held && event.target === held.card && document.hasFocus()) putDown(false);
});

// The list on a card -----------------------------------------------------------------

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-move]");
  if (!list) return;
  const card = list.closest("[data-card]");
  move(card, lanes().find((lane) => lane.dataset.lane === list.value));
});
