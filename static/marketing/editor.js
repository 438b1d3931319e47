// What the editors of forms and pages share: a live preview, unsaved changes, Copy.
const WAIT = 350;

// Shows what the form says now in the preview's frame; `now` shows it at once.
export function livePreview(form) {
  const frame = form.querySelector("[data-preview]");
  let timer = 0;
  const show = async () => {
    const answer = await fetch(form.dataset.previewUrl, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "preview" },
    });
    if (!answer.ok) return;
    const top = frame.contentWindow?.scrollY ?? 0;
    const html = await answer.text();
    frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, top), { once: true });
    frame.srcdoc = html;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, WAIT);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  show();
  return later;
}

// Going live takes what is saved, so it waits until everything is.
export function unsaved(form) {
  form.addEventListener("input", () => {
    const live = document.querySelector("[data-go-live]");
    if (!live) return;
    live.disabled = true;
    document.querySelector("[data-dirty]").hidden = false;
  });
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  const address = document.querySelector("[data-address]");
  const label = copy.querySelector("span");
  try {
    await navigator.clipboard.writeText(address.textContent);
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = "Copy"), 1600);
  } catch {
    getSelection().selectAllChildren(address);
    label.textContent = "Press Ctrl+C";
  }
});
