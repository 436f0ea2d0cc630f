/**
 * What the owner of an initiator has it do, and the step that this is.
 *
 * @module
 */
import type { ChildOrder } from "../ike/exchanges/create_child_sa/child_orders.ts";
import type { Initiator } from "../ike/initiator.ts";
import type { InitiatorPath } from "../ike/policy/initiator_configuration.ts";
import type { Effect } from "../ike/states/effect.ts";
import type { Datagram } from "../ike/steps/datagram.ts";
import type { Instant } from "../ike/steps/instant.ts";
import type { Step } from "../ike/steps/step.ts";
import type { SocketTransport } from "../transport/transport.ts";

/** What an initiator is to do next. */
export type InitiatorAction =
  | { readonly type: "start" }
  | { readonly type: "receive"; readonly datagram: Datagram }
  | { readonly type: "timeout" }
  | { readonly type: "close" }
  | { readonly type: "check-liveness" }
  | { readonly type: "rekey" }
  | { readonly type: "request-ticket" }
  | { readonly type: "child-sa"; readonly order: ChildOrder }
  /** It talks over these sockets from now on, to the gateway as before (MOBIKE). */
  | { readonly type: "move"; readonly transport: SocketTransport; readonly path: InitiatorPath };

export function act(initiator: Initiator, action: InitiatorAction, now: Instant): Step<Effect[]> {
  switch (action.type) {
    case "start":
      return initiator.start(now);
    case "receive":
      return initiator.receive(action.datagram, now);
    case "timeout":
      // An answer that came while this waited for its turn may have moved the deadline.
      return (initiator.deadline ?? Infinity) > now.monotonicMs ? nothing() : initiator.timeout(now);
    case "close":
      return initiator.close(now);
    case "check-liveness":
      return initiator.checkLiveness(now);
    case "rekey":
      return initiator.rekey(now);
    case "request-ticket":
      return initiator.requestTicket(now);
    case "child-sa":
      return initiator.orderChildSa(action.order, now);
    case "move":
      return initiator.move(action.path, now);
  }
}

// deno-lint-ignore require-yield
function* nothing(): Step<Effect[]> {
  return [];
}

export function* actInOrder(initiator: Initiator, actions: readonly InitiatorAction[], now: Instant): Step<Effect[]> {
  const effects: Effect[] = [];
  for (const action of actions) effects.push(...yield* act(initiator, action, now));
  return effects;
}
