/**
 * An IKE SA that is up while nothing is under way on it, as nearly all of a million are: all that its `Established` says, as one piece of octets and
 * one object.
 *
 * @module
 */
import type { KeymatPlace } from "../../child_sa/concealed_keys.ts";
import type { SpiPair } from "../../ike_sa/spi.ts";
import type { IssuedTicket } from "../../../ticket/issued_ticket.ts";
import { ikeSpiDigits, isIkeSpiDigits } from "../../../wire/hexadecimal.ts";
import type { Identity } from "../../../ticket/identity.ts";
import type { TicketItems } from "../../../ticket/ticket_items.ts";
import type { TrafficSelector } from "../../../wire/payload.ts";
import type { FragmentBuffer } from "../../message/fragments.ts";
import type { Endpoint } from "../../steps/datagram.ts";
import type { ChildAffairs } from "../child_affairs.ts";
import type { Mobility } from "../mobility.ts";
import type { Credential, TicketSeries } from "../ticket_series.ts";
import type { CommonParts } from "./common_parts.ts";
import { At, Flag } from "./idle_record.ts";
import { isU64 } from "../../../wire/numbers_in_place.ts";
import type { Slab } from "../../../wire/octet_slots.ts";
import { hasTicketRecord, takeTicketRecord, writeTicketRecord } from "./ticket_record.ts";

/** What the record of few IKE SAs has no room for. Each is missing where the record says it. */
export interface UnusualParts {
  /** Not an IPv4 address. */
  readonly remote?: Endpoint;
  /** Shared with the IKE SA whose place this one took by rekeying. */
  readonly series?: TicketSeries;
  /** More than when the client proved itself. */
  readonly items?: TicketItems;
  /** The last request has come again, and its answer may be sent in smaller fragments for that. */
  readonly timesRepeated?: number;
  /** In which something waits. */
  readonly fragments?: FragmentBuffer;
  /** Where there is more to MOBIKE than that it was agreed on. */
  readonly mobility?: Mobility;
  /** Where this end is about something with its Child SA. */
  readonly children?: ChildAffairs;
  /** Not one address with all its protocols and ports. */
  readonly remoteSelectors?: readonly TrafficSelector[];
}

/** What is read of one, and changed, while it is idle. There may be a million: what is added here is added that often. */
export class IdleIkeSa {
  readonly slab: Slab;
  /** Where its record begins in the slab. */
  readonly start: number;
  readonly common: CommonParts;
  /** One object for all clients with one shared key. */
  readonly credential: Credential | undefined;
  /** KEYMAT of its Child SA. Secret. */
  readonly keymat: Uint8Array | undefined;
  readonly keymatStart: number;
  readonly unusual: UnusualParts | undefined;

  constructor(
    slab: Slab,
    start: number,
    common: CommonParts,
    credential: Credential | undefined,
    keymat: KeymatPlace | undefined,
    unusual: UnusualParts | undefined,
  ) {
    this.slab = slab;
    this.start = start;
    this.common = common;
    this.credential = credential;
    this.keymat = keymat?.keymat;
    this.keymatStart = keymat?.start ?? 0;
    this.unusual = unusual;
  }

  get spis(): SpiPair {
    const { slab: { view }, start } = this;
    return {
      initiatorSpi: view.getBigUint64(start + At.INITIATOR_SPI),
      responderSpi: view.getBigUint64(start + At.RESPONDER_SPI),
    };
  }

  get isInitiator(): boolean {
    return (this.slab.octets[this.start + At.FLAGS] & Flag.IS_INITIATOR) !== 0;
  }

  get followsRedirects(): boolean {
    return (this.slab.octets[this.start + At.FLAGS] & Flag.FOLLOWS_REDIRECTS) !== 0;
  }

  has({ initiatorSpi, responderSpi }: SpiPair): boolean {
    const { slab: { octets }, start } = this;
    return isU64(octets, start + At.RESPONDER_SPI, responderSpi) && isU64(octets, start + At.INITIATOR_SPI, initiatorSpi);
  }

  /** Monotonic milliseconds: when the peer last said something that was authentic and new. */
  get heardAtMs(): number {
    return this.slab.view.getFloat64(this.start + At.HEARD_AT);
  }

  set heardAtMs(heardAtMs: number) {
    this.slab.view.setFloat64(this.start + At.HEARD_AT, heardAtMs);
  }

  /** As `dueOf` of the `Established`; `Infinity`: never. */
  get dueMs(): number {
    return Math.min(this.silentUntilMs, this.dueBesideSilenceMs);
  }

  /** As `silentUntilMs` of the `Established`. */
  get silentUntilMs(): number {
    return this.heardAtMs + this.slab.view.getFloat64(this.start + At.SILENCE);
  }

  /** As `dueBesideSilence` of the `Established`. */
  get dueBesideSilenceMs(): number {
    const { slab: { view }, start } = this;
    const endMs = Math.min(view.getFloat64(start + At.ENDS_AT), view.getFloat64(start + At.REAUTHENTICATE_BY));
    return Math.min(endMs, view.getFloat64(start + At.CHILDREN_DUE));
  }

  /** Keeps its latest ticket. False: it is of a kind that there are few of, and is not kept here. */
  keepTicket(ticket: IssuedTicket): boolean {
    return writeTicketRecord(ticket, this.#isOfSeries(ticket), this.slab, this.start + At.TICKET);
  }

  /** Takes its latest ticket, if that is kept here. */
  takeTicket(): IssuedTicket | undefined {
    const { slab, start } = this;
    return hasTicketRecord(slab, start + At.TICKET) ? takeTicketRecord(this.#seriesName(), slab, start + At.TICKET) : undefined;
  }

  /** A copy. */
  get initiatorId(): Identity {
    const { slab: { octets, view }, start } = this;
    const from = start + At.OCTETS + view.getUint16(start + At.KEYS_LENGTH);
    const identification = octets.slice(from, from + view.getUint16(start + At.IDENTITY_LENGTH));
    return { idType: octets[start + At.IDENTITY_TYPE], identification };
  }

  /** An identity that it probably has, if it has the very octets; else a copy. */
  initiatorIdLike(likely: Identity | undefined): Identity {
    if (likely === undefined) return this.initiatorId;
    const { slab: { octets, view }, start } = this;
    const { idType, identification } = likely;
    const from = start + At.OCTETS + view.getUint16(start + At.KEYS_LENGTH);
    if (idType !== octets[start + At.IDENTITY_TYPE]) return this.initiatorId;
    if (identification.length !== view.getUint16(start + At.IDENTITY_LENGTH)) return this.initiatorId;
    for (let at = 0; at < identification.length; at++) if (identification[at] !== octets[from + at]) return this.initiatorId;
    return likely;
  }

  get remote(): Endpoint {
    if (this.unusual?.remote) return this.unusual.remote;
    const { slab: { octets, view }, start } = this;
    const at = start + At.REMOTE_ADDRESS;
    return {
      address: `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}`,
      port: view.getUint16(start + At.REMOTE_PORT),
    };
  }

  get items(): TicketItems {
    if (this.unusual?.items) return this.unusual.items;
    const authenticatedAtEpochSeconds = this.slab.view.getFloat64(this.start + At.AUTHENTICATED_AT);
    return Number.isNaN(authenticatedAtEpochSeconds) ? {} : { authenticatedAtEpochSeconds };
  }

  #isOfSeries({ series }: IssuedTicket): boolean {
    const { unusual, slab: { octets }, start } = this;
    return unusual?.series ? series === unusual.series.name : isIkeSpiDigits(series, octets, start + At.RESPONDER_SPI);
  }

  #seriesName(): string {
    return this.unusual?.series?.name ?? ikeSpiDigits(this.slab.view.getBigUint64(this.start + At.RESPONDER_SPI));
  }
}
