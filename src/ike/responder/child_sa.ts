/**
 * The first Child SA, which IKE_AUTH makes along with the IKE SA (RFC 7296, section 1.2).
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import type { ChildSa } from "../child_sa.ts";
import { childSaKeys } from "../child_sa_keys.ts";
import type { Established } from "../established/state.ts";
import type { FirstExchange } from "../first_exchange.ts";
import type { IkeSaKeys } from "../ike_sa_keys.ts";
import { findPayload, notify } from "../notify.ts";
import { chooseEsp } from "../proposals.ts";
import { espSpiOctets, espSpiOf, newEspSpi } from "../spi.ts";
import type { Step } from "../step.ts";
import { espSuiteOf } from "../suite.ts";
import { narrow } from "../traffic_selectors.ts";
import { assignAddress } from "./configuration_payload.ts";
import type { ResponderContext } from "./state.ts";
import type { Contribution } from "./ticket_request.ts";

/** What a client that has proven itself asks for. */
export interface ChildSaRequest {
  readonly first: FirstExchange;
  readonly keys: IkeSaKeys;
  /** SAi2, TSi and TSr are among them, or no Child SA is wanted. */
  readonly payloads: readonly Payload[];
  readonly encapsulated: boolean;
  /** The IKE SA that a ticket stands for, if it is still up. */
  readonly predecessor?: Established;
}

/** The first Child SA. If it cannot be made the IKE SA stands all the same (RFC 4718, section 4.2). */
export function* createChildSa(
  { first, keys, payloads, encapsulated, predecessor }: ChildSaRequest,
  context: ResponderContext,
): Step<Contribution & { childSa?: ChildSa }> {
  const { configuration, random } = context;
  const offer = findPayload(payloads, "SA");
  const initiatorSelectors = findPayload(payloads, "TSi");
  const responderSelectors = findPayload(payloads, "TSr");
  if (!offer || !initiatorSelectors || !responderSelectors) return { payloads: [], effects: [] };

  const inboundSpi = newEspSpi(random);
  const chosen = chooseEsp(offer.proposals, configuration.espProposals, espSpiOctets(inboundSpi));
  const suite = chosen && espSuiteOf(chosen);
  const outboundSpi = chosen && espSpiOf(offer.proposals.find(({ number }) => number === chosen.number)!.spi);
  if (!chosen || !suite || outboundSpi === undefined) return childSaFailed(first, NotifyType.NO_PROPOSAL_CHOSEN);
  const inner = assignAddress(first.spis, payloads, predecessor, context);
  if (inner.kind === "failed") return childSaFailed(first, inner.notifyType);
  const allowed = inner.kind === "assigned" ? inner.selectors : configuration.remoteSelectors;
  const remoteSelectors = narrow(initiatorSelectors.selectors, allowed);
  const localSelectors = narrow(responderSelectors.selectors, configuration.localSelectors);
  if (remoteSelectors.length === 0 || localSelectors.length === 0) {
    context.innerAddresses?.release(first.spis.responderSpi);
    return childSaFailed(first, NotifyType.TS_UNACCEPTABLE);
  }

  const childSa: ChildSa = {
    inboundSpi,
    outboundSpi,
    protection: suite.protection,
    extendedSequenceNumbers: suite.extendedSequenceNumbers,
    ...yield* childSaKeys(first.suite, keys.skD, first.nonces, suite, "responder"),
    localSelectors,
    remoteSelectors,
    udpEncapsulation: encapsulated,
  };
  return {
    childSa,
    payloads: [
      ...(inner.kind === "assigned" ? [inner.payload] : []),
      { type: "SA", proposals: [chosen] },
      { type: "TSi", selectors: remoteSelectors },
      { type: "TSr", selectors: localSelectors },
    ],
    effects: [...(inner.kind === "assigned" ? [inner.effect] : []), { type: "child-sa-up", spis: first.spis, childSa }],
  };
}

function childSaFailed(first: FirstExchange, notifyType: number): Contribution {
  return { payloads: [notify(notifyType)], effects: [{ type: "child-sa-failed", spis: first.spis, notifyType }] };
}
