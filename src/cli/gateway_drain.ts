/**
 * Emptying a gateway: at SIGUSR2 the clients that are up go to another one.
 *
 * @module
 */
import process from "node:process";
import type { RedirectedClients } from "../gateway/redirected_clients.ts";
import { messageOf } from "../store/owners_file.ts";
import type { Draining } from "../gateway/draining.ts";
import type { EventObject } from "./effect_event.ts";
import { stopRequest } from "./gateway_output.ts";

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

/**
 * Before the end: clients go elsewhere first, where there is a gateway to go to and time for it. Another signal ends the wait. Events tell how many
 * were left.
 */
export async function drainBeforeEnd(
  { drainTo: to, drainSeconds: seconds = 0 }: { readonly drainTo?: string; readonly drainSeconds?: number },
  drain: (draining: Draining) => Promise<number>,
  tell: (event: EventObject) => void,
): Promise<void> {
  if (to === undefined || seconds === 0) return;
  tell({ event: "draining", to });
  const impatient = stopRequest();
  const left = await Promise.race([drain({ to, seconds }), impatient.promise]);
  tell({ event: "drained", left: left ?? null });
}
