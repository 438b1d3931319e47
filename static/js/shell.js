// Appearance, width of the navigation, pop-up menus, side panel.
const YEAR = 365 * 24 * 3600;

export function setCookie(name, value) {
  const life = value ? YEAR : 0;
  document.cookie = `${name}=${value}; path=/; max-age=${life}; SameSite=Lax`;
}

function applyTheme(value) {
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = value || (dark ? "dark" : "light");
  setCookie("handoff_theme", value);
}

document.addEventListener("change", (event) => {
  const choice = event.target.closest("[data-theme-switch] input");
  if (choice) applyTheme(choice.value);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-side-toggle]")) {
    const narrow = document.getElementById("app").classList.toggle("narrow");
    setCookie("handoff_side", narrow ? "narrow" : "");
  }
  for (const pop of document.querySelectorAll("details[data-pop][open]")) {
    if (!pop.contains(event.target)) pop.open = false;
  }
  if (event.target.closest("[data-drawer-close]")) closeDrawer();
});

export function closeDrawer() {
  const drawer = document.getElementById("drawer");
  if (!drawer.firstElementChild) return false;
  drawer.replaceChildren();
  drawerOpener?.focus?.();
  return true;
}

let drawerOpener = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "drawer") drawerOpener = document.activeElement;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "drawer") return;
  const first = event.detail.target.querySelector(
    "[autofocus],input:not([type=hidden]),select,textarea,button",
  );
  first?.focus();
});
// Later, so that a toast sent along still bubbles from the form that goes.
document.addEventListener("drawer:close", () => setTimeout(closeDrawer));

function menuMove(pop, step) {
  const items = [...pop.querySelectorAll("[role=menuitem]")];
  if (!items.length) return;
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length].focus();
}

document.addEventListener("keydown", (event) => {
  const pop = event.target.closest?.("details[data-pop][open]");
  if (event.key === "Escape") {
    if (pop) {
      pop.open = false;
      pop.querySelector("summary").focus();
    } else if (!closeDrawer() && location.hash === "#nav") {
      location.hash = "#main";
    }
  } else if (pop && event.key === "ArrowDown") {
    event.preventDefault();
    menuMove(pop, 1);
  } else if (pop && event.key === "ArrowUp") {
    event.preventDefault();
    menuMove(pop, -1);
  }
});
