/**
 * Asks a web service about an identity: the question is posted, the answer is the body of a response of status 200.
 *
 * @module
 */
import { type Ask, joined } from "./policy_command.ts";
import { LONGEST_ANSWER } from "./policy_answer.ts";

/** @param token sent as `Authorization: Bearer`, if there is one */
export function askUrl(url: string, token?: string): Ask {
  const headers = {
    "content-type": "application/json",
    "accept": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return async (question, signal) => {
    let response: Response;
    try {
      response = await fetch(url, { method: "POST", headers, body: question, redirect: "error", signal });
    } catch (error) {
      // What a runtime tells of it may name the URL, and who may read a log need not know that.
      throw new Error(signal.aborted ? "no answer in time" : `it cannot be reached (${(error as Error).name})`);
    }
    try {
      if (response.status !== 200) throw new Error(`it answered with status ${response.status}`);
      return await bodyOf(response, signal);
    } finally {
      await response.body?.cancel().catch(() => {});
    }
  };
}

async function bodyOf({ body }: Response, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (body === null) return joined(chunks, length);
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new Error(signal.aborted ? "no answer in time" : "the answer broke off");
      });
      if (done) return joined(chunks, length);
      length += value.length;
      if (length > LONGEST_ANSWER) throw new Error(`more than ${LONGEST_ANSWER} octets`);
      chunks.push(value);
    }
  } finally {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
