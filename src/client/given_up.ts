/**
 * Connections that are given up before anybody has them.
 *
 * @module
 */
import type { Link } from "./session.ts";

/**
 * What an attempt leads to. One that was given up as it came up is ended again: the gateway is told, and has answered, or will not.
 *
 * @throws the signal's reason, if it is aborted, once nothing is open any more; else whatever the attempt throws.
 */
export async function unlessGivenUp(attempt: Promise<Link>, signal: AbortSignal | undefined): Promise<Link> {
  if (signal === undefined) return await attempt;
  try {
    const link = await attempt;
    if (!signal.aborted) return link;
    if (!link.state.down) link.driver.act(link.driven, { type: "close" });
    await link.state.closed;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  throw signal.reason;
}
