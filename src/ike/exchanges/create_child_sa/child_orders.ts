/**
 * What the owner of an IKE SA may ask about its Child SAs.
 *
 * @module
 */
import { NotifyType } from "../../../wire/constants.ts";
import { narrow } from "../../child_sa/traffic_selectors.ts";
import { childSaOf, type ChildTask, type WantedTraffic, withTask } from "../../states/child_affairs.ts";
import { type ChildSaUse, withDueTasks, withUse } from "../../states/child_lives.ts";
import type { Established, Transition } from "../../states/established.ts";
import type { Instant } from "../../steps/instant.ts";
import type { Step } from "../../steps/step.ts";
import type { EstablishedContext } from "../established_context.ts";
import { isClosing, sendRequest } from "../requests.ts";

/** Child SAs are named by this end's SPI, the inbound one. Nothing happens to one that is not there. */
export type ChildOrder =
  /**
   * Another Child SA. Of the traffic only what this end's own policy allows is offered (RFC 4718, section 4.12). Ends with `child-sa-up` or
   * `child-sa-failed`, which have `request` in them, if it is given.
   */
  | { readonly kind: "create"; readonly traffic: WantedTraffic; readonly request?: number }
  /** Ends with `child-sa-rekeyed` or `child-sa-rekey-failed`. */
  | { readonly kind: "rekey"; readonly inboundSpi: number }
  /** Ends with `child-sa-down`. */
  | { readonly kind: "delete"; readonly inboundSpi: number }
  /** What a Child SA has carried since it came up. It is rekeyed or ended when that is as much as it may carry. */
  | ({ readonly kind: "used" } & ChildSaUse);

/** Asks for it at once, or as soon as the peer has answered what it was asked before. */
export function* orderChildSa(
  state: Established,
  order: ChildOrder,
  now: Instant,
  context: EstablishedContext,
): Step<Transition> {
  if (state.retiredUntilMs !== undefined || isClosing(state)) return { next: state, effects: [] };
  if (order.kind === "used") {
    const used = withUse(state, order, context.childSas.rules, now);
    return used === state ? { next: state, effects: [] } : yield* sendRequest(withDueTasks(used, now), "child", now, context);
  }
  if (order.kind !== "create" && childSaOf(state, order.inboundSpi) === undefined) return { next: state, effects: [] };
  const task = taskOf(order, now, context);
  if (task === undefined) {
    const { spis } = state;
    const { request } = order as Extract<ChildOrder, { kind: "create" }>;
    const notifyType = NotifyType.TS_UNACCEPTABLE;
    return { next: state, effects: [{ type: "child-sa-failed", spis, notifyType, ...(request !== undefined && { request }) }] };
  }
  return yield* sendRequest(withTask(state, task), "child", now, context);
}

/** `undefined`: this end's own policy allows no such traffic. */
function taskOf(
  order: Exclude<ChildOrder, { kind: "used" }>,
  { monotonicMs: notBeforeMs }: Instant,
  { childSas: { localSelectors: ownPolicy, remotePolicy } }: EstablishedContext,
): ChildTask | undefined {
  switch (order.kind) {
    case "rekey":
      return { kind: "rekey", inboundSpi: order.inboundSpi, notBeforeMs, failures: 0 };
    case "delete":
      return { kind: "delete", inboundSpis: [order.inboundSpi], notBeforeMs, failures: 0 };
    case "create": {
      const { traffic, request } = order;
      const localSelectors = narrow(traffic.localSelectors, ownPolicy);
      const remoteSelectors = remotePolicy ? narrow(traffic.remoteSelectors, remotePolicy) : traffic.remoteSelectors;
      if (localSelectors.length === 0 || remoteSelectors.length === 0) return undefined;
      return {
        kind: "create",
        localSelectors,
        remoteSelectors,
        notBeforeMs,
        failures: 0,
        ...(request !== undefined && { request }),
      };
    }
  }
}
