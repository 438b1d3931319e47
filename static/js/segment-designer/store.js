// What is edited, with undo and redo. Small edits of one value in a row count as one.
import { same } from "./tree.js";

const KEPT = 200;
const TOGETHER = 1200;

export class Store {
  constructor(whole) {
    this.whole = whole;
    this.saved = JSON.stringify(whole);
    this.past = [];
    this.future = [];
    this.listeners = [];
    this.last = { tag: null, at: 0 };
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  get dirty() {
    return JSON.stringify(this.whole) !== this.saved;
  }

  /** `tag` names the value typed in; `quiet` leaves the page as it is. */
  set(whole, { tag = null, quiet = false, focus = null } = {}) {
    if (same(whole, this.whole)) return;
    const now = Date.now();
    const goesOn = tag && tag === this.last.tag && now - this.last.at < TOGETHER;
    if (!goesOn) this.past.push(this.whole);
    if (this.past.length > KEPT) this.past.shift();
    this.last = { tag, at: now };
    this.future = [];
    this.whole = whole;
    this.tell({ quiet, focus });
  }

  undo() {
    if (!this.past.length) return;
    this.future.push(this.whole);
    this.whole = this.past.pop();
    this.last = { tag: null, at: 0 };
    this.tell({});
  }

  redo() {
    if (!this.future.length) return;
    this.past.push(this.whole);
    this.whole = this.future.pop();
    this.last = { tag: null, at: 0 };
    this.tell({});
  }

  markSaved(text) {
    this.saved = text;
    this.tell({ quiet: true });
  }

  tell(change) {
    for (const listener of this.listeners) listener(change);
  }
}
