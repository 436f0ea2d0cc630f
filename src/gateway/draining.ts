/**
 * A gateway that is to leave: its clients go to another one, and then it may end.
 *
 * @module
 */
import { checkedRedirect, type RedirectedClients } from "./redirected_clients.ts";

const LOOK_INTERVAL_MS = 50;
const LONGEST_SECONDS = 86_400;

/** How a gateway leaves. */
export interface Draining {
  /** Where its clients go: an IP address, or a host name of at most 253 characters. */
  readonly to: string;
  /** How long it waits for them at most, in seconds: 0 to 86,400. */
  readonly seconds: number;
}

interface LeavingGateway {
  readonly establishedCount: number;
  redirect(clients: RedirectedClients): Promise<void>;
}

/**
 * Sends away who comes and who is up, and waits for these to go.
 *
 * @param leave from when it was called, no IKE SA comes up any more
 * @returns how many IKE SAs are left
 * @throws {RangeError} `to` is neither an address nor a host name, or `seconds` is out of range.
 */
export async function drained(
  { to, seconds }: Draining,
  gateway: LeavingGateway,
  leave: (to: string) => void,
): Promise<number> {
  if (!(seconds >= 0 && seconds <= LONGEST_SECONDS)) {
    throw new RangeError(`drain: seconds is ${seconds}, expected 0 to ${LONGEST_SECONDS}`);
  }
  const clients = checkedRedirect({ who: "all", to });
  leave(to);
  await gateway.redirect(clients);
  const deadlineMs = performance.now() + 1_000 * seconds;
  while (gateway.establishedCount > 0 && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
  return gateway.establishedCount;
}
