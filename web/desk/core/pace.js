// Work that many events ask for: done `delay` ms after the first of them, and again no sooner than after `gap`.
// Not put off by each further event: where much happens it would never be done.

export class Pace {
  done = Number.NEGATIVE_INFINITY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;

  /**
   * @param {() => unknown} work
   * @param {number} delay
   * @param {number} gap
   */
  constructor(work, delay, gap) {
    this.work = work;
    this.delay = delay;
    this.gap = gap;
  }

  soon() {
    this.timer ??= setTimeout(
      () => {
        this.timer = undefined;
        this.done = performance.now();
        this.work();
      },
      Math.max(this.delay, this.done + this.gap - performance.now()),
    );
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
