// @ts-check
/// <reference lib="dom" />
/**
 * What the page asks the gateway. The token goes in a header, is kept for this tab alone, and never stands in an address.
 *
 * @module
 */

const KEPT_AS = "ike-resume token";
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** The gateway does not take the token. */
export class TokenRefused extends Error {}

/** @returns {string | null} */
export function keptToken() {
  return sessionStorage.getItem(KEPT_AS);
}

/** @param {string} token */
export function keepToken(token) {
  sessionStorage.setItem(KEPT_AS, token);
}

export function forgetToken() {
  sessionStorage.removeItem(KEPT_AS);
}

/**
 * Asks, and gives the answer; throws what is wrong, in one line.
 *
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
export async function ask(path, body) {
  const response = await answered(path, { method: "POST", body: JSON.stringify(body) });
  return await response.json();
}

/**
 * Hears what the gateway tells once a second, for ever: where the stream ends it is begun again.
 *
 * @param {(told: any) => void} onTold
 * @param {(standing: "live" | "waiting") => void} onStanding
 * @returns {Promise<never>} Rejects with {@link TokenRefused}.
 */
export async function listen(onTold, onStanding) {
  for (let waitMs = FIRST_WAIT_MS;; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      const { body } = await answered("/page/stream", {});
      onStanding("live");
      for await (const data of eventsOf(body)) {
        waitMs = FIRST_WAIT_MS;
        onTold(JSON.parse(data));
      }
    } catch (error) {
      if (error instanceof TokenRefused) throw error;
    }
    onStanding("waiting");
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/**
 * @param {string} path
 * @param {RequestInit} request
 * @returns {Promise<Response>}
 */
async function answered(path, request) {
  const headers = { authorization: `Bearer ${keptToken() ?? ""}`, "content-type": "application/json" };
  const response = await fetch(path, { ...request, headers, credentials: "omit", cache: "no-store" });
  if (response.status === 401) throw new TokenRefused("This is not the token of this gateway's page.");
  if (!response.ok) throw new Error((await response.json()).error);
  return response;
}

/**
 * The data of server-sent events. `EventSource` would do it, but sends no header.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>> | null} body
 * @returns {AsyncGenerator<string, void, undefined>}
 */
async function* eventsOf(body) {
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    waiting += value;
    const events = waiting.split("\n\n");
    waiting = events.pop() ?? "";
    for (const event of events) if (event.startsWith("data: ")) yield event.slice("data: ".length);
  }
}
