// Numbers told from a sample: rounded to what is known of them, and never as if exact.
const number = (value) => value.toLocaleString("en");

/** A number as exact as its margin allows: 78,331 give or take 7,282 is 78,000. */
export function roughly(value, margin) {
  const step = 10 ** Math.floor(Math.log10(Math.max(margin, 1)));
  return number(Math.round(value / step) * step);
}

/** "about 78,000"; where there may be none at all, "under 500". */
export function about(value, margin) {
  if (value > margin) return `about ${roughly(value, margin)}`;
  const most = value + margin;
  const step = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return `under ${number(Math.ceil(most / step) * step)}`;
}

/** How far off it may be, to two digits. */
export function giveOrTake(margin) {
  return `give or take ${number(Number(margin.toPrecision(2)))}`;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
