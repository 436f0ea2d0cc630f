/**
 * Where the gateways are by now, before a session that was lost tries to come back.
 *
 * @module
 */
import { LATE, within } from "../store/patience.ts";
import type { GatewayList } from "./gateway_list.ts";
import type { AttemptOptions } from "./reconnection.ts";
import type { SessionOptions } from "./session_options.ts";

/** How long the answer is waited for, in milliseconds: the gateways that are known may be right all the same. */
const PATIENCE_MS = 5_000;

/** Asks the program's function, if there is one. What goes wrong is told to `onFault`, and leaves the list as it was. Never throws. */
export async function lookUpAgain(
  gateways: GatewayList,
  { lookUpGateways }: Pick<SessionOptions, "lookUpGateways">,
  { beside, sent }: AttemptOptions,
  onFault: (fault: unknown) => void,
): Promise<void> {
  // An attempt beside an IKE SA that is up goes where that is, or where its gateway sends it.
  if (lookUpGateways === undefined || beside || sent) return;
  try {
    const found = await within(lookUpGateways(), PATIENCE_MS);
    if (found === LATE) throw new Error(`lookUpGateways: no answer within ${PATIENCE_MS} ms`);
    gateways.restate(found);
  } catch (error) {
    onFault(error);
  }
}
