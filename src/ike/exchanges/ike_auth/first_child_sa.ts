/**
 * The first Child SA, which IKE_AUTH makes along with the IKE SA (RFC 7296, section 1.2).
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import { NotifyType } from "../../../wire/constants.ts";
import type { Payload, Proposal } from "../../../wire/payload.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { childSaKeys, cutKeymat } from "../../child_sa/child_sa_keys.ts";
import { agreedTraits, grantable, grantedTraits } from "../../child_sa/child_sa_traits.ts";
import { narrow } from "../../child_sa/traffic_selectors.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { NoncePair } from "../../ike_sa/nonces.ts";
import { chooseEsp } from "../../ike_sa/proposals.ts";
import { espSpiOctets, espSpiOf, newEspSpi } from "../../ike_sa/spi.ts";
import { type EspSuite, espSuiteOf } from "../../ike_sa/suite.ts";
import { findPayload, notify } from "../../message/notify.ts";
import type { ResponderConfiguration } from "../../policy/responder_configuration.ts";
import type { Effect } from "../../states/effect.ts";
import type { FirstExchange } from "../../states/first_exchange.ts";
import type { Endpoint } from "../../steps/datagram.ts";
import type { Step } from "../../steps/step.ts";
import type { Contribution } from "../../tickets/ticket_draft.ts";
import type { ResponderContext } from "../responder_context.ts";
import { assignAddress } from "./configuration_reply.ts";
import { moreNotify, remoteSelectorsFor } from "./remote_selectors.ts";

/** The choice from a client's offer for the first Child SA. */
export interface ChildSaChoice {
  readonly suite: EspSuite;
  /** Yet to get the gateway's own SPI. */
  readonly proposal: Proposal;
  readonly outboundSpi: number;
}

/**
 * Makes the choice, which only the offer and the configuration decide; `undefined`: no Child SA is wanted, or none can be had.
 */
export function chooseChildSa(
  payloads: readonly Payload[],
  { espProposals }: ResponderConfiguration,
): ChildSaChoice | undefined {
  const offer = wantsChildSa(payloads) ? findPayload(payloads, "SA") : undefined;
  const proposal = offer && chooseEsp(offer.proposals, espProposals, NO_SPI);
  const suite = proposal && espSuiteOf(proposal);
  const outboundSpi = proposal && espSpiOf(offer.proposals.find(({ number }) => number === proposal.number)!.spi);
  return suite && outboundSpi !== undefined ? { suite, proposal, outboundSpi } : undefined;
}

/** What a client that has proven itself asks for. */
export interface ChildSaRequest {
  readonly first: FirstExchange;
  readonly keys: IkeSaKeys;
  /** SAi2, TSi and TSr are among them, or no Child SA is wanted. */
  readonly payloads: readonly Payload[];
  readonly choice: ChildSaChoice | undefined;
  /** KEYMAT, where it was already made for this choice. */
  readonly keymat: Uint8Array | undefined;
  readonly encapsulated: boolean;
  /** The identity that policy is about. */
  readonly identity: Identity;
  /** `identityKey` of it. */
  readonly identityKey: string;
  readonly remote: Endpoint;
  /** Where the client is known to be met. */
  readonly metAt: Endpoint;
  /** This end's SPI of the IKE SA that a ticket stands for, if it is still up. */
  readonly predecessor?: bigint;
  /** Not given: those of the IKE SA. */
  readonly nonces?: NoncePair;
  /** The request may have been sent by another than the client: see `AwaitingConfirmation`. */
  readonly isUnconfirmed?: boolean;
}

export interface FirstChildSa extends Contribution {
  readonly childSa?: ChildSa;
  /** Inner addresses of the client, 4 or 16 octets each. */
  readonly addresses?: readonly Uint8Array[];
}

/** The first Child SA. If it cannot be made the IKE SA stands all the same (RFC 4718, section 4.2). */
export function* createChildSa(
  request: ChildSaRequest,
  context: ResponderContext,
): Step<FirstChildSa> {
  const { first, keys, payloads, choice, keymat, encapsulated, identity, identityKey, remote, metAt } = request;
  const { predecessor, isUnconfirmed, nonces = first.nonces } = request;
  const { configuration, random } = context;
  const initiatorSelectors = findPayload(payloads, "TSi");
  const responderSelectors = findPayload(payloads, "TSr");
  if (!wantsChildSa(payloads) || !initiatorSelectors || !responderSelectors) return { payloads: [], effects: [] };
  if (choice === undefined) return childSaFailed(first, NotifyType.NO_PROPOSAL_CHOSEN);

  const { suite, proposal, outboundSpi } = choice;
  const inboundSpi = newEspSpi(random);
  const client = { ownSpi: first.spis.responderSpi, identity, identityKey, remote };
  const inner = assignAddress(first.spis, payloads, { ...client, isUnconfirmed }, predecessor, context);
  if (inner.kind === "failed") return childSaFailed(first, inner.notifyType);
  const remoteSelectors = inner.kind === "assigned"
    ? narrow(initiatorSelectors.selectors, inner.selectors)
    : remoteSelectorsFor({ ...client, remote: metAt }, initiatorSelectors.selectors, context);
  const localSelectors = narrow(responderSelectors.selectors, configuration.localSelectors);
  if (remoteSelectors.length === 0 || localSelectors.length === 0) {
    context.remoteAddresses.release(first.spis.responderSpi);
    return childSaFailed(first, NotifyType.TS_UNACCEPTABLE);
  }

  const { inbound, outbound } = keymat
    ? cutKeymat(keymat, suite, "responder")
    : yield* childSaKeys(first.suite, keys.skD, nonces, suite, "responder");
  const wanted = grantable(configuration.childSas, encapsulated);
  const traits = agreedTraits(payloads, wanted);
  const childSa: ChildSa = {
    inboundSpi,
    outboundSpi,
    protection: suite.protection,
    extendedSequenceNumbers: suite.extendedSequenceNumbers,
    inbound,
    outbound,
    localSelectors,
    remoteSelectors,
    udpEncapsulation: encapsulated,
    ...traits,
  };
  const answer: Payload[] = [
    ...grantedTraits(traits, wanted),
    { type: "SA", proposals: [{ ...proposal, spi: espSpiOctets(inboundSpi) }] },
    { type: "TSi", selectors: remoteSelectors },
    { type: "TSr", selectors: localSelectors },
    ...moreNotify([initiatorSelectors.selectors, remoteSelectors], [responderSelectors.selectors, localSelectors]),
  ];
  const up: Effect = { type: "child-sa-up", spis: first.spis, childSa };
  if (inner.kind !== "assigned") return { childSa, payloads: answer, effects: [up] };
  const { addresses } = inner;
  return { childSa, addresses, payloads: [inner.payload, ...answer], effects: [inner.effect, up] };
}

const NO_SPI = new Uint8Array(0);

function wantsChildSa(payloads: readonly Payload[]): boolean {
  return findPayload(payloads, "SA") !== undefined && findPayload(payloads, "TSi") !== undefined &&
    findPayload(payloads, "TSr") !== undefined;
}

/** The IKE SA stands without a Child SA: the notify says why. */
export function childSaFailed(first: FirstExchange, notifyType: number): Contribution {
  return { payloads: [notify(notifyType)], effects: [{ type: "child-sa-failed", spis: first.spis, notifyType }] };
}
