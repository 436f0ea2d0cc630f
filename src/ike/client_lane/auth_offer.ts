/**
 * What an IKE_AUTH request says behind IDi: IDr, AUTH, SAi2, TSi, TSr, N(TICKET_REQUEST) (RFC 5723, section 4.3.3). Clients of one make say the same, but
 * for AUTH and the SPI of their Child SA: it is encoded once, and copied.
 *
 * @module
 */
import type { Identity } from "../../ticket/identity.ts";
import { sameOctets } from "../../wire/octets.ts";
import { decodePayloads, encodePaddedPayloads } from "../../wire/message.ts";
import { u16, u32 } from "../../wire/numbers_in_place.ts";
import { PayloadNumber } from "../../wire/constants.ts";
import type { Payload, Proposal, TrafficSelector } from "../../wire/payload.ts";
import { authPayload } from "../authentication/auth_payload.ts";
import { isNarrowedFrom } from "../child_sa/traffic_selectors.ts";
import { isChosenFrom, offerEsp } from "../ike_sa/proposals.ts";
import { type EspSuite, espSuiteOf } from "../ike_sa/suite.ts";
import type { InitiatorConfiguration } from "../policy/initiator_configuration.ts";
import { RFC_5723 } from "../profiles/rfc5723.ts";
import type { Span } from "./plain_auth_answer.ts";
import { GENERIC_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** Offers that are remembered: a process has few makes of clients. */
const MOST_OFFERS = 16;
/** Answers that are remembered of one offer: a gateway gives one. */
const MOST_ANSWERS = 8;
/** Generic header, type and what is reserved, of IDr and AUTH. */
const TYPED_HEADER_LENGTH = 8;
const PROPOSAL_HEADER_LENGTH = 8;
const SPI_LENGTH = 4;
/** Where the SPI stands in SAr2 of one proposal. */
const ANSWERED_SPI_OFFSET = GENERIC_HEADER_LENGTH + PROPOSAL_HEADER_LENGTH;

type Offered = Pick<InitiatorConfiguration, "espProposals" | "localSelectors" | "remoteSelectors">;

/** An answer that was looked at once: it is known by its octets, in which the SPI does not count. */
interface KnownAnswer<Known> {
  readonly octets: Uint8Array;
  readonly known: Known;
}

export class AuthOffer {
  readonly responderId: Identity;
  /** IDr' of RFC 7296, section 2.15. */
  readonly responderIdBody: Uint8Array;
  /** All payloads, and Pad Length. */
  readonly octets: Uint8Array;
  /** Where AUTH goes in them, and how long it is. */
  readonly authStart: number;
  readonly authLength: number;
  /** Where the SPI goes, once for each proposal. */
  readonly spiPlaces: readonly number[];
  readonly #offered: Offered;
  readonly #proposals: readonly Proposal[];
  #suites: readonly KnownAnswer<EspSuite>[] = [];
  #local: readonly KnownAnswer<readonly TrafficSelector[]>[] = [];
  #remote: readonly KnownAnswer<readonly TrafficSelector[]>[] = [];

  /** @param authLength octets of AUTH, which are those of the prf. */
  constructor(offered: Offered, responderId: Identity, authLength: number) {
    const { espProposals, localSelectors, remoteSelectors } = offered;
    this.#offered = { espProposals, localSelectors, remoteSelectors };
    this.#proposals = offerEsp(espProposals, new Uint8Array(SPI_LENGTH));
    this.responderId = { idType: responderId.idType, identification: responderId.identification.slice() };
    this.authLength = authLength;
    const payloads: readonly Payload[] = [
      { type: "IDr", ...this.responderId },
      authPayload(new Uint8Array(authLength)),
      { type: "SA", proposals: this.#proposals },
      { type: "TSi", selectors: localSelectors },
      { type: "TSr", selectors: remoteSelectors },
      RFC_5723.notifies.request,
    ];
    this.octets = encodePaddedPayloads(payloads, 1).octets.slice();
    const authPayloadStart = u16(this.octets, 2);
    this.responderIdBody = this.octets.subarray(GENERIC_HEADER_LENGTH, authPayloadStart);
    this.authStart = authPayloadStart + TYPED_HEADER_LENGTH;
    this.spiPlaces = spiPlacesOf(this.octets, this.authStart + authLength, this.#proposals.length);
  }

  /** Whether this is what a client offers to a gateway. */
  isOf({ espProposals, localSelectors, remoteSelectors }: Offered, responderId: Identity, authLength: number): boolean {
    return this.#offered.espProposals === espProposals && this.#offered.localSelectors === localSelectors &&
      this.#offered.remoteSelectors === remoteSelectors && this.authLength === authLength &&
      isSameIdentity(this.responderId, responderId);
  }

  /** SAi2 with the SPI of one client. */
  proposalsWith(spi: Uint8Array): readonly Proposal[] {
    return offerEsp(this.#offered.espProposals, spi);
  }

  /** What SAr2 has chosen. `undefined`: nothing, or not what was offered (RFC 7296, sections 2.7 and 3.3.6). */
  suiteOf(plaintext: Uint8Array, { start, end }: Span): EspSuite | undefined {
    for (const { octets, known } of this.#suites) {
      if (isSame(octets, plaintext, start, end, ANSWERED_SPI_OFFSET)) return known;
    }
    const octets = alone(plaintext, start, end);
    const answer = decodedAlone(octets, PayloadNumber.SA);
    if (answer?.type !== "SA" || !isChosenFrom(answer.proposals, this.#proposals)) return undefined;
    const [chosen] = answer.proposals;
    const known = espSuiteOf(chosen);
    if (known === undefined || chosen.spi.length !== SPI_LENGTH) return undefined;
    this.#suites = remembered(this.#suites, { octets, known });
    return known;
  }

  /** What TSi has left of what was offered; shared by all who are answered the same. `undefined`: it says more (RFC 7296, section 2.9). */
  localSelectorsOf(plaintext: Uint8Array, span: Span): readonly TrafficSelector[] | undefined {
    const known = knownSelectors(this.#local, plaintext, span);
    if (known) return known;
    const learnt = selectorsOf(plaintext, span, PayloadNumber.TSi, this.#offered.localSelectors);
    if (learnt) this.#local = remembered(this.#local, learnt);
    return learnt?.known;
  }

  /** The same of TSr. */
  remoteSelectorsOf(plaintext: Uint8Array, span: Span): readonly TrafficSelector[] | undefined {
    const known = knownSelectors(this.#remote, plaintext, span);
    if (known) return known;
    const learnt = selectorsOf(plaintext, span, PayloadNumber.TSr, this.#offered.remoteSelectors);
    if (learnt) this.#remote = remembered(this.#remote, learnt);
    return learnt?.known;
  }
}

/** The offers of all clients that a lane serves. */
export class AuthOffers {
  #offers: readonly AuthOffer[] = [];

  offerTo(responderId: Identity, offered: Offered, authLength: number): AuthOffer {
    for (const offer of this.#offers) if (offer.isOf(offered, responderId, authLength)) return offer;
    const offer = new AuthOffer(offered, responderId, authLength);
    this.#offers = [offer, ...this.#offers.slice(0, MOST_OFFERS - 1)];
    return offer;
  }
}

/** In every octet: AUTH covers them. */
function isSameIdentity(one: Identity, other: Identity): boolean {
  return one.idType === other.idType && sameOctets(one.identification, other.identification);
}

function spiPlacesOf(octets: Uint8Array, sa: number, proposals: number): readonly number[] {
  const places: number[] = [];
  let proposal = sa + GENERIC_HEADER_LENGTH;
  for (let index = 0; index < proposals; index++) {
    places.push(proposal + PROPOSAL_HEADER_LENGTH);
    proposal += u16(octets, proposal + 2);
  }
  return places;
}

function selectorsOf(
  plaintext: Uint8Array,
  { start, end }: Span,
  type: number,
  offered: readonly TrafficSelector[],
): KnownAnswer<readonly TrafficSelector[]> | undefined {
  const octets = alone(plaintext, start, end);
  const payload = decodedAlone(octets, type);
  if (payload?.type !== "TSi" && payload?.type !== "TSr") return undefined;
  return isNarrowedFrom(payload.selectors, offered) ? { octets, known: payload.selectors } : undefined;
}

function knownSelectors(
  answers: readonly KnownAnswer<readonly TrafficSelector[]>[],
  plaintext: Uint8Array,
  { start, end }: Span,
): readonly TrafficSelector[] | undefined {
  for (const { octets, known } of answers) if (isSame(octets, plaintext, start, end, end)) return known;
  return undefined;
}

/** A copy of a payload, as the last of its chain. */
function alone(plaintext: Uint8Array, start: number, end: number): Uint8Array {
  const octets = plaintext.slice(start, end);
  octets[0] = 0;
  return octets;
}

function decodedAlone(octets: Uint8Array, payloadNumber: number): Payload | undefined {
  const decoded = decodePayloads(payloadNumber, octets);
  return decoded.ok ? decoded.value[0] : undefined;
}

/** Which payload follows says nothing, and neither does the SPI, which stands from `spi` on. */
function isSame(octets: Uint8Array, plaintext: Uint8Array, start: number, end: number, spi: number): boolean {
  if (octets.length !== end - start) return false;
  for (let at = 1; at < octets.length; at++) {
    if (octets[at] !== plaintext[start + at] && (at < spi || at >= spi + SPI_LENGTH)) return false;
  }
  return true;
}

/** The newest first. */
function remembered<Known>(known: readonly Known[], one: Known): readonly Known[] {
  return [one, ...known.slice(0, MOST_ANSWERS - 1)];
}

/** The SPI in SAr2. */
export function answeredSpi(plaintext: Uint8Array, { start }: Span): number {
  return u32(plaintext, start + ANSWERED_SPI_OFFSET);
}
