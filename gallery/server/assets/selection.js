// Which of a list are selected: by one, from one to another, all of them. Knows no page.
export class Selection {
  /** `order` are the ids of everything that can be selected, as it is shown. */
  constructor(order) {
    this.order = order;
    this.place = new Map(order.map((id, place) => [id, place]));
    this.chosen = new Set();
    this.anchor = null;     // from where a run goes on
  }

  get size() { return this.chosen.size; }
  has(id) { return this.chosen.has(id); }

  /** What is selected, in the order in which it is shown. */
  ids() { return [...this.chosen].sort((one, other) => this.place.get(one) - this.place.get(other)); }

  only(id) { this.chosen = new Set([id]); this.anchor = id; }
  set(id, on) { if (on) this.chosen.add(id); else this.chosen.delete(id); this.anchor = id; }
  toggle(id) { this.set(id, !this.has(id)); }
  none() { this.chosen.clear(); this.anchor = null; }
  all() { this.chosen = new Set(this.order); }

  /** From the last one that was chosen by itself up to this one; with `more`, besides what is selected. */
  through(id, more = false) {
    this.anchor ??= id;
    const [first, last] = [this.place.get(this.anchor), this.place.get(id)].sort((one, other) => one - other);
    if (!more) this.chosen.clear();
    for (const each of this.order.slice(first, last + 1)) this.chosen.add(each);
  }

  /** Those of these that can be selected here. */
  restore(ids) { this.chosen = new Set(ids.filter(id => this.place.has(id))); }
}
