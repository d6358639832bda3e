// Work that many events ask for: done `delay` ms after the first of them, and again no sooner than after `gap`.
// Not put off by each further event: where much happens it would never be done.

export class Pace {
  constructor(work, delay, gap) {
    Object.assign(this, { work, delay, gap, done: -Infinity });
  }

  soon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.done = performance.now();
      this.work();
    }, Math.max(this.delay, this.done + this.gap - performance.now()));
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }
}
