// What an agent is told: by a line at the screen's edge, by the desktop's notifications, by a sound.

import { $, el } from "../../shared/dom.js";
import { known } from "../../shared/http.js";
import { explain } from "../core/texts.js";

const SHOWN = 6_000; // ms
const region = $("status");
/** @type {AudioContext | undefined} */
let audio;

// Browsers let a page make sounds after the first click or key only.
addEventListener("pointerdown", wakeAudio, { once: true });
addEventListener("keydown", wakeAudio, { once: true });

function wakeAudio() {
  if (!audio && "AudioContext" in window) audio = new AudioContext();
}

/**
 * Shown, and read out: this is the page's one live region.
 * @param {string} words
 * @param {"plain" | "bad"} [kind]
 */
export function tell(words, kind = "plain") {
  const line = el(`p.toast.${kind}`, {}, words);
  region.append(line);
  setTimeout(() => line.remove(), kind === "bad" ? 2 * SHOWN : SHOWN);
}

/**
 * Tells what went wrong; who is signed out learns that elsewhere.
 * @param {unknown} error
 */
export function problem(error) {
  if (known(error).status !== 401) tell(explain(error), "bad");
}

/**
 * Read out only.
 * @param {string} words
 */
export function announce(words) {
  const line = el("p.unseen", {}, words);
  region.append(line);
  setTimeout(() => line.remove(), SHOWN);
}

/**
 * What the agent wishes on this device.
 * @param {string} name
 * @param {"yes" | "no"} otherwise
 */
export const wish = (name, otherwise) => (localStorage.getItem(`desk-${name}`) ?? otherwise) === "yes";
/**
 * @param {string} name
 * @param {boolean} on
 */
export const setWish = (name, on) => localStorage.setItem(`desk-${name}`, on ? "yes" : "no");

export function beep() {
  if (!wish("sound", "yes") || !audio || audio.state !== "running") return;
  const volume = audio.createGain();
  volume.connect(audio.destination);
  volume.gain.setValueAtTime(0.0001, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.12, audio.currentTime + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.35);
  for (const [tone, start] of [
    [659, 0],
    [880, 0.11],
  ]) {
    const voice = audio.createOscillator();
    voice.frequency.value = tone;
    voice.connect(volume);
    voice.start(audio.currentTime + start);
    voice.stop(audio.currentTime + 0.36);
  }
}

/**
 * @param {string} title
 * @param {string} body
 * @param {string} place of the desk that it is about, such as #/c/7
 */
export function notify(title, body, place) {
  beep();
  if (document.visibilityState === "visible" && document.hasFocus()) return announce(`${title}: ${body}`);
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const shown = new Notification(title, { body, tag: place });
  shown.onclick = () => {
    focus();
    location.hash = place;
    shown.close();
  };
}
