// Children by key, so that what has not changed keeps its focus and place.

export class Keyed {
  /** @type {Map<unknown, {signature: string, node: HTMLElement}>} */
  made = new Map();

  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.parent = parent;
  }

  /**
   * What is shown from now on, in its order. `make` is called where the signature is another than before.
   * @param {(readonly [key: unknown, signature: string, make: () => HTMLElement])[]} entries
   */
  show(entries) {
    const kept = /** @type {Keyed["made"]} */ (new Map());
    const focused = document.activeElement;
    const inside = this.parent.contains(focused) && focused !== this.parent;
    const focusedKey = inside && [...this.made].find(([, { node }]) => node.contains(focused))?.[0];
    for (const [key, signature, make] of entries) {
      const known = this.made.get(key);
      kept.set(key, known?.signature === signature ? known : { signature, node: make() });
    }
    for (const [key, { node }] of this.made) if (kept.get(key)?.node !== node) node.remove();
    let at = this.parent.firstChild;
    for (const { node } of kept.values()) {
      if (node === at) at = node.nextSibling;
      else this.parent.insertBefore(node, at);
    }
    this.made = kept;
    if (inside && document.activeElement !== focused) {
      const again = kept.get(focusedKey)?.node;
      /** @type {HTMLElement | null | undefined} */
      const control = again?.matches("a, button") ? again : again?.querySelector("a, button");
      control?.focus({ preventScroll: true });
    }
  }
}
