// Toasts: what happened, a link, Undo. They wait while one points at them.
const LIFE = 6000;

function watch(toast) {
  let timer = setTimeout(() => toast.remove(), LIFE);
  toast.addEventListener("mouseenter", () => clearTimeout(timer));
  toast.addEventListener("mouseleave", () => {
    timer = setTimeout(() => toast.remove(), LIFE);
  });
}

function csrf() {
  return JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

// What takes it back says where to go on; a refusal is told on the page it names.
async function undone(address) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": csrf(), "HX-Request": "true" },
  });
  const next = answer.headers.get("HX-Redirect");
  if (!answer.ok) showToast({ text: "This could not be undone.", tone: "bad" });
  else if (next) location.assign(next);
  else location.reload();
}

export function showToast({ text, href, link, undo, tone }) {
  const template = document.getElementById("toast-template");
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("span").textContent = text;
  if (tone) toast.classList.add(tone);
  if (href) {
    const anchor = toast.querySelector("a");
    Object.assign(anchor, { href, textContent: link || "Open", hidden: false });
  }
  if (undo) {
    const button = toast.querySelector("[data-undo]");
    button.hidden = false;
    button.dataset.undo = undo;
  }
  document.getElementById("toasts").append(toast);
  watch(toast);
}

document.addEventListener("toast", (event) => showToast(event.detail));
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest("[data-toast]").remove();
  const button = event.target.closest("[data-toast] [data-undo]");
  if (!button) return;
  // Once: a second click would undo what is undone already.
  button.disabled = true;
  undone(button.dataset.undo);
});
document.addEventListener("htmx:responseError", (event) => {
  const code = event.detail.xhr.status;
  const text =
    code === 403
      ? "Your role does not allow this."
      : code === 404
        ? "This is gone, or not yours to see."
        : "That did not work. Nothing was changed; try again.";
  showToast({ text, tone: "bad" });
});
document.addEventListener("htmx:sendError", () =>
  showToast({ text: "No connection. Nothing was changed.", tone: "bad" }),
);
for (const toast of document.querySelectorAll("[data-toast]")) watch(toast);
