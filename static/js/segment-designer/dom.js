// Small helpers that make elements; text is always set as text.

let sprite = "";
export function useSprite(address) {
  sprite = address;
}

export function h(name, props = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key === "value") element.value = value;
    else if (key === "data") Object.assign(element.dataset, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return element;
}

export function icon(name, css = "i-s") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `i ${css}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#i-${name}`);
  svg.append(use);
  return svg;
}

export function button(label, props = {}, symbol = null) {
  return h("button", { type: "button", ...props }, symbol && icon(symbol), h("span", {}, label));
}

/** A list to choose from; `options` are [value, label] pairs or {label, options}. */
export function select(options, value, props = {}) {
  const made = h("select", props);
  const add = (parent, list) => {
    for (const each of list) {
      if (Array.isArray(each)) parent.append(h("option", { value: each[0] }, each[1]));
      else {
        const group = h("optgroup", { label: each.label });
        add(group, each.options);
        parent.append(group);
      }
    }
  };
  add(made, options);
  made.value = value;
  return made;
}

/** Render anew and leave the cursor where it was. */
export function keepingFocus(root, render, wanted = null) {
  const active = document.activeElement;
  const key = wanted ?? (root.contains(active) ? active.dataset.focus : null);
  const range = active?.selectionStart ?? null;
  render();
  if (!key) return;
  const again = root.querySelector(`[data-focus="${CSS.escape(key)}"]`);
  if (!again) return;
  again.focus({ preventScroll: !wanted });
  if (range !== null && !wanted && typeof again.setSelectionRange === "function") {
    try {
      again.setSelectionRange(range, range);
    } catch {
      // Fields of numbers and dates have no cursor to set.
    }
  }
}

export function say(text, tone = "") {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));
}
