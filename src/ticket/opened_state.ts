/**
 * The state in an opened ticket, read where it stands: what `decodeTicketState` says of the same octets, for a gateway that opens thousands in a second.
 * The state of the next ticket is nearly the same, so its octets are taken over, and what is new is written over them.
 *
 * @module
 */
import { toHexadecimal } from "../wire/hexadecimal.ts";
import { isZero, putU32, putU64, u16, u32, u64 } from "../wire/numbers_in_place.ts";
import type { OctetChunks } from "../wire/octet_chunks.ts";
import type { Proposal } from "../wire/payload.ts";
import { GENERIC_HEADER_LENGTH } from "../wire/payload_chain.ts";
import { Reader } from "../wire/reader.ts";
import { type Identity, identityNumber } from "./identity.ts";
import { proposalOctets, readProposal } from "./known_proposals.ts";
import {
  CREDENTIAL_LENGTH,
  ISSUE_LENGTH,
  type ItemsToRead,
  ItemType,
  readTicketItems,
  type TicketIssue,
  type TicketItems,
} from "./ticket_items.ts";
import { readResponderId, type TicketState } from "./ticket_state.ts";

/** Generic header, and ID type with three reserved octets. */
const IDENTITY_HEADER_LENGTH = GENERIC_HEADER_LENGTH + 4;
const SPI_LENGTH = 8;
const SERIES_LENGTH = 8;
const ITEM_HEADER_LENGTH = 3;
/** Authentication method and expiration, behind SK_d. */
const METHOD_AND_EXPIRATION_LENGTH = 5;

/** Reads a state. `undefined`: `decodeTicketState` would give that too. */
export function openedState(octets: Uint8Array): OpenedState | undefined {
  const initiatorEnd = payloadEnd(octets, 0, IDENTITY_HEADER_LENGTH);
  const responderEnd = initiatorEnd === 0 ? 0 : payloadEnd(octets, initiatorEnd, IDENTITY_HEADER_LENGTH);
  const saStart = responderEnd + 2 * SPI_LENGTH;
  const saEnd = responderEnd === 0 ? 0 : payloadEnd(octets, saStart, GENERIC_HEADER_LENGTH);
  if (saEnd === 0 || saEnd === octets.length) return undefined;
  const skDLength = octets[saEnd];
  const itemsStart = saEnd + 1 + skDLength + METHOD_AND_EXPIRATION_LENGTH;
  if (skDLength === 0 || itemsStart > octets.length) return undefined;
  const responderId = readResponderId(octets, initiatorEnd, responderEnd);
  const proposal = readProposal(octets, saStart, saEnd);
  if (responderId === undefined || proposal === undefined) return undefined;
  const state = new OpenedState(octets, { initiatorEnd, responderEnd, saEnd, itemsStart }, responderId, proposal);
  return state.readItems() ? state : undefined;
}

/** Where the parts of a state end or begin. */
interface Places {
  readonly initiatorEnd: number;
  readonly responderEnd: number;
  readonly saEnd: number;
  readonly itemsStart: number;
}

/** Items that stand here as they were read: all but those that each ticket has of its own. */
type ReadItems = { readonly [Name in keyof Required<Omit<TicketItems, "issue" | "credential">>]: TicketItems[Name] };

/** A state that is a view of its octets. */
export class OpenedState implements TicketState, ReadItems {
  readonly initiatorId: Identity;
  readonly responderId: Identity;
  readonly initiatorSpi: bigint;
  readonly responderSpi: bigint;
  /** Another one in its place has to be equal. */
  proposal: Proposal;
  readonly authenticationMethod: number;
  readonly expiresAtEpochSeconds: number;
  authenticatedAtEpochSeconds: number | undefined = undefined;
  eapType: number | undefined = undefined;
  certificates: readonly Uint8Array[] | undefined = undefined;
  eapIdentity: Identity | undefined = undefined;
  permittedAddresses: readonly Uint8Array[] | undefined = undefined;
  issuedToAddress: Uint8Array | undefined = undefined;
  certificatesEndAtEpochSeconds: number | undefined = undefined;
  certificateNames: readonly Uint8Array[] | undefined = undefined;
  readonly #octets: Uint8Array;
  readonly #places: Places;
  #skD: Uint8Array | undefined = undefined;
  #owner: number | undefined = undefined;
  /** Where the content of these items begins; 0: they are not there. */
  #issueStart = 0;
  #credentialStart = 0;
  #issue: TicketIssue | undefined = undefined;
  #credential: Uint8Array | undefined = undefined;
  /** Its items are those that `encodeTicketItems` writes, in that order. */
  #isOrdered = true;

  constructor(octets: Uint8Array, places: Places, responderId: Identity, proposal: Proposal) {
    const { initiatorEnd, responderEnd, itemsStart } = places;
    this.#octets = octets;
    this.#places = places;
    this.initiatorId = {
      idType: octets[GENERIC_HEADER_LENGTH],
      identification: view(octets, IDENTITY_HEADER_LENGTH, initiatorEnd),
    };
    this.responderId = responderId;
    this.initiatorSpi = u64(octets, responderEnd);
    this.responderSpi = u64(octets, responderEnd + SPI_LENGTH);
    this.proposal = proposal;
    this.authenticationMethod = octets[itemsStart - METHOD_AND_EXPIRATION_LENGTH];
    this.expiresAtEpochSeconds = u32(octets, itemsStart - 4);
  }

  /** Secret. */
  get skD(): Uint8Array {
    const { saEnd, itemsStart } = this.#places;
    return this.#skD ??= view(this.#octets, saEnd + 1, itemsStart - METHOD_AND_EXPIRATION_LENGTH);
  }

  /** Among `TicketName.owner`: whom EAP authenticated, where it did. */
  get owner(): number {
    return this.#owner ??= identityNumber(this.eapIdentity ?? this.initiatorId);
  }

  get issue(): TicketIssue | undefined {
    const start = this.#issueStart;
    if (start === 0) return undefined;
    return this.#issue ??= {
      series: seriesAt(this.#octets, start),
      serial: u32(this.#octets, start + SERIES_LENGTH),
      issuedAtEpochSeconds: u32(this.#octets, start + SERIES_LENGTH + 4),
    };
  }

  get credential(): Uint8Array | undefined {
    const start = this.#credentialStart;
    return start === 0 ? undefined : this.#credential ??= view(this.#octets, start, start + CREDENTIAL_LENGTH);
  }

  /** To be called once. Those that nearly every ticket has are read here; `false`: they are none. */
  readItems(): boolean {
    const octets = this.#octets;
    let last = 0;
    let areAllUsual = true;
    for (let at = this.#places.itemsStart; at < octets.length;) {
      const start = at + ITEM_HEADER_LENGTH;
      if (start > octets.length) return false;
      const type = octets[at];
      const end = start + u16(octets, at + 1);
      if (type === ItemType.AUTHENTICATED_AT && this.authenticatedAtEpochSeconds === undefined && end === start + 4) {
        if (end <= octets.length) this.authenticatedAtEpochSeconds = u32(octets, start);
      } else if (type === ItemType.ISSUE && this.#issueStart === 0 && end === start + ISSUE_LENGTH) this.#issueStart = start;
      else if (type === ItemType.CREDENTIAL && this.#credentialStart === 0 && end === start + CREDENTIAL_LENGTH) {
        this.#credentialStart = start;
      } else areAllUsual = false;
      if (end > octets.length) return false;
      // Their types are in the order in which they are written.
      if (type < last || !KNOWN.has(type)) this.#isOrdered = false;
      last = type;
      at = end;
    }
    return areAllUsual || this.#readUnusual();
  }

  #readUnusual(): boolean {
    const items: ItemsToRead = {};
    if (!readTicketItems(new Reader(this.#octets, this.#places.itemsStart, "ticket items"), items)) return false;
    const { issue: _, credential: __, ...others } = items;
    Object.assign(this, others);
    return true;
  }

  /**
   * The octets of a state that differs from this one in SPIs, SK_d, expiration, and what its `issue` and `credential` say: the same as those of
   * `encodeTicketState`. `undefined`: it differs in more, or was not written by this version.
   *
   * @param chunks where they are cut from.
   */
  octetsOfNext(next: TicketState, chunks: OctetChunks): Uint8Array | undefined {
    if (!this.#isOrdered || !this.#saysTheSame(next)) return undefined;
    const { responderEnd, saEnd, itemsStart } = this.#places;
    const octets = chunks.take(this.#octets.length);
    octets.set(this.#octets);
    putU64(octets, responderEnd, next.initiatorSpi);
    putU64(octets, responderEnd + SPI_LENGTH, next.responderSpi);
    octets.set(next.skD, saEnd + 1);
    putU32(octets, itemsStart - 4, next.expiresAtEpochSeconds);
    const { series, serial, issuedAtEpochSeconds } = next.issue!;
    for (let at = 0; at < SERIES_LENGTH; at++) octets[this.#issueStart + at] = octetOfDigits(series, 2 * at);
    putU32(octets, this.#issueStart + SERIES_LENGTH, serial);
    putU32(octets, this.#issueStart + SERIES_LENGTH + 4, issuedAtEpochSeconds);
    if (next.credential) octets.set(next.credential, this.#credentialStart);
    return octets;
  }

  #saysTheSame(next: TicketState): boolean {
    const octets = this.#octets;
    const { initiatorEnd, responderEnd, saEnd, itemsStart } = this.#places;
    return next.issue !== undefined && this.#issueStart !== 0 &&
      next.credential?.length === (this.#credentialStart === 0 ? undefined : CREDENTIAL_LENGTH) &&
      next.skD.length === itemsStart - METHOD_AND_EXPIRATION_LENGTH - saEnd - 1 &&
      next.authenticationMethod === this.authenticationMethod &&
      next.authenticatedAtEpochSeconds === this.authenticatedAtEpochSeconds && next.eapType === this.eapType &&
      next.certificates === this.certificates && next.certificateNames === this.certificateNames &&
      next.certificatesEndAtEpochSeconds === this.certificatesEndAtEpochSeconds && next.eapIdentity === this.eapIdentity &&
      next.permittedAddresses === this.permittedAddresses && next.issuedToAddress === this.issuedToAddress &&
      isIdentityAt(next.initiatorId, octets, 0, initiatorEnd) &&
      isIdentityAt(next.responderId, octets, initiatorEnd, responderEnd) &&
      isAt(proposalOctets(next.proposal), octets, responderEnd + 2 * SPI_LENGTH, saEnd);
  }
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(ItemType));

function seriesAt(octets: Uint8Array, start: number): string {
  for (let at = 0; at < SERIES_LENGTH; at++) seriesOctets[at] = octets[start + at];
  return toHexadecimal(seriesOctets);
}

/** The octet that two lower-case hexadecimal digits stand for. */
function octetOfDigits(digits: string, at: number): number {
  return valueOfDigit(digits.charCodeAt(at)) << 4 | valueOfDigit(digits.charCodeAt(at + 1));
}

function valueOfDigit(code: number): number {
  return code <= NINE ? code - ZERO : code - LOWER_A + 10;
}

const [ZERO, NINE, LOWER_A] = [0x30, 0x39, 0x61];

/** Of the series that is being read: it is no secret, and written over by the next. */
const seriesOctets = new Uint8Array(SERIES_LENGTH);

/** Where a payload ends that is the last of its chain; 0: it is none, or shorter than `least`. */
function payloadEnd(octets: Uint8Array, start: number, least: number): number {
  if (start + least > octets.length || octets[start] !== 0) return 0;
  const length = u16(octets, start + 2);
  return length < least || start + length > octets.length ? 0 : start + length;
}

/** Whether the payload there is what is written of an identity, zeros in what is reserved. */
function isIdentityAt({ idType, identification }: Identity, octets: Uint8Array, start: number, end: number): boolean {
  return octets[start + 1] === 0 && octets[start + GENERIC_HEADER_LENGTH] === idType &&
    isZero(octets, start + GENERIC_HEADER_LENGTH + 1, start + IDENTITY_HEADER_LENGTH) &&
    isAt(identification, octets, start + IDENTITY_HEADER_LENGTH, end);
}

function isAt(expected: Uint8Array, octets: Uint8Array, start: number, end: number): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index++) if (octets[start + index] !== expected[index]) return false;
  return true;
}

/** Never a Buffer, even of one. */
function view(octets: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset + start, end - start);
}
