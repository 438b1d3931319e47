// Choosing a field: a searchable list, grouped by entity, with the relations below.
import { h, icon } from "./dom.js";
import { clauseFor } from "./schema.js";

const SHOWN = 80;

/** What may be asked of an entity: its own fields, its relations, fields behind them. */
export function choices(schema, key) {
  const own = schema.entity(key).fields.map((field) => ({
    label: field.label,
    name: field.name,
    make: () => clauseFor(field),
  }));
  own.sort((a, b) => late(a) - late(b) || a.label.localeCompare(b.label));
  const groups = [{ label: schema.label(key), items: own }];
  const relations = schema.relations(key);
  groups.push({
    label: "Has related",
    items: relations.map((each) => ({
      label: each.label,
      name: each.name,
      hint: schema.plural(each.target),
      make: () => ({ related: each.name }),
    })),
  });
  groups.push(...relations.flatMap((each) => behaviours(schema, each)));
  for (const each of relations) {
    groups.push({
      label: each.label,
      behind: true,
      items: schema.entity(each.target).fields.map((field) => ({
        label: field.label,
        name: field.name,
        make: () => ({ related: each.name, where: clauseFor(field) }),
      })),
    });
  }
  return groups.filter((group) => group.items.length);
}

/** What people did, each at least once in the last 30 days, to be changed from there. */
function behaviours(schema, relation) {
  const { fields } = schema.entity(relation.target);
  const name = fields.find((field) => field.name === "name" && field.choices?.length);
  if (!name || !fields.some((field) => field.name === "occurred_at")) return [];
  const items = name.choices.map((each) => ({
    label: each.label,
    name: each.value,
    make: () => ({
      related: relation.name,
      where: { and: [
        { field: "name", op: "eq", value: each.value },
        { field: "occurred_at", op: "within_last", value: { days: 30 } },
      ] },
      count: { op: "gte", value: 1 },
    }),
  }));
  return [{ label: "What they did", items }];
}

// What a system keeps for itself stands behind what people ask about.
const KEPT = new Set(["id", "external_id", "version", "created_at", "updated_at", "created_by"]);
const late = (item) => Number(KEPT.has(item.name));

/** The groups that fit a text; what stands behind relations only shows once one types. */
export function fitting(groups, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let room = SHOWN;
  const found = [];
  for (const group of groups) {
    if (group.behind && !words.length) continue;
    const items = group.items
      .filter((item) => {
        const all = `${group.behind ? `${group.label} ` : ""}${item.label} ${item.name}`.toLowerCase();
        return words.every((word) => all.includes(word));
      })
      .sort((a, b) => starts(b, words) - starts(a, words))
      .slice(0, words.length ? Math.max(0, room) : Infinity);
    room -= items.length;
    if (items.length) found.push({ ...group, items });
  }
  return found;
}

const starts = (item, words) => Number(words.length > 0 && item.label.toLowerCase().startsWith(words[0]));

let open = null;

export function closePicker(refocus = true) {
  if (!open) return;
  const { box, opener, stop } = open;
  open = null;
  stop.abort();
  box.remove();
  opener.setAttribute("aria-expanded", "false");
  if (refocus && opener.isConnected) opener.focus();
}

/** Open the list at a button; `chosen(condition)` gets what was chosen. */
export function openPicker(opener, groups, chosen) {
  closePicker(false);
  const stop = new AbortController();
  const list = h("div", { role: "listbox", id: "field-list", "aria-label": "Fields", class: "sd-options" });
  const input = h("input", {
    type: "text", class: "form-control h", role: "combobox", "aria-expanded": "true",
    "aria-controls": "field-list", "aria-autocomplete": "list", "aria-label": "Find a field",
    placeholder: "Find a field", autocomplete: "off",
  });
  const box = h("div", { class: "sd-picker" }, h("div", { class: "sd-find" }, icon("search"), input), list);
  let options = [];
  let at = 0;

  const pick = (item) => {
    closePicker(false);
    chosen(item.make());
  };
  const mark = (index) => {
    if (!options.length) return;
    options[at]?.element.setAttribute("aria-selected", "false");
    at = (index + options.length) % options.length;
    const { element } = options[at];
    element.setAttribute("aria-selected", "true");
    element.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", element.id);
  };
  const fill = () => {
    options = [];
    list.replaceChildren();
    for (const group of fitting(groups, input.value)) {
      const title = `field-group-${options.length}`;
      const part = h("div", { role: "group", "aria-labelledby": title }, h("div", { class: "sd-group", id: title }, group.label));
      for (const item of group.items) {
        const element = h("div", { role: "option", id: `field-${options.length}`, "aria-selected": "false" },
          h("span", {}, item.label), item.hint && item.hint !== item.label && h("small", {}, item.hint));
        element.addEventListener("pointerdown", (event) => event.preventDefault());
        element.addEventListener("click", () => pick(item));
        options.push({ element, item });
        part.append(element);
      }
      list.append(part);
    }
    if (!options.length) list.append(h("p", { class: "h-none" }, "Nothing is called like that."));
    input.removeAttribute("aria-activedescendant");
    at = 0;
    mark(0);
  };
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter" && options[at]) pick(options[at].item);
    else if (event.key === "Escape") closePicker();
    else if (event.key === "Tab") return closePicker(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!box.contains(event.target) && event.target !== opener) closePicker(false);
  }, { signal: stop.signal });
  opener.setAttribute("aria-expanded", "true");
  document.body.append(box);
  open = { box, opener, stop };
  fill();
  placeAt(box, opener);
  input.focus();
}

function placeAt(box, opener) {
  if (window.innerWidth <= 800) return;
  const edge = opener.getBoundingClientRect();
  const height = Math.min(380, window.innerHeight - 24);
  const below = window.innerHeight - edge.bottom - 12;
  const top = below >= Math.min(height, 260) ? edge.bottom + 4 : Math.max(12, edge.top - height - 4);
  box.style.left = `${Math.max(8, Math.min(edge.left, window.innerWidth - 328))}px`;
  box.style.top = `${top}px`;
  box.style.maxHeight = `${Math.min(height, window.innerHeight - top - 12)}px`;
}
