// The editor of a value, by the kind of field and the operator.
import { h, icon, select } from "./dom.js";
import { editorFor } from "./schema.js";

const spoken = (text) => text.replaceAll("_", " ");
const isDay = (value) => value === "" || /^\d{4}-\d{2}-\d{2}$/.test(value);

/**
 * Elements that edit the value of a condition. `change(value, typed)` takes the new one;
 * `typed` says that somebody is still typing, so that the page should stay as it is.
 */
export function valueEditor(context) {
  const kind = editorFor(context.field, context.clause.op);
  const made = EDITORS[kind](context, context.clause.value);
  return [made].flat();
}

function input(context, type, value, read, extra = {}) {
  const made = h("input", {
    type, class: "form-control h sd-value", "aria-label": `Value of ${context.label}`,
    "data-focus": `${context.key}/value${extra.part ?? ""}`, disabled: context.fixed, autocomplete: "off", ...extra.props,
  });
  made.value = value ?? "";
  made.addEventListener("input", () => {
    const now = read(made.value, made);
    if (now !== undefined) extra.change ? extra.change(now) : context.change(now, true);
  });
  return made;
}

const asNumber = (text) => (text === "" || Number.isNaN(Number(text)) ? "" : Number(text));

function choiceOptions(context, value) {
  const listed = (context.field.choices ?? []).map((each) => [each.value, each.label]);
  const known = listed.some(([each]) => each === value);
  const first = value === "" || value == null ? [["", "Choose"]] : known ? [] : [[value, String(value)]];
  return [...first, ...listed];
}

function suggestions(context) {
  const { choices } = context.field ?? {};
  if (!choices?.length) return [null, {}];
  const id = `values-${context.key.replace(/\W/g, "-")}`;
  const list = h("datalist", { id }, choices.map((each) => h("option", { value: each.value }, each.label)));
  return [list, { list: id }];
}

function pair(context, value, make) {
  const both = Array.isArray(value) && value.length === 2 ? value : ["", ""];
  return [0, 1].map((part) => [
    part === 1 && h("span", { class: "sub" }, "and"),
    make(both[part], {
      part,
      change: (now) => {
        const next = [...(Array.isArray(context.clause.value) ? context.clause.value : both)];
        next[part] = now;
        context.clause = { ...context.clause, value: next };
        context.change(next, true);
      },
    }),
  ]).flat().filter(Boolean);
}

const dateInput = (context, value, extra = {}) =>
  input(context, isDay(value ?? "") ? "date" : "text", value, (text) => text, extra);

/** Several values as chips; Enter or a comma adds one. */
function list(context, value, read, type = "text") {
  const values = Array.isArray(value) ? value : value == null || value === "" ? [] : [value];
  const label = (each) => context.field?.choices?.find((one) => one.value === each)?.label ?? String(each);
  const change = (next) => context.change(next, false);
  const [offered, props] = suggestions(context);
  const add = (field) => {
    const fresh = read(field.value.trim());
    field.value = "";
    if (fresh !== "" && !values.includes(fresh)) change([...values, fresh]);
  };
  const typed = h("input", {
    type, class: "form-control h sd-value", "aria-label": `Add a value to ${context.label}`,
    "data-focus": `${context.key}/value`, placeholder: values.length ? "Add" : "Type and press Enter", autocomplete: "off", ...props,
  });
  typed.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && !typed.value && values.length) change(values.slice(0, -1));
  });
  typed.addEventListener("input", () => {
    if (context.field?.choices?.some((each) => each.value === typed.value)) add(typed);
  });
  typed.addEventListener("change", () => typed.value && add(typed));
  const chips = values.map((each, index) =>
    h("span", { class: "h-chip" }, h("b", {}, label(each)),
      !context.fixed && h("button", {
        type: "button", "aria-label": `Remove ${label(each)}`,
        onclick: () => change(values.filter((_, n) => n !== index)),
      }, icon("x"))));
  return [h("span", { class: "sd-chips" }, chips, !context.fixed && typed, offered)];
}

/** One or several records, found by name. */
function lookup(context, value, many) {
  const values = many ? (Array.isArray(value) ? value : []) : value === "" || value == null ? [] : [value];
  const { target } = context.field;
  const set = (next) => context.change(many ? next : (next[0] ?? ""), false);
  const chips = values.map((id) => {
    const name = h("b", {}, `Number ${id}`);
    context.names.of(target, id).then((text) => (name.textContent = text));
    return h("span", { class: "h-chip" }, name, !context.fixed && h("button", {
      type: "button", "aria-label": "Remove", onclick: () => set(values.filter((each) => each !== id)),
    }, icon("x")));
  });
  if (context.fixed || (!many && values.length)) return [h("span", { class: "sd-chips" }, chips)];
  return [h("span", { class: "sd-chips" }, chips, finder(context, target, (hit) => {
    context.names.put(target, hit.id, hit.title);
    if (!values.includes(hit.id)) set([...values, hit.id]);
  }))];
}

/** A field that finds records as one types. */
export function finder(context, target, chosen, words = "Type to find") {
  const id = `hits-${context.key.replace(/\W/g, "-")}`;
  const hits = h("span", { class: "h-lookup-hits", role: "listbox", id, hidden: true, "aria-label": "Found" });
  const typed = h("input", {
    type: "text", class: "form-control h sd-value", role: "combobox", "aria-expanded": "false", "aria-controls": id,
    "aria-autocomplete": "list", "aria-label": `Find ${context.label}`, placeholder: words, autocomplete: "off",
    "data-focus": `${context.key}/value`,
  });
  let found = [];
  let at = 0;
  let timer;
  const show = () => {
    hits.replaceChildren(...found.map((hit, index) => {
      const one = h("span", { role: "option", id: `${id}-${index}`, "aria-selected": String(index === at) },
        h("b", {}, hit.title), h("small", {}, hit.subtitle));
      one.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        chosen(hit);
      });
      return one;
    }));
    if (!found.length) hits.textContent = "Nothing found";
    hits.hidden = false;
    typed.setAttribute("aria-expanded", "true");
    if (found.length) typed.setAttribute("aria-activedescendant", `${id}-${at}`);
  };
  typed.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const text = typed.value.trim();
      if (!text) return void (hits.hidden = true);
      found = await context.names.find(target, text);
      at = 0;
      show();
    }, 150);
  });
  typed.addEventListener("keydown", (event) => {
    if (hits.hidden) return;
    if (event.key === "ArrowDown") at = Math.min(at + 1, found.length - 1);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter" && found[at]) return event.preventDefault(), chosen(found[at]);
    else if (event.key === "Escape") return event.stopPropagation(), void (hits.hidden = true);
    else return;
    event.preventDefault();
    show();
  });
  typed.addEventListener("blur", () => (hits.hidden = true));
  return h("span", { class: "h-lookup" }, typed, hits);
}

const EDITORS = {
  none: () => [],
  json: (context, value) => h("code", { class: "sd-raw" }, JSON.stringify(value ?? null)),
  text: (context, value) => {
    const [offered, props] = suggestions(context);
    return [input(context, "text", typeof value === "string" ? value : "", (text) => text, { props }), offered].filter(Boolean);
  },
  number: (context, value) => input(context, "number", value, asNumber, { props: { step: "any" } }),
  numbers: (context, value) => pair(context, value, (each, extra) =>
    input(context, "number", each, asNumber, { ...extra, props: { step: "any" } })),
  date: (context, value) => dateInput(context, value),
  dates: (context, value) => pair(context, value, (each, extra) => dateInput(context, each, extra)),
  choice: (context, value) => {
    const made = select(choiceOptions(context, value), value ?? "", {
      class: "form-select h sd-value", "aria-label": `Value of ${context.label}`, "data-focus": `${context.key}/value`, disabled: context.fixed,
    });
    made.addEventListener("change", () => context.change(made.value, false));
    return made;
  },
  boolean: (context, value) => {
    const made = select([["true", "Yes"], ["false", "No"]], String(value), {
      class: "form-select h sd-value", "aria-label": `Value of ${context.label}`, "data-focus": `${context.key}/value`, disabled: context.fixed,
    });
    made.addEventListener("change", () => context.change(made.value === "true", false));
    return made;
  },
  list: (context, value) => list(context, value, (text) => text),
  numberlist: (context, value) => list(context, value, asNumber, "number"),
  lookup: (context, value) => lookup(context, value, false),
  lookups: (context, value) => lookup(context, value, true),
  window: (context, value) => {
    const [unit, number] = Object.entries(value ?? { days: 30 })[0] ?? ["days", 30];
    const count = input(context, "number", number, (text) =>
      text === "" ? undefined : { [units.value]: Math.max(0, Math.round(Number(text))) }, { props: { min: "0", step: "1" } });
    const units = select(context.schema.units.map((each) => [each, each]), unit, {
      class: "form-select h sd-value", "aria-label": "Unit of time", "data-focus": `${context.key}/unit`, disabled: context.fixed,
    });
    units.addEventListener("change", () => context.change({ [units.value]: Number(count.value) || 0 }, false));
    return [count, units];
  },
  period: (context, value) => {
    const made = select(context.schema.periods.map((each) => [each, spoken(each)]), value ?? "this_month", {
      class: "form-select h sd-value", "aria-label": `Period of ${context.label}`, "data-focus": `${context.key}/value`, disabled: context.fixed,
    });
    made.addEventListener("change", () => context.change(made.value, false));
    return made;
  },
  anniversary: (context, value) => [
    input(context, "number", value?.days ?? 0, (text) =>
      text === "" ? undefined : { days: Math.round(Number(text)) }, { props: { min: "-366", max: "366", step: "1" } }),
    h("span", { class: "sub" }, "days"),
  ],
};
