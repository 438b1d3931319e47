// "@" and the beginning of a name in a note offers colleagues; the chosen one's user
// name is written. <textarea data-mention="/mentions/">
const AT = /(?:^|[^\w.@+-])@([\w.+-]{1,40})$/;
let open = null;
let number = 0;

const typed = (area) => AT.exec(area.value.slice(0, area.selectionStart))?.[1] ?? "";

function close() {
  if (!open) return;
  open.list.remove();
  open.area.removeAttribute("aria-activedescendant");
  open.area.removeAttribute("aria-controls");
  open = null;
}

function option(person, index) {
  const one = document.createElement("div");
  one.setAttribute("role", "option");
  one.id = `mention-${number}-${index}`;
  one.dataset.username = person.username;
  const name = document.createElement("b");
  name.textContent = person.name;
  const second = document.createElement("small");
  second.textContent = [`@${person.username}`, person.title].filter(Boolean).join(", ");
  one.append(name, second);
  return one;
}

function mark(index) {
  const all = [...open.list.children];
  const at = (index + all.length) % all.length;
  all.forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
  open.area.setAttribute("aria-activedescendant", all[at].id);
  open.at = at;
}

function choose(one) {
  const { area } = open;
  const end = area.selectionStart;
  const start = end - typed(area).length;
  const text = `${one.dataset.username} `;
  area.setRangeText(text, start, end, "end");
  close();
  area.focus();
}

async function offer(area) {
  const text = typed(area);
  if (!text) return close();
  const answer = await fetch(`${area.dataset.mention}?q=${encodeURIComponent(text)}`);
  if (!answer.ok || typed(area) !== text) return;
  const { people } = await answer.json();
  close();
  if (!people.length || document.activeElement !== area) return;
  number += 1;
  const list = document.createElement("div");
  list.className = "h-mentions";
  list.id = `mentions-${number}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Colleagues");
  list.append(...people.map(option));
  area.after(list);
  area.setAttribute("aria-controls", list.id);
  open = { area, list, at: 0 };
  mark(0);
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-mention]")) offer(event.target);
});

document.addEventListener("keydown", (event) => {
  if (!open || event.target !== open.area) return;
  const keys = {
    ArrowDown: () => mark(open.at + 1),
    ArrowUp: () => mark(open.at - 1),
    Enter: () => choose(open.list.children[open.at]),
    Tab: () => choose(open.list.children[open.at]),
    Escape: close,
  };
  if (!(event.key in keys)) return;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
});

// Before the field loses the focus.
document.addEventListener("pointerdown", (event) => {
  const one = event.target.closest(".h-mentions [role=option]");
  if (one && open) {
    event.preventDefault();
    choose(one);
  } else if (open && event.target !== open.area) close();
});
