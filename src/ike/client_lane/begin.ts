/**
 * The lane's first stage: a client presents its ticket by HDR, Ni, N(TICKET_OPAQUE), N(IKEV2_FRAGMENTATION_SUPPORTED),
 * N(NAT_DETECTION_SOURCE_IP), N(NAT_DETECTION_DESTINATION_IP), written where it stands (RFC 5723, section 4.3.2; RFC 7296, section 2.23).
 *
 * @module
 */
import { fillRandomly } from "../../crypto/key_exchange.ts";
import { ExchangeType, MAJOR_VERSION, NotifyType, PayloadNumber } from "../../wire/constants.ts";
import { FROM_INITIATOR, HEADER_LENGTH } from "../../wire/header.ts";
import { MAXIMUM_PAYLOAD_LENGTH } from "../../wire/limits.ts";
import { putU16, putU32, putU64 } from "../../wire/numbers_in_place.ts";
import { OctetChunks } from "../../wire/octet_chunks.ts";
import { gatewayOf } from "../exchanges/ike_auth/initiator_authentication.ts";
import { isPresentable } from "../exchanges/presented_by_client.ts";
import { sharedIkeSuiteOf } from "../ike_sa/shared_suites.ts";
import { newIkeSpi, type SpiPair } from "../ike_sa/spi.ts";
import { longestMessageOf } from "../message/fragmentation.ts";
import { putEndpointHash } from "../message/nat_detection.ts";
import { firstSent } from "../message/retransmission.ts";
import { type Effect, send } from "../states/effect.ts";
import { NONCE_LENGTH } from "../states/first_exchange.ts";
import { plainPath } from "../states/initiator_state.ts";
import type { Path } from "../steps/datagram.ts";
import { lengthOfAuthRequest } from "./auth_request.ts";
import type { ClientLaneContext, LaneConnection } from "./lane_context.ts";
import { PlainClient } from "./plain_client.ts";
import { plainSettingOf } from "./plain_setting.ts";
import { GENERIC_HEADER_LENGTH, NOTIFY_HEADER_LENGTH } from "../../wire/payload_header.ts";

const HASH_LENGTH = 20;
const NONCE_START = HEADER_LENGTH + GENERIC_HEADER_LENGTH;
/** All but the ticket. */
const LENGTH_BESIDE_TICKET = NONCE_START + NONCE_LENGTH + 2 * NOTIFY_HEADER_LENGTH + 2 * (NOTIFY_HEADER_LENGTH + HASH_LENGTH);

/** Copies of SK_d: apart from what is sent, and from what is no secret. */
const secrets = new OctetChunks();

/** A client that has begun, and what it sends. */
export interface Begun {
  readonly client: PlainClient;
  readonly effects: readonly Effect[];
}

/** `undefined`: it is not plain, and nothing has happened. */
export function begin(connection: LaneConnection, context: ClientLaneContext): Begun | undefined {
  const { configuration, random, ticket } = connection;
  const { now, offers } = context;
  const setting = plainSettingOf(configuration);
  if (setting === undefined || !isPresentable(ticket, configuration, now)) return undefined;
  const suite = sharedIkeSuiteOf(ticket.proposal);
  const responderId = gatewayOf(ticket, configuration);
  // Of CBC the IV is drawn at random, and messages are padded.
  if (suite === undefined || responderId === undefined || suite.protection.encryption.icvLength === 0) return undefined;
  if (ticket.ticket.length + NOTIFY_HEADER_LENGTH > MAXIMUM_PAYLOAD_LENGTH) return undefined;
  const offer = offers.offerTo(responderId, configuration, suite.prf.outputLength);
  // It would be cut, if the gateway knows of fragments (RFC 7383).
  if (lengthOfAuthRequest(setting, offer, suite) > longestMessageOf(configuration.fragmentSize)) return undefined;
  const path = plainPath(connection.path);
  const initiatorSpi = newIkeSpi(random);
  const skD = secrets.take(ticket.skD.length);
  skD.set(ticket.skD);
  const client = new PlainClient(configuration, setting, random, path, ticket, skD, suite, offer, initiatorSpi);
  client.request = resumeRequest(client, path, context);
  client.answersUntilMs = now.monotonicMs + setting.answersForMs;
  client.requestDueAtMs = firstSent(client.request, configuration.retransmission, now.monotonicMs, random).dueAtMs;
  return { client, effects: [send(client.request, path)] };
}

function resumeRequest(client: PlainClient, { local, remote }: Path, { messages }: ClientLaneContext): Uint8Array {
  const { ticket: { ticket }, spis, random } = client;
  const octets = messages.take(LENGTH_BESIDE_TICKET + ticket.length);
  putU64(octets, 0, spis.initiatorSpi);
  octets[16] = PayloadNumber.Nonce;
  octets[17] = MAJOR_VERSION << 4;
  octets[18] = ExchangeType.IKE_SESSION_RESUME;
  octets[19] = FROM_INITIATOR;
  putU32(octets, 24, octets.length);
  octets[HEADER_LENGTH] = PayloadNumber.N;
  putU16(octets, HEADER_LENGTH + 2, GENERIC_HEADER_LENGTH + NONCE_LENGTH);
  const nonce = octets.subarray(NONCE_START, NONCE_START + NONCE_LENGTH);
  fillRandomly(nonce, random);
  client.nonces = nonce;
  client.initiatorNonceLength = NONCE_LENGTH;
  let at = putNotify(octets, NONCE_START + NONCE_LENGTH, PayloadNumber.N, NotifyType.TICKET_OPAQUE, ticket.length);
  octets.set(ticket, at - ticket.length);
  at = putNotify(octets, at, PayloadNumber.N, NotifyType.IKEV2_FRAGMENTATION_SUPPORTED, 0);
  at = putHash(octets, at, PayloadNumber.N, NotifyType.NAT_DETECTION_SOURCE_IP, spis, local);
  putHash(octets, at, 0, NotifyType.NAT_DETECTION_DESTINATION_IP, spis, remote);
  return octets;
}

/** `spis`: the responder's is 0 (RFC 7296, section 2.23). */
function putHash(
  octets: Uint8Array,
  start: number,
  next: number,
  notifyType: number,
  spis: SpiPair,
  endpoint: Path["local"],
): number {
  const end = putNotify(octets, start, next, notifyType, HASH_LENGTH);
  putEndpointHash(octets, end - HASH_LENGTH, spis, endpoint);
  return end;
}

/** A notify of so many octets, which are yet to be written. */
function putNotify(octets: Uint8Array, start: number, next: number, notifyType: number, length: number): number {
  const end = start + NOTIFY_HEADER_LENGTH + length;
  octets[start] = next;
  putU16(octets, start + 2, end - start);
  putU16(octets, start + 6, notifyType);
  return end;
}
