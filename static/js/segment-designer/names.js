// Names of records whose ids stand in conditions; asked for once, many at a time.

export class Names {
  constructor(address) {
    this.address = address;
    this.known = new Map();
    this.waiting = new Map();
  }

  url(target) {
    return this.address.replace("KEY", encodeURIComponent(target));
  }

  put(target, id, name) {
    this.known.set(`${target}:${id}`, Promise.resolve(name));
  }

  of(target, id) {
    const key = `${target}:${id}`;
    if (!this.known.has(key)) {
      this.known.set(key, new Promise((resolve) => this.wait(target, id, resolve)));
    }
    return this.known.get(key);
  }

  wait(target, id, resolve) {
    if (!this.waiting.has(target)) {
      this.waiting.set(target, []);
      setTimeout(() => this.ask(target), 20);
    }
    this.waiting.get(target).push([id, resolve]);
  }

  async ask(target) {
    const wanted = this.waiting.get(target);
    this.waiting.delete(target);
    const ids = wanted.map(([id]) => id).join(",");
    const answer = target ? await fetch(`${this.url(target)}?ids=${ids}`) : null;
    const { hits } = answer?.ok ? await answer.json() : { hits: [] };
    for (const [id, resolve] of wanted) {
      resolve(hits.find((hit) => hit.id === id)?.title ?? `Number ${id}`);
    }
  }

  async find(target, text) {
    const answer = await fetch(`${this.url(target)}?q=${encodeURIComponent(text)}`);
    return answer.ok ? (await answer.json()).hits : [];
  }
}
