// Menus of what can be done with a condition or a group.
import { copyCond } from "./clipboard.js";
import { h, icon } from "./dom.js";
import * as tree from "./tree.js";

export function menuOf(lines, { focus, label, symbol = "dots" }) {
  const pop = h("details", { class: "h-pop", "data-pop": true },
    h("summary", { class: "h-ic s", "aria-label": label, title: label, "data-focus": focus }, icon(symbol, "")));
  const box = h("div", { class: "h-popbox end", role: "menu" });
  for (const [text, name, run] of lines) {
    const line = h("button", { type: "button", role: "menuitem", class: name === "trash" ? "danger" : "" }, icon(name), h("span", {}, text));
    line.addEventListener("click", () => {
      pop.open = false;
      run();
    });
    box.append(line);
  }
  pop.append(box);
  return pop;
}

/** What can be done with one condition. */
export function condMenu(app, place, entity) {
  if (!app.edit) return null;
  const key = tree.placeText(place);
  const move = (step) => {
    const { whole, place: to } = tree.moveBy(app.whole, place, step);
    app.set(whole, { focus: `${tree.placeText(to)}/menu` });
  };
  const lines = [
    ["Move up", "chevron-up", () => move(-1)],
    ["Move down", "chevron-down", () => move(1)],
    ["Duplicate", "copy", () => app.set(tree.duplicateAt(app.whole, place))],
    ["Copy", "clipboard", () => {
      copyCond(app, place, entity);
      app.render();
    }],
    ["Put into a group", "folder", () => app.set(tree.wrapAt(app.whole, place), { focus: `${key}/add` })],
    ["Remove", "trash", () => app.set(tree.removeAt(app.whole, place))],
  ];
  return menuOf(lines, { focus: `${key}/menu`, label: "What to do with this condition" });
}
