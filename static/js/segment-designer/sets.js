// The outer shape: where to start, the way to contacts, and sets joined to each other.
import { button, h, icon, select } from "./dom.js";
import { copySet, kept } from "./clipboard.js";
import { count, group } from "./conditions.js";
import { menuOf } from "./menus.js";
import * as tree from "./tree.js";
import { finder } from "./values.js";

const WORDS = { union: "Or also", intersect: "But also in", except: "But not" };
const RAIL = { union: "or", intersect: "", except: "not" };
const TELLS = {
  union: "everybody who is here comes in too",
  intersect: "only who is also here stays",
  except: "anyone who is also here",
};

/** Everything, from the outermost set inwards. */
export function whole(app) {
  const kind = tree.setKind(app.whole);
  if (kind === "empty" || !Object.keys(app.whole ?? {}).length) {
    return h("div", {}, starter(app, [], (fresh) => app.set(fresh, { focus: firstFocus([], fresh) })));
  }
  return h("div", {}, set(app, []), app.edit && joiner(app, []));
}

function set(app, place) {
  const here = tree.getAt(app.whole, place);
  const kind = tree.setKind(here);
  if (kind === "block") return block(app, place, here);
  if (kind === "segment") return segment(app, place, here);
  if (tree.SETS.includes(kind)) {
    return here[kind].map((_, n) => {
      const at = [...place, kind, n];
      return n === 0 ? set(app, at) : joinedSet(app, at, kind);
    });
  }
  return h("section", { class: "h-grp not", "data-at": tree.placeText(place) },
    h("header", {}, h("span", { class: "sub" }, "This cannot be shown: change it as JSON."), closer(app, place)),
    h("code", { class: "sd-raw" }, JSON.stringify(here)));
}

function joinedSet(app, place, kind) {
  const inner = tree.getAt(app.whole, place);
  const holder = place.slice(0, -2);
  const key = tree.placeText(place);
  const word = select(Object.entries(WORDS), kind, {
    class: "j", "aria-label": "How this belongs to what stands above", "data-focus": `${key}/kind`,
    disabled: !app.edit || tree.getAt(app.whole, holder)[kind].length > 2,
  });
  word.addEventListener("change", () => app.set(tree.setKindAt(app.whole, holder, word.value)));
  const several = tree.SETS.includes(tree.setKind(inner));
  return h("section", { class: `sd-set ${RAIL[kind]}`, "data-at": several ? key : undefined, "aria-label": WORDS[kind] },
    h("header", {}, word, h("span", { class: "sub" }, TELLS[kind]), several && count(key), several && setTools(app, place)),
    set(app, place), several && app.edit && joiner(app, place));
}

function closer(app, place) {
  if (!app.edit) return null;
  return h("button", {
    type: "button", class: "h-ic s", "aria-label": "Close this group", title: "Close this group", "data-close": tree.placeText(place),
    onclick: () => app.set(tree.removeSet(app.whole, place), { focus: "start/contact" }),
  }, icon("x", ""));
}

/** What can be done with a whole group: copy it, change the order, close it. */
function setTools(app, place) {
  if (!app.edit) return null;
  const key = tree.placeText(place);
  const lines = [["Copy this group", "clipboard", () => copySet(app, place)]];
  if (typeof place.at(-1) === "number") {
    const move = (step) => app.set(tree.moveSet(app.whole, place, step), {
      focus: `${tree.placeText([...place.slice(0, -1), place.at(-1) + step])}/tools`,
    });
    if (place.at(-1) > 0) lines.push(["Move up", "chevron-up", () => move(-1)]);
    if (place.at(-1) < tree.getAt(app.whole, place.slice(0, -1)).length - 1) lines.push(["Move down", "chevron-down", () => move(1)]);
  }
  return [menuOf(lines, { focus: `${key}/tools`, label: "What to do with this group" }), closer(app, place)];
}

function block(app, place, here) {
  const key = tree.placeText(place);
  const { schema } = app;
  const starts = schema.starts();
  const from = select(starts.map((each) => [each.key, each.plural]), here.from, {
    class: "h-tok sd-sel sd-from", "aria-label": "What this group starts from", disabled: !app.edit, "data-focus": `${key}/from`,
  });
  from.addEventListener("change", () => app.set(tree.setAt(app.whole, place, fresh(schema, from.value)), { focus: `${key}/from` }));
  const to = here.to ?? [];
  const end = schema.arrives(here.from, to);
  const top = h("div", { class: "sd-top" }, from,
    h("span", { class: "sub" }, to.length || here.from !== "contact" ? "and from them on to contacts" : "who fit the conditions"),
    count(key), setTools(app, place));
  if (!schema.entity(here.from)) return h("section", { class: "sd-block", "data-at": key }, top);
  return h("section", { class: "sd-block", "data-at": key, "data-block": key, "aria-label": `Group of ${schema.plural(here.from)}` },
    top, group(app, [...place, "where"], here.from), walk(app, place, here, end));
}

/** The way on to contacts: one relation after another, then all of them or some. */
function walk(app, place, here, end) {
  const { schema } = app;
  const to = here.to ?? [];
  const key = tree.placeText(place);
  if (!to.length && here.from === "contact") {
    return app.edit && h("div", { class: "row-x sd-foot" }, menuOf(
      schema.steps("contact").map((each) => [each.label, "arrow-right", () => app.set(tree.setSteps(app.whole, place, [each.name, ...(schema.way(each.target) ?? [])]))]),
      { focus: `${key}/onwards`, label: "Go on to related contacts", symbol: "route" },
    ), h("span", { class: "mut xs" }, "Go on to related contacts"));
  }
  const hops = [];
  let at = here.from;
  to.forEach((name, n) => {
    hops.push(hop(app, place, key, at, to, n));
    at = schema.relation(at, name)?.target;
  });
  if (end !== "contact" && at) hops.push(hop(app, place, key, at, to, to.length));
  const row = h("div", { class: "h-cond sd-hop" }, h("span", { class: "w" }, "and"), hops);
  if (end !== "contact") return h("div", {}, row, h("p", { class: "sd-warn", role: "status" }, "Choose the relation that leads to contacts."));
  const some = here.then !== undefined;
  const which = select([["all", "All*"], ["some", "Only those where"]], some ? "some" : "all", {
    class: "h-tok sd-sel", "aria-label": "Which of the contacts arrived at", disabled: !app.edit, "data-focus": `${key}/then`,
  });
  which.addEventListener("change", () => app.set(
    tree.setWhere(app.whole, place, "then", which.value === "some" ? { and: [] } : undefined), { focus: `${key}/then` }));
  row.append(which, app.edit ? menuOf([
    ["Start from the contacts themselves", "trash", () => app.set(tree.setAt(app.whole, place, tree.block("contact")))],
    ["One step fewer", "arrow-left", () => app.set(tree.setSteps(app.whole, place, to.slice(0, -1)))],
    ...schema.steps("contact").map((each) => [`Then on by ${each.label}`, "arrow-right", () => app.set(tree.setSteps(app.whole, place, [...to, each.name, ...(schema.way(each.target) ?? [])]))]),
  ], { focus: `${key}/way`, label: "Change the way to contacts" }) : "");
  return h("div", {}, row, some && group(app, [...place, "then"], "contact", { title: "of the contacts arrived at" }));
}

function hop(app, place, key, at, to, n) {
  const { schema } = app;
  const options = schema.steps(at).map((each) => [each.name, each.label]);
  const known = options.some(([name]) => name === to[n]);
  const made = select([...(known ? [] : [[to[n] ?? "", to[n] ?? "Choose"]]), ...options], to[n] ?? "", {
    class: "h-tok sd-sel", "aria-label": `Relation from ${schema.label(at)}`, disabled: !app.edit, "data-focus": `${key}/hop${n}`,
  });
  made.addEventListener("change", () => {
    const target = schema.relation(at, made.value)?.target;
    const next = [...to.slice(0, n), made.value, ...(schema.way(target) ?? [])];
    app.set(tree.setSteps(app.whole, place, next), { focus: `${key}/hop${n}` });
  });
  return [n > 0 && icon("arrow-right"), made];
}

function segment(app, place, here) {
  const key = tree.placeText(place);
  const name = h("b", {}, `Number ${here.segment}`);
  app.names.of("segment", here.segment).then((text) => (name.textContent = text));
  return h("section", { class: "h-grp sd-seg", "data-at": key, "aria-label": "Members of a segment" },
    h("header", {}, h("span", { class: "sub" }, "Contacts in the segment"), name, count(key), setTools(app, place)));
}

export function fresh(schema, entity) {
  return tree.block(entity, { to: schema.way(entity) });
}

const firstFocus = (place, item) =>
  tree.setKind(item) === "block" ? `${tree.placeText([...place, "where"])}/add` : "join/except";

/** Choose what a group starts from, or another segment. */
function starter(app, place, chosen) {
  if (!app.edit) return h("p", { class: "sub" }, "No conditions yet.");
  const key = tree.placeText(place) || "start";
  const context = { key: `${key}-segment`, label: "a segment", names: app.names };
  return h("section", { class: "sd-start", "aria-label": "Start from" },
    h("h2", {}, "Start from"),
    h("div", { class: "row-x wrap" }, app.schema.starts().map((each) =>
      button(each.plural, { class: "btn h", "data-focus": `start/${each.key}`, "data-start": each.key, onclick: () => chosen(fresh(app.schema, each.key)) }))),
    h("div", { class: "row-x wrap sd-orseg" }, h("span", { class: "sub sm" }, "or the members of another segment"),
      finder(context, "segment", (hit) => {
        app.names.put("segment", hit.id, hit.title);
        chosen({ segment: hit.id });
      }),
      !place.length && app.settings?.templates && h("a", { class: "h-link sm", href: app.settings.templates }, "or a template"),
      kept()?.set && button("Paste the copied group", { class: "btn h s", "data-paste-set": true, onclick: () => chosen(kept().set) }, "clipboard")));
}

function joiner(app, place) {
  const box = h("div", { class: "sd-join" });
  const buttons = Object.entries(WORDS).map(([kind, word]) =>
    button(word, {
      class: "btn h s", "data-join": kind, "data-focus": place.length ? undefined : `join/${kind}`,
      onclick: () => {
        const start = starter(app, [...place, "new"], (item) => {
          const next = tree.addSet(app.whole, place, kind, item);
          const list = tree.getAt(next, [...place, kind]);
          app.set(next, { focus: firstFocus([...place, kind, list.length - 1], item) });
        });
        start.classList.add(RAIL[kind] || "all");
        start.querySelector("h2").textContent = `${word}:`;
        start.append(button("Cancel", { class: "btn h gh s", onclick: () => app.render() }));
        box.querySelector(".sd-start")?.remove();
        box.prepend(start);
        start.querySelector("button")?.focus();
      },
    }, "plus"));
  box.append(h("div", { class: "row-x wrap" }, buttons, !place.length && h("span", { class: "push xs mut h-hidem" },
    h("kbd", {}, "Alt"), " ", h("kbd", {}, "N"), " adds a condition, ", h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Z"), " undoes")));
  return box;
}
