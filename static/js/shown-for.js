// Fields that belong to one choice of another field are shown with it.
// <div data-shown-by="to" data-shown-for="user load">
function show(form) {
  for (const part of form.querySelectorAll("[data-shown-for]")) {
    const chosen = form.elements[part.dataset.shownBy]?.value;
    part.hidden = !part.dataset.shownFor.split(" ").includes(chosen);
  }
}

for (const form of document.querySelectorAll("form:has([data-shown-for])")) {
  show(form);
  form.addEventListener("change", () => show(form));
}
