// What an agent is told: by a line at the screen's edge, by the desktop's notifications, by a sound.

import { query, request } from "./api.js";
import { el } from "./dom.js";
import { Pace } from "./pace.js";
import { CHANNELS, named, text } from "./texts.js";

const SHOWN = 6_000; // ms
const region = document.getElementById("status");
let audio = null;

// Browsers let a page make sounds after the first click or key only.
addEventListener("pointerdown", wakeAudio, { once: true });
addEventListener("keydown", wakeAudio, { once: true });

function wakeAudio() {
  if (!audio && "AudioContext" in window) audio = new AudioContext();
}

// Shown, and read out: this is the page's one live region.
export function tell(words, kind = "plain") {
  const line = el(`p.toast.${kind}`, {}, words);
  region.append(line);
  setTimeout(() => line.remove(), kind === "bad" ? 2 * SHOWN : SHOWN);
}

// Read out only.
export function announce(words) {
  const line = el("p.unseen", {}, words);
  region.append(line);
  setTimeout(() => line.remove(), SHOWN);
}

export const wish = (name, otherwise) => (localStorage.getItem(`desk-${name}`) ?? otherwise) === "yes";
export const setWish = (name, on) => localStorage.setItem(`desk-${name}`, on ? "yes" : "no");

export function beep() {
  if (!wish("sound", "yes") || audio?.state !== "running") return;
  const volume = audio.createGain();
  volume.connect(audio.destination);
  volume.gain.setValueAtTime(0.0001, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.12, audio.currentTime + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.35);
  for (const [tone, start] of [[659, 0], [880, 0.11]]) {
    const voice = audio.createOscillator();
    voice.frequency.value = tone;
    voice.connect(volume);
    voice.start(audio.currentTime + start);
    voice.stop(audio.currentTime + 0.36);
  }
}

export function notify(title, body, id) {
  beep();
  if (document.visibilityState === "visible" && document.hasFocus()) return announce(`${title}: ${body}`);
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(title, { body, tag: `conversation-${id}` });
  shown.onclick = () => {
    focus();
    location.hash = `#/c/${id}`;
    shown.close();
  };
}

// Finds out what is new in the queue and in the agent's own conversations, whatever is on the screen.
export class Watch {
  // `isOpen(id)`: the agent is looking at it.
  constructor(isOpen) {
    this.isOpen = isOpen;
    this.pace = new Pace(() => this.look().catch(() => {}), 300, 1_500);
    this.queue = null;
    this.mine = null;
  }

  hear({ id, kind }) {
    if (kind === "owner" || (kind === "message" && this.mine?.has(id))) this.soon();
  }

  soon() {
    this.pace.soon();
  }

  async look() {
    const [queue, mine] = await Promise.all(
      ["queue", "mine"].map(async (view) => (await request(`conversations?${query({ view })}`)).conversations),
    );
    for (const one of this.queue ? queue : []) {
      if (!this.queue.has(one.id)) this.tell("notice_queue", one);
    }
    for (const one of this.mine ? mine : []) {
      const before = this.mine.get(one.id);
      const news = one.preview_author === "customer" && one.updated_at !== before;
      if (news && before !== undefined && !this.isOpen(one.id)) this.tell("notice_message", one);
    }
    this.queue = new Set(queue.map(({ id }) => id));
    this.mine = new Map(mine.map(({ id, updated_at }) => [id, updated_at]));
  }

  tell(key, { id, customer, channel, preview }) {
    const name = customer.name || customer.contact || named(CHANNELS, channel);
    notify(text(key, { name }), preview ?? "", id);
  }
}
