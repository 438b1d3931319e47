// Record pages: edit in place, kinds of the timeline, next and previous, questions.
document.addEventListener("click", (event) => {
  const kind = event.target.closest("[data-kind]");
  if (kind) {
    for (const each of kind.parentElement.querySelectorAll("[data-kind]")) {
      each.setAttribute("aria-pressed", String(each === kind));
    }
  }
  const step = event.target.closest("a.h-step");
  if (step) {
    for (const each of document.querySelectorAll("a.h-step[aria-current]")) {
      each.removeAttribute("aria-current");
    }
    step.setAttribute("aria-current", "true");
  }
  const can = event.target.closest("dd.can");
  if (can && !event.target.closest("a")) htmx.trigger(can, "edit");
  const compose = event.target.closest("[data-compose]");
  if (compose) openComposer(compose.dataset.compose);
});

export function openComposer(kind) {
  for (const tab of document.querySelectorAll("[data-compose]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.compose === kind));
  }
  for (const form of document.querySelectorAll("[data-compose-form]")) {
    form.hidden = form.dataset.composeForm !== kind;
    if (!form.hidden) form.querySelector("textarea,input:not([type=hidden])")?.focus();
  }
}

const typing = (element) => element.closest?.("input,textarea,select,[contenteditable],dialog");

document.addEventListener("keydown", (event) => {
  const inline = event.target.closest?.("[data-inline]");
  if (inline && event.key === "Escape") {
    event.stopPropagation();
    inline.querySelector("[data-inline-cancel]").click();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
});

// A destructive action names what goes before it goes.
document.addEventListener("submit", (event) => {
  const { confirm: question, confirmButton } = event.target.dataset;
  if (question && !event.target.dataset.sure) {
    event.preventDefault();
    ask(question, confirmButton).then((sure) => {
      if (!sure) return;
      event.target.dataset.sure = "1";
      event.target.requestSubmit();
    });
    return;
  }
  // Two clicks send once: the button rests until the answer is there.
  if (event.target.matches("[data-once]")) {
    for (const button of event.target.querySelectorAll("button:not([type=button])")) {
      setTimeout(() => (button.disabled = true));
    }
  }
});

// The same question where htmx sends.
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question, "Delete").then((sure) => sure && event.detail.issueRequest(true));
});

function ask(question, button) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "h-ask";
    dialog.setAttribute("aria-label", button);
    const text = document.createElement("p");
    text.textContent = question;
    const row = document.createElement("form");
    row.method = "dialog";
    row.className = "row-x";
    for (const [label, value, css] of [["Cancel", "", "gh"], [button, "yes", "danger"]]) {
      const each = document.createElement("button");
      each.className = `btn h ${css}`;
      each.value = value;
      each.textContent = label;
      row.append(each);
    }
    dialog.append(text, row);
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-once] button")) button.disabled = false;
});

// What is being edited is replaced by typing.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-inline] input[autofocus]")) event.target.select();
});
