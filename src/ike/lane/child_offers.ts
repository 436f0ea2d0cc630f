/**
 * Offers of Child SAs, recognised by their octets: clients of one make send the same, but for their SPIs. What has been read once is read again by
 * comparing it, and what is chosen of it is known (RFC 7296, section 2.7).
 *
 * @module
 */
import type { ConfigurationPayload, Payload, Proposal, TrafficSelector } from "../../wire/payload.ts";
import { PayloadNumber, ProtocolId } from "../../wire/constants.ts";
import { decodePayloads, encodePayload } from "../../wire/message.ts";
import { narrow } from "../child_sa/traffic_selectors.ts";
import { type ChildSaChoice, chooseChildSa } from "../exchanges/ike_auth/first_child_sa.ts";
import type { ResponderConfiguration } from "../policy/responder_configuration.ts";
import { u32 } from "../../wire/numbers_in_place.ts";
import { endOf, NOWHERE } from "./plain_auth_request.ts";

/** Remembered of each kind: a gateway meets few makes of clients, and what nobody sends twice is forgotten. */
const MOST_REMEMBERED = 16;
/** The lowest SPI of ESP that is not reserved (RFC 4303, section 2.1). */
const FIRST_ESP_SPI = 256;

/** What is chosen of an offer, and SAr2 that says so, with room for the SPI. */
export interface KnownChoice extends ChildSaChoice {
  readonly sa: Uint8Array;
}

/** What the configuration leaves of a client's TSr, and TSr that says so. */
export interface LocalSelectors {
  readonly selectors: readonly TrafficSelector[];
  readonly octets: Uint8Array;
}

interface KnownOffer {
  /** The payload with zeros for SPIs. */
  readonly octets: Uint8Array;
  /** Where the SPIs stand. */
  readonly spis: readonly number[];
  readonly choice: Omit<KnownChoice, "outboundSpi"> | undefined;
  /** Which of the SPIs is that of the chosen proposal. */
  readonly chosen: number;
}

interface KnownSelectors {
  readonly octets: Uint8Array;
  readonly selectors: readonly TrafficSelector[];
}

export class ChildOffers {
  readonly #configuration: ResponderConfiguration;
  #offers: readonly KnownOffer[] = [];
  #selectors: readonly KnownSelectors[] = [];
  readonly #local = new WeakMap<readonly TrafficSelector[], LocalSelectors>();

  constructor(configuration: ResponderConfiguration) {
    this.#configuration = configuration;
  }

  /** What is chosen of SAi2: nothing, or its proposal. "not plain": it is no offer, or one with other SPIs than ESP's. */
  choiceOf(plaintext: Uint8Array, sa: number): KnownChoice | undefined | "not plain" {
    const known = this.#knownOffer(plaintext, sa) ?? this.#learn(plaintext, sa);
    if (known === undefined) return "not plain";
    if (known.choice === undefined) return undefined;
    const { suite, proposal, sa: answer } = known.choice;
    return { suite, proposal, sa: answer, outboundSpi: u32(plaintext, sa + known.spis[known.chosen]) };
  }

  /** The selectors of TSi or TSr, shared by all who offer the same; `undefined`: they are none. */
  selectorsOf(plaintext: Uint8Array, start: number, payloadNumber: number): readonly TrafficSelector[] | undefined {
    for (const known of this.#selectors) if (isSame(known.octets, plaintext, start)) return known.selectors;
    const octets = alone(plaintext, start);
    const [payload] = decodedAlone(octets, payloadNumber);
    if (payload?.type !== "TSi" && payload?.type !== "TSr") return undefined;
    this.#selectors = remembered(this.#selectors, { octets, selectors: payload.selectors });
    return payload.selectors;
  }

  /** What the configuration leaves of selectors that {@link selectorsOf} gave. */
  localSelectorsOf(offered: readonly TrafficSelector[]): LocalSelectors {
    let known = this.#local.get(offered);
    if (known === undefined) {
      const selectors = narrow(offered, this.#configuration.localSelectors);
      known = { selectors, octets: encodePayload({ type: "TSr", selectors }, 0) };
      this.#local.set(offered, known);
    }
    return known;
  }

  /** CP, read anew each time: it may name any address. */
  configurationOf(plaintext: Uint8Array, start: number): ConfigurationPayload | undefined | "not plain" {
    if (start === NOWHERE) return undefined;
    const [payload] = decodedAlone(alone(plaintext, start), PayloadNumber.CP);
    return payload?.type === "CP" ? payload : "not plain";
  }

  #knownOffer(plaintext: Uint8Array, sa: number): KnownOffer | undefined {
    for (const offer of this.#offers) if (isOffer(offer, plaintext, sa)) return offer;
    return undefined;
  }

  #learn(plaintext: Uint8Array, sa: number): KnownOffer | undefined {
    const octets = alone(plaintext, sa);
    const [payload] = decodedAlone(octets, PayloadNumber.SA);
    if (payload?.type !== "SA" || !payload.proposals.every(isOfEsp)) return undefined;
    const spis = payload.proposals.map(({ spi }) => spi.byteOffset - octets.byteOffset);
    if (spis.some((at) => u32(octets, at) < FIRST_ESP_SPI)) return undefined;
    // The order of preference alone decides.
    const chosen = chooseChildSa([payload, NO_SELECTORS.i, NO_SELECTORS.r], this.#configuration);
    const offer = chosen === undefined ? { octets, spis, choice: undefined, chosen: 0 } : {
      octets,
      spis,
      choice: knownChoice(chosen),
      chosen: placeOf(chosen, payload.proposals),
    };
    for (const at of spis) octets.fill(0, at, at + 4);
    this.#offers = remembered(this.#offers, offer);
    return offer;
  }
}

const NO_SELECTORS = { i: { type: "TSi", selectors: [] }, r: { type: "TSr", selectors: [] } } as const;

function isOfEsp({ protocolId, spi }: Proposal): boolean {
  return protocolId === ProtocolId.ESP && spi.length === 4;
}

function placeOf({ proposal }: ChildSaChoice, proposals: readonly Proposal[]): number {
  return proposals.findIndex(({ number }) => number === proposal.number);
}

function knownChoice({ suite, proposal }: ChildSaChoice): Omit<KnownChoice, "outboundSpi"> {
  const own = copied(proposal);
  return { suite, proposal: own, sa: encodePayload({ type: "SA", proposals: [{ ...own, spi: new Uint8Array(4) }] }, 0) };
}

/** Attributes of a transform may be views of what it was read from. */
function copied(proposal: Proposal): Proposal {
  return structuredClone(proposal);
}

/** The newest first. */
function remembered<Known>(known: readonly Known[], one: Known): readonly Known[] {
  return [one, ...known.slice(0, MOST_REMEMBERED - 1)];
}

/** A copy of a payload, as the last of its chain. */
function alone(plaintext: Uint8Array, start: number): Uint8Array {
  const octets = plaintext.slice(start, endOf(plaintext, start));
  octets[0] = 0;
  return octets;
}

function decodedAlone(octets: Uint8Array, payloadNumber: number): readonly Payload[] {
  const decoded = decodePayloads(payloadNumber, octets);
  return decoded.ok ? decoded.value : [];
}

/** Which payload follows says nothing. */
function isSame(octets: Uint8Array, plaintext: Uint8Array, start: number): boolean {
  if (octets.length !== endOf(plaintext, start) - start) return false;
  for (let at = 1; at < octets.length; at++) if (octets[at] !== plaintext[start + at]) return false;
  return true;
}

function isOffer({ octets, spis }: KnownOffer, plaintext: Uint8Array, start: number): boolean {
  if (octets.length !== endOf(plaintext, start) - start) return false;
  let next = 0;
  for (let at = 1; at < octets.length; at++) {
    if (at === spis[next]) {
      if (u32(plaintext, start + at) < FIRST_ESP_SPI) return false;
      next++;
      at += 3;
    } else if (octets[at] !== plaintext[start + at]) return false;
  }
  return true;
}
