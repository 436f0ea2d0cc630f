/**
 * Who asks for the page: from where, with what token, and what came with it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { equalInConstantTime } from "../../../crypto/constant_time.ts";

/** Octets of what a request says at most. */
const LONGEST_BODY = 4_096;

/** The token that requests have to show. */
export class PageToken {
  /** Of one length, whatever tokens are: comparing tells nothing of theirs. */
  readonly #digest: Uint8Array;

  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  /** Whether a header `Authorization` has it. */
  opens(authorization: string | undefined): boolean {
    const [, shown] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
    return equalInConstantTime(this.#digest, digestOf(shown ?? "")) && shown !== undefined;
  }
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

/** Whether it came to this machine from itself. */
export function isFromLoopback({ socket }: IncomingMessage): boolean {
  const address = (socket.localAddress ?? "").replace(/^::ffff:/i, "");
  return address === "::1" || /^127\./.test(address);
}

/** Whether a page of this server asks, as far as the browser says: a page of another site, or of another port, may not. */
export function isOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

/** What a request says, as JSON; `undefined`: it is none, or too long, or the connection ended first. How long that may take, the server bounds. */
export async function jsonOf(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > LONGEST_BODY) return undefined;
      parts.push(part);
    }
    const octets = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      octets.set(part, at);
      at += part.length;
    }
    return JSON.parse(new TextDecoder().decode(octets));
  } catch {
    return undefined;
  }
}
