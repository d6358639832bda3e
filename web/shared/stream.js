// A text/event-stream, read by hand: unlike EventSource this hears the server's signs of life, and sees why a
// stream ended.

import { known } from "./http.js";

const FIRST_BYTE = 8_000; // ms; the server speaks at once, so a proxy must be holding it back
const SILENCE = 40_000; // ms; more than two heartbeats

/**
 * Resolves when the server ends the stream; rejects with an ApiError when it is lost, or silent for too long.
 * `read` gets what came together; nothing for a sign of life.
 * @param {(signal: AbortSignal) => Promise<Response>} open
 * @param {(events: Shared.StreamEvent[]) => void} read
 * @param {AbortController} stream ends it
 */
export async function follow(open, read, stream) {
  let watchdog = setTimeout(() => stream.abort(), FIRST_BYTE);
  const decoder = new TextDecoder();
  let rest = "";
  try {
    const answer = await open(stream.signal);
    const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stream.abort(), SILENCE);
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      read(blocks.map(event).filter(({ kind }) => kind));
    }
  } catch (error) {
    throw known(error);
  } finally {
    clearTimeout(watchdog);
  }
}

/** @param {string} block */
function event(block) {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
  return { kind: fields.event ?? "", data: fields.event ? JSON.parse(fields.data) : null };
}
