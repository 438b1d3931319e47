// The shell's behaviours; each module finds its elements by data attributes.
import "./shell.js";
import "./palette.js";
import "./toasts.js";
import "./lists.js";
import "./records.js";
import "./lookup.js";
import "./news.js";
import "./mention.js";
import "./files.js";
