/**
 * From the idle form of an IKE SA back to what the steps know. Nothing of it shares octets with the idle form, but for KEYMAT.
 *
 * @module
 */
import { ConcealedKeys } from "../../child_sa/concealed_keys.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { addressRangeSelector } from "../../child_sa/traffic_selectors.ts";
import type { TrafficSelector } from "../../../wire/payload.ts";
import { CutKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { SpiPair } from "../../ike_sa/spi.ts";
import { RequestMark } from "../../message/repeated_request.ts";
import type { Established, ReceiveWindow } from "../established.ts";
import { newTicketSeries, type TicketSeries } from "../ticket_series.ts";
import type { IdleIkeSa } from "./idle_ike_sa.ts";
import { At, Flag } from "./idle_record.ts";
import type { KeptResponse } from "./kept_responses.ts";

/** `response`: the last one, if it is kept. */
export function awakened(idle: IdleIkeSa, response: KeptResponse | undefined): Established {
  const { slab: { octets, view }, start, common, spis, unusual } = idle;
  const { suite, responderId, local, encapsulated, peerBehindNat } = common;
  const flags = octets[start + At.FLAGS];
  const keysAt = start + At.OCTETS;
  const keysEnd = keysAt + view.getUint16(start + At.KEYS_LENGTH);
  return {
    waitsFor: "requests",
    side: "gateway",
    role: idle.isInitiator ? "initiator" : "responder",
    spis,
    suite,
    keys: CutKeys.ofLasting(octets.subarray(keysAt, keysEnd), suite),
    sealed: { next: view.getBigUint64(start + At.SEALED) },
    fragments: unusual?.fragments ?? common.fragments?.another(),
    initiatorId: idle.initiatorId,
    responderId,
    authentication: { method: view.getUint8(start + At.AUTHENTICATION_METHOD), items: idle.items },
    heardAtMs: idle.heardAtMs,
    silenceMs: finite(view.getFloat64(start + At.SILENCE)),
    endsAtMs: finite(view.getFloat64(start + At.ENDS_AT)),
    reauthenticateByMs: finite(view.getFloat64(start + At.REAUTHENTICATE_BY)),
    ticketSeries: unusual?.series ?? seriesOf(idle, spis),
    path: { local, remote: idle.remote, encapsulated },
    peerBehindNat,
    espOutsideUdp: flags & Flag.ESP_OUTSIDE_UDP ? true : undefined,
    mobility: flags & Flag.IS_MOBILE ? unusual?.mobility ?? { peerAddresses: [] } : undefined,
    followsRedirects: flags & Flag.FOLLOWS_REDIRECTS ? true : undefined,
    upAtEpochSeconds: view.getUint32(start + At.UP_AT) || undefined,
    resumed: flags & Flag.RESUMED ? true : undefined,
    receiveWindow: receiveWindowOf(idle, response),
    sendWindow: { nextId: view.getUint32(start + At.NEXT_ID) },
    childSas: childSasOf(idle),
    children: unusual?.children,
  };
}

function finite(time: number): number | undefined {
  return time === Infinity ? undefined : time;
}

function seriesOf({ slab: { view }, start, credential }: IdleIkeSa, spis: SpiPair): TicketSeries {
  const series: TicketSeries = {
    ...newTicketSeries(spis),
    nextSerial: view.getFloat64(start + At.NEXT_SERIAL),
    count: view.getFloat64(start + At.SERIES_COUNT),
    window: view.getFloat64(start + At.SERIES_WINDOW),
  };
  if (credential) series.credential = credential;
  return series;
}

function receiveWindowOf(
  { slab: { octets, view }, start, unusual }: IdleIkeSa,
  response: KeptResponse | undefined,
): ReceiveWindow {
  const flags = octets[start + At.FLAGS];
  // All there is, so that nothing that is added to it is forgotten here.
  const window: { [Name in keyof Required<ReceiveWindow>]: ReceiveWindow[Name] } = {
    expectedId: view.getUint32(start + At.EXPECTED_ID),
    lastRequest: flags & Flag.HAS_LAST_REQUEST ? RequestMark.read(view, start + At.LAST_REQUEST) : undefined,
    lastResponse: response?.octets,
    answeredAtMs: response?.answeredAtMs,
    timesRepeated: unusual?.timesRepeated,
  };
  return window;
}

/** The same Child SA, with the same keys, as another object. */
function childSasOf(idle: IdleIkeSa): readonly ChildSa[] {
  const { slab: { octets, view }, start, common: { child }, keymat, keymatStart } = idle;
  if (child === undefined || keymat === undefined) return [];
  const isInboundFirst = (octets[start + At.FLAGS] & Flag.INBOUND_FIRST) !== 0;
  return [{
    ...child,
    inboundSpi: view.getUint32(start + At.INBOUND_SPI),
    outboundSpi: view.getUint32(start + At.OUTBOUND_SPI),
    ...ConcealedKeys.pair({ keymat, start: keymatStart, isInboundFirst }, child.protection),
    remoteSelectors: idle.unusual?.remoteSelectors ?? selectorsOf(idle),
  }];
}

function selectorsOf({ slab: { octets, view }, start }: IdleIkeSa): readonly TrafficSelector[] {
  const at = start + At.OCTETS + view.getUint16(start + At.KEYS_LENGTH) + view.getUint16(start + At.IDENTITY_LENGTH);
  const address = octets.slice(at, at + octets[start + At.SELECTOR_LENGTH]);
  return [addressRangeSelector(address, address)];
}
