// Runs before the first paint, only where nobody chose an appearance: follow the system.
if (window.matchMedia("(prefers-color-scheme: dark)").matches) {
  document.documentElement.dataset.bsTheme = "dark";
}
