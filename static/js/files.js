// Files dropped anywhere on a record page go to its panel of files.
const place = () => document.querySelector("form[data-drop]");
const carries = (event) => event.dataTransfer?.types.includes("Files");

let depth = 0;
const mark = (on) => document.body.classList.toggle("dropping", on);

document.addEventListener("dragenter", (event) => {
  if (!place() || !carries(event)) return;
  depth += 1;
  mark(true);
});
document.addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  if (!depth) mark(false);
});
document.addEventListener("dragover", (event) => {
  if (place() && carries(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  depth = 0;
  mark(false);
  const form = place();
  if (!form || !carries(event)) return;
  event.preventDefault();
  form.querySelector("input[type=file]").files = event.dataTransfer.files;
  htmx.trigger(form, "files:dropped");
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-attach]")) place()?.querySelector("input[type=file]").click();
});
