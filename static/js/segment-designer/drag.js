// Dragging conditions by their grip, with pointers of any kind; Alt and arrows do the same.
import { groupAt, moveBy, moveTo, parsePlace, placeText } from "./tree.js";

const NEAR = 6;

export function enableDrag(app, root) {
  let held = null;
  root.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button) return;
    event.preventDefault();
    held = { key: grip.dataset.grip, x: event.clientX, y: event.clientY, row: grip.closest("[data-item]"), target: null };
    grip.setPointerCapture(event.pointerId);
  });
  root.addEventListener("pointermove", (event) => {
    if (!held || (!held.moving && Math.hypot(event.clientX - held.x, event.clientY - held.y) < NEAR)) return;
    held.moving = true;
    held.row?.classList.add("sd-held");
    held.target = targetAt(root, event, held.row);
  });
  const end = (event) => {
    if (!held) return;
    const { key, row, target, moving } = held;
    held = null;
    row?.classList.remove("sd-held");
    clear(root);
    if (!moving || !target || event.type === "pointercancel") return;
    app.set(moveTo(app.whole, parsePlace(key), parsePlace(target.group), target.index));
  };
  root.addEventListener("pointerup", end);
  root.addEventListener("pointercancel", end);
  root.addEventListener("keydown", (event) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    const row = event.target.closest("[data-item]");
    if (!row) return;
    event.preventDefault();
    const { whole, place } = moveBy(app.whole, parsePlace(row.dataset.item), event.key === "ArrowUp" ? -1 : 1);
    const part = event.target.dataset.focus?.split("/").at(-1) ?? "menu";
    app.set(whole, { focus: `${placeText(place)}/${part}` });
  });

  function targetAt(within, event, row) {
    clear(within);
    const own = row?.closest("[data-group]");
    const under = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-group]");
    if (!own || !under || row.contains(under) || under.dataset.entity !== own.dataset.entity) return null;
    if (scope(under) !== scope(own)) return null;
    const rows = groupAt(app.whole, parsePlace(under.dataset.group)).items.map((place) =>
      within.querySelector(`[data-item="${CSS.escape(placeText(place))}"]`)).filter(Boolean);
    let index = rows.findIndex((each) => {
      const edge = each.getBoundingClientRect();
      return event.clientY < edge.top + edge.height / 2;
    });
    if (index < 0) index = rows.length;
    (rows[index] ?? rows.at(-1) ?? under).classList.add(rows[index] ? "sd-before" : "sd-after");
    return { group: under.dataset.group, index };
  }
}

/** Conditions stay with the rows they are about: the part of the place up to there. */
function scope(group) {
  const place = parsePlace(group.dataset.group);
  const at = Math.max(place.lastIndexOf("where"), place.lastIndexOf("then"));
  return placeText(place.slice(0, at + 1));
}

function clear(root) {
  for (const each of root.querySelectorAll(".sd-before,.sd-after")) each.classList.remove("sd-before", "sd-after");
}

