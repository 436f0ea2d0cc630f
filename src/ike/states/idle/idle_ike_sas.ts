/**
 * From an `Established` to its idle form. What is idle stays so until something is under way on it again (`awakened.ts`).
 *
 * @module
 */
import { ConcealedKeys, type KeymatPlace, wipeKeymat } from "../../child_sa/concealed_keys.ts";
import { CutKeys } from "../../ike_sa/ike_sa_keys.ts";
import { wipe } from "../../../crypto/wipe.ts";
import type { TicketItems } from "../../../ticket/ticket_items.ts";
import type { TrafficSelector } from "../../../wire/payload.ts";
import { sameOctets } from "../../../wire/octets.ts";
import { writeIpv4Text } from "../../message/address.ts";
import { childDueMs } from "../child_affairs.ts";
import { type Established, LAST_MESSAGE_ID } from "../established.ts";
import type { Mobility } from "../mobility.ts";
import { KnownParts } from "./common_parts.ts";
import { awakened } from "./awakened.ts";
import { IdleIkeSa, type UnusualParts } from "./idle_ike_sa.ts";
import { At, Flag, LONGEST_PART } from "./idle_record.ts";
import { isStillKept, KeptResponses } from "./kept_responses.ts";
import { OctetSlots } from "../../../wire/octet_slots.ts";

/** All that an idle IKE SA keeps of its `Established`. What has anything else is not idle. */
type Kept =
  | "waitsFor"
  | "side"
  | "role"
  | "spis"
  | "suite"
  | "keys"
  | "sealed"
  | "fragments"
  | "initiatorId"
  | "responderId"
  | "authentication"
  | "heardAtMs"
  | "silenceMs"
  | "endsAtMs"
  | "reauthenticateByMs"
  | "ticketSeries"
  | "path"
  | "peerBehindNat"
  | "receiveWindow"
  | "sendWindow"
  | "childSas"
  | "children"
  | "espOutsideUdp"
  | "mobility"
  | "followsRedirects"
  | "upAtEpochSeconds"
  | "resumed";

/** What an idle one has none of: whoever adds something to `Established` puts it into the record, or here. */
type UnderWay = { readonly [Name in keyof Required<Omit<Established, Kept>>]: Established[Name] };

/** Octets by which slots are longer from one length to the next. */
const STEP = 8;

export class IdleIkeSas {
  readonly #isAllowed: boolean;
  readonly #slots = new OctetSlots(STEP);
  readonly #known = new KnownParts();
  readonly #responses = new KeptResponses((record) => {
    const { slab: { octets }, start } = this.#slots.slotOf(record);
    octets[start + At.FLAGS] &= ~Flag.HAS_LAST_RESPONSE;
  });

  /** @param isAllowed false: none is ever idle, because somebody else has views of its keys. */
  constructor(isAllowed: boolean) {
    this.#isAllowed = isAllowed;
  }

  /**
   * The idle form of an IKE SA that is up; its own secrets are wiped, and it is not to be used any more. `undefined`: something is under way on it, or it
   * is of a kind that there are few of. Then nothing has happened to it.
   */
  lay(state: Established): IdleIkeSa | undefined {
    const { keys, initiatorId: { identification }, receiveWindow, childSas } = state;
    const { lastRequest } = receiveWindow;
    const { answeredAtMs = state.heardAtMs } = receiveWindow;
    const lastResponse = isStillKept(answeredAtMs, state.heardAtMs) ? receiveWindow.lastResponse : undefined;
    if (!this.#isAllowed || !isIdle(state) || !(keys instanceof CutKeys) || childSas.length > 1) return undefined;
    const lastingLength = keys.lastingLength;
    if ((lastResponse?.length ?? 0) > LONGEST_PART || identification.length > LONGEST_PART) return undefined;
    const [childSa] = childSas;
    const keymat = childSa && ConcealedKeys.settle(childSa);
    if (childSa && keymat === undefined) return undefined;

    const selector = childSa && loneAddressOf(childSa.remoteSelectors);
    const length = At.OCTETS + lastingLength + identification.length + (selector?.length ?? 0);
    const slab = this.#slots.slabFor(length);
    const start = this.#slots.take(slab);
    const { octets, view } = slab;
    writeNumbers(state, keymat, view, start);
    let end = start + At.OCTETS;
    const { keyingMaterial } = keys;
    for (let at = 0; at < lastingLength; at++) octets[end + at] = keyingMaterial[at];
    view.setUint16(start + At.KEYS_LENGTH, lastingLength);
    end += lastingLength;
    wipe(keyingMaterial);
    if (lastResponse) {
      const record = this.#slots.numberOf(slab, start);
      const response = this.#responses.keep(lastResponse, answeredAtMs, record, state.heardAtMs);
      view.setUint32(start + At.RESPONSE, response);
      view.setUint16(start + At.RESPONSE_LENGTH, lastResponse.length);
      octets[start + At.FLAGS] |= Flag.HAS_LAST_RESPONSE;
    }
    lastRequest?.write(view, start + At.LAST_REQUEST);
    octets.set(identification, end);
    view.setUint16(start + At.IDENTITY_LENGTH, identification.length);
    if (selector) {
      octets.set(selector, end + identification.length);
      octets[start + At.SELECTOR_LENGTH] = selector.length;
    }
    const isIpv4 = writeIpv4Text(state.path.remote.address, octets, start + At.REMOTE_ADDRESS);
    const unusual = unusualOf(state, isIpv4, selector !== undefined);
    return new IdleIkeSa(slab, start, this.#known.of(state), state.ticketSeries?.credential, keymat, unusual);
  }

  /** What it was before it was idle. The idle form is gone. */
  wake(idle: IdleIkeSa): Established {
    const { slab: { view }, start } = idle;
    const response = hasResponse(idle)
      ? this.#responses.take(view.getUint32(start + At.RESPONSE), view.getUint16(start + At.RESPONSE_LENGTH))
      : undefined;
    const state = awakened(idle, response);
    this.#slots.giveBack(idle.slab, start);
    return state;
  }

  /** Wipes one that is gone, with its Child SA. */
  forget(idle: IdleIkeSa): void {
    const { slab, start, common, keymat, keymatStart, unusual } = idle;
    if (hasResponse(idle)) this.#responses.forget(slab.view.getUint32(start + At.RESPONSE));
    if (keymat && common.child) wipeKeymat({ keymat, start: keymatStart, isInboundFirst: true }, common.child.protection);
    unusual?.fragments?.giveUp();
    this.#slots.giveBack(slab, start);
  }
}

function hasResponse({ slab: { octets }, start }: IdleIkeSa): boolean {
  return (octets[start + At.FLAGS] & Flag.HAS_LAST_RESPONSE) !== 0;
}

function isIdle(
  state: Established,
): boolean {
  const { side, sendWindow: { outstanding, queued, nextId }, ticketSeries, ticket, crossing, retiredUntilMs } = state;
  const { followups, statesLost, redirectTo, receiveWindow: { expectedId } } = state;
  // Whose numbers are used up has them written nowhere: they would begin anew, and all that was ever said could be said again.
  if (expectedId > LAST_MESSAGE_ID || nextId > LAST_MESSAGE_ID) return false;
  return side === "gateway" && outstanding === undefined && (queued === undefined || queued.length === 0) &&
    ticketSeries !== undefined && isNothing({ ticket, crossing, retiredUntilMs, followups, statesLost, redirectTo });
}

function isNothing({ ticket, crossing, retiredUntilMs, followups, statesLost, redirectTo }: UnderWay): boolean {
  return followups === undefined && statesLost === undefined && redirectTo === undefined && ticket === undefined &&
    crossing === undefined &&
    retiredUntilMs === undefined;
}

function writeNumbers(state: Established, keymat: KeymatPlace | undefined, view: DataView, start: number): void {
  const { spis, sealed, authentication, receiveWindow, sendWindow, ticketSeries, childSas: [childSa] } = state;
  view.setBigUint64(start + At.INITIATOR_SPI, spis.initiatorSpi);
  view.setBigUint64(start + At.RESPONDER_SPI, spis.responderSpi);
  view.setBigUint64(start + At.SEALED, sealed.next);
  view.setFloat64(start + At.HEARD_AT, state.heardAtMs);
  view.setFloat64(start + At.SILENCE, state.silenceMs ?? Infinity);
  view.setFloat64(start + At.ENDS_AT, state.endsAtMs ?? Infinity);
  view.setFloat64(start + At.REAUTHENTICATE_BY, state.reauthenticateByMs ?? Infinity);
  view.setFloat64(start + At.CHILDREN_DUE, childDueMs(state));
  view.setFloat64(start + At.AUTHENTICATED_AT, authentication.items.authenticatedAtEpochSeconds ?? NaN);
  if (ticketSeries) {
    view.setFloat64(start + At.NEXT_SERIAL, ticketSeries.nextSerial);
    view.setFloat64(start + At.SERIES_COUNT, ticketSeries.count);
    view.setFloat64(start + At.SERIES_WINDOW, ticketSeries.window);
  }
  view.setUint32(start + At.EXPECTED_ID, receiveWindow.expectedId);
  view.setUint32(start + At.NEXT_ID, sendWindow.nextId);
  if (childSa) {
    view.setUint32(start + At.INBOUND_SPI, childSa.inboundSpi);
    view.setUint32(start + At.OUTBOUND_SPI, childSa.outboundSpi);
  }
  view.setUint32(start + At.UP_AT, state.upAtEpochSeconds ?? 0);
  view.setUint16(start + At.REMOTE_PORT, state.path.remote.port);
  view.setUint8(start + At.AUTHENTICATION_METHOD, authentication.method);
  view.setUint8(start + At.IDENTITY_TYPE, state.initiatorId.idType);
  const flags = (state.role === "initiator" ? Flag.IS_INITIATOR : 0) |
    (receiveWindow.lastRequest ? Flag.HAS_LAST_REQUEST : 0) |
    (keymat?.isInboundFirst ? Flag.INBOUND_FIRST : 0) |
    (state.espOutsideUdp ? Flag.ESP_OUTSIDE_UDP : 0) |
    (state.mobility ? Flag.IS_MOBILE : 0) |
    (state.followsRedirects ? Flag.FOLLOWS_REDIRECTS : 0) |
    (state.resumed ? Flag.RESUMED : 0);
  view.setUint8(start + At.FLAGS, flags);
}

function unusualOf(state: Established, isIpv4: boolean, hasLoneAddress: boolean): UnusualParts | undefined {
  const { path, ticketSeries, authentication, fragments, childSas: [childSa], children, mobility, spis } = state;
  const { timesRepeated } = state.receiveWindow;
  const remote = isIpv4 ? undefined : path.remote;
  const series = ticketSeries?.firstSpi === spis.responderSpi ? undefined : ticketSeries;
  const items = hasMore(authentication.items) ? authentication.items : undefined;
  const held = fragments !== undefined && fragments.heldOctets > 0 ? fragments : undefined;
  const moves = mobility !== undefined && isAbout(mobility) ? mobility : undefined;
  const remoteSelectors = hasLoneAddress ? undefined : childSa?.remoteSelectors;
  const isUsual = remote === undefined && series === undefined && items === undefined && held === undefined &&
    moves === undefined && remoteSelectors === undefined && children === undefined && timesRepeated === undefined;
  if (isUsual) return undefined;
  return { remote, series, items, fragments: held, mobility: moves, remoteSelectors, children, timesRepeated };
}

/** Whether there is more to MOBIKE than that it was agreed on. */
function isAbout({ peerAddresses, seenAs, unproven, asked }: Mobility): boolean {
  return peerAddresses.length > 0 || seenAs !== undefined || unproven !== undefined || asked !== undefined;
}

/** Whether a ticket says more of a client than when it proved itself. */
function hasMore(items: TicketItems): boolean {
  for (const name in items) {
    if (name !== "authenticatedAtEpochSeconds" && items[name as keyof TicketItems] !== undefined) return true;
  }
  return false;
}

/** The one address that selectors stand for, with all its protocols and ports, as nearly all clients have. */
function loneAddressOf(selectors: readonly TrafficSelector[]): Uint8Array | undefined {
  if (selectors.length !== 1) return undefined;
  const [{ selectorType, ipProtocol, startPort, endPort, startAddress, endAddress }] = selectors;
  const isWhole = ipProtocol === 0 && startPort === 0 && endPort === 0xffff &&
    selectorType === (startAddress.length === 4 ? 7 : 8);
  return isWhole && (startAddress === endAddress || sameOctets(startAddress, endAddress)) ? startAddress : undefined;
}
