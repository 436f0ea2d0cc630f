/**
 * The rekeying of an IKE SA, with one end made by hand.
 *
 * @module
 */
import type { KeyPair } from "../../src/crypto/key_exchange.ts";
import { keysFromRekey } from "../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../src/ike/ike_sa/nonces.ts";
import { findPayload } from "../../src/ike/message/notify.ts";
import { defaultIkeProposals, offerIke } from "../../src/ike/ike_sa/proposals.ts";
import { ikeSpiOctets, ikeSpiOf } from "../../src/ike/ike_sa/spi.ts";
import { agree } from "../../src/ike/steps/step.ts";
import { ikeSuiteOf } from "../../src/ike/ike_sa/suite.ts";
import { ExchangeType } from "../../src/wire/constants.ts";
import type { Payload, Proposal } from "../../src/wire/payload.ts";
import type { HandmadeClient, HandmadeExchange } from "./handmade_client.ts";

/** What the offer shall hold instead of what is right. */
export interface OfferChanges {
  readonly proposals?: readonly Proposal[];
  readonly pair?: KeyPair;
  readonly publicValue?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly omit?: readonly Payload["type"][];
  readonly add?: readonly Payload[];
}

/** The handmade client's SPI of the new IKE SA. */
export const NEW_SPI = 0x7777n;
const NONCE = new Uint8Array(32).fill(0x5a);

/** SA, Ni, KEi, right but for the changes. */
export function offerPayloads(pair: KeyPair, changes: OfferChanges = {}): Payload[] {
  const right: Payload[] = [
    { type: "SA", proposals: changes.proposals ?? offerIke(defaultIkeProposals(), ikeSpiOctets(NEW_SPI)) },
    { type: "Nonce", nonce: changes.nonce ?? NONCE },
    { type: "KE", group: pair.group, keyExchangeData: changes.publicValue ?? pair.publicValue },
  ];
  return [...right.filter(({ type }) => !changes.omit?.includes(type)), ...(changes.add ?? [])];
}

/** Offers the gateway a new IKE SA; returns the payloads of its answer, and the new IKE SA if it agreed. */
export async function offerRekey(
  handmade: HandmadeClient,
  exchange: HandmadeExchange,
  messageId: number,
  changes: OfferChanges = {},
): Promise<{ answer: readonly Payload[]; made?: HandmadeExchange }> {
  const pair = changes.pair ?? await handmade.keyPair();
  const octets = await handmade.seal(exchange, offerPayloads(pair, changes), messageId, {
    exchangeType: ExchangeType.CREATE_CHILD_SA,
  });
  const { replies: [reply] } = await handmade.deliver(octets);
  const answer = await handmade.open(exchange, reply);
  const chosen = findPayload(answer, "SA")?.proposals[0];
  if (!chosen) return { answer };
  const suite = ikeSuiteOf(chosen)!;
  const spis = { initiatorSpi: NEW_SPI, responderSpi: ikeSpiOf(chosen.spi)! };
  const nonces = noncePair(changes.nonce ?? NONCE, findPayload(answer, "Nonce")!.nonce);
  const sharedSecret = await handmade.run(agree({ pair, peerPublicValue: findPayload(answer, "KE")!.keyExchangeData }));
  const keys = await handmade.run(keysFromRekey(exchange, suite, sharedSecret!, nonces, spis));
  return { answer, made: { ...exchange, suite, spis, nonces, keys } };
}
