/**
 * Emptying a gateway: at SIGUSR2 the clients that are up go to another one.
 *
 * @module
 */
import process from "node:process";
import type { RedirectedClients } from "../gateway/redirected_clients.ts";
import { messageOf } from "../store/owners_file.ts";
import type { EventObject } from "./effect_event.ts";

/** Nothing happens without a gateway to go to: the signal then ends the process, as it always does. */
export function drainOnSignal(
  { drainTo: to }: { readonly drainTo?: string },
  gateway: { redirect(clients: RedirectedClients): Promise<void> },
  tell: (event: EventObject) => void,
  complain: (line: string) => void,
): void {
  if (to === undefined) return;
  process.on("SIGUSR2", () => {
    tell({ event: "draining", to });
    gateway.redirect({ who: "all", to }).catch((error) => complain(`clients were not sent to ${to}: ${messageOf(error)}`));
  });
}
