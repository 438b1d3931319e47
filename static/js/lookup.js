// Look-up fields: find as one types, choose by keyboard or pointer.
const parts = (box) => ({
  hidden: box.querySelector("input[type=hidden]"),
  input: box.querySelector("input[type=text]"),
  list: box.querySelector("[role=listbox]"),
});

function close(box) {
  const { input, list } = parts(box);
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function option(input, hit, index) {
  const one = document.createElement("span");
  one.setAttribute("role", "option");
  one.id = `${input.id}-hit-${index}`;
  one.dataset.id = hit.id;
  one.dataset.title = hit.title;
  const title = document.createElement("b");
  title.textContent = hit.title;
  const second = document.createElement("small");
  second.textContent = hit.subtitle;
  one.append(title, second);
  return one;
}

async function find(box) {
  const { input, list } = parts(box);
  const text = input.value.trim();
  if (!text) return close(box);
  const answer = await fetch(`${box.dataset.lookup}?q=${encodeURIComponent(text)}`);
  if (!answer.ok || input.value.trim() !== text) return;
  const { hits } = await answer.json();
  list.replaceChildren(...hits.map((hit, index) => option(input, hit, index)));
  if (!hits.length) list.textContent = "Nothing found";
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
  mark(box, 0);
}

function mark(box, index) {
  const { input, list } = parts(box);
  const all = [...list.querySelectorAll("[role=option]")];
  if (!all.length) return;
  const at = (index + all.length) % all.length;
  all.forEach((one, n) => one.setAttribute("aria-selected", String(n === at)));
  input.setAttribute("aria-activedescendant", all[at].id);
  all[at].scrollIntoView({ block: "nearest" });
}

function choose(box, one) {
  const { hidden, input } = parts(box);
  hidden.value = one.dataset.id;
  input.value = one.dataset.title;
  input.dataset.chosen = one.dataset.title;
  close(box);
  // Whoever shows what follows from the choice asks anew.
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
}

const timers = new WeakMap();
document.addEventListener("input", (event) => {
  const box = event.target.closest?.("[data-lookup]");
  if (!box) return;
  parts(box).hidden.value = "";
  clearTimeout(timers.get(box));
  timers.set(box, setTimeout(() => find(box), 150));
});

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-lookup]");
  if (!box || parts(box).list.hidden) return;
  const all = [...parts(box).list.querySelectorAll("[role=option]")];
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") mark(box, at + 1);
  else if (event.key === "ArrowUp") mark(box, at - 1);
  else if (event.key === "Enter" && all[at]) choose(box, all[at]);
  else if (event.key === "Escape") close(box);
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

document.addEventListener("pointerdown", (event) => {
  const one = event.target.closest?.("[data-lookup] [role=option]");
  if (!one) return;
  event.preventDefault();
  choose(one.closest("[data-lookup]"), one);
});

document.addEventListener("focusout", (event) => {
  const box = event.target.closest?.("[data-lookup]");
  if (!box) return;
  close(box);
  const { hidden, input } = parts(box);
  // Text that names nothing is not sent as if it did.
  if (!hidden.value && input.value) input.value = "";
});
