// Where in a JSON text the part at a place stands, so that an error can be shown there.

/** [start, end] of the part at `place`, or of the nearest part around it. */
export function rangeOf(text, place) {
  const scan = new Scan(text);
  try {
    scan.value([], place);
  } catch {
    return scan.best;
  }
  return scan.best;
}

export const lineAt = (text, index) => text.slice(0, index).split("\n").length;

class Scan {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.best = [0, text.length];
    this.depth = -1;
  }

  blank() {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  value(here, wanted) {
    this.blank();
    const start = this.at;
    const first = this.text[this.at];
    if (first === "{" || first === "[") this.items(here, wanted, first === "[");
    else if (first === '"') this.string();
    else while (this.at < this.text.length && !/[\s,\]}]/.test(this.text[this.at])) this.at += 1;
    const onTheWay = here.every((key, n) => key === wanted[n]) && here.length <= wanted.length;
    if (onTheWay && here.length > this.depth) {
      this.depth = here.length;
      this.best = [start, this.at];
    }
  }

  items(here, wanted, list) {
    const end = list ? "]" : "}";
    this.at += 1;
    for (let n = 0; ; n += 1) {
      this.blank();
      if (this.at >= this.text.length) throw new Error("cut off");
      if (this.text[this.at] === end) break;
      let key = n;
      if (!list) {
        key = JSON.parse(this.string());
        this.blank();
        this.at += 1;
      }
      this.value([...here, key], wanted);
      this.blank();
      if (this.text[this.at] === ",") this.at += 1;
    }
    this.at += 1;
  }

  string() {
    const start = this.at;
    this.at += 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    this.at += 1;
    return this.text.slice(start, this.at);
  }
}
