/**
 * A client of the lane comes up: its Child SA, its next ticket, and what is told of them, as `exchanges/ike_auth/initiator_establish.ts` has it (RFC 7296,
 * section 1.2; RFC 5723, section 4.2).
 *
 * @module
 */
import { u32 } from "../../wire/numbers_in_place.ts";
import type { ChildSaKeyPair } from "../child_sa/concealed_keys.ts";
import { Schedule } from "../initiator/schedule.ts";
import { LIFETIME_LENGTH } from "../profiles/ticket_notifies.ts";
import type { Effect } from "../states/effect.ts";
import { receivedTicket, renewalOf } from "../tickets/client_ticket.ts";
import type { ProvenMember } from "./auth_answer_stage.ts";
import type { ClientLaneContext } from "./lane_context.ts";
import type { PlainClient } from "./plain_client.ts";

/** The effects, in the steps' order. */
export function comeUp(member: ProvenMember, keys: ChildSaKeyPair, { now }: ClientLaneContext): readonly Effect[] {
  const { client, plaintext, ticket: { start, end }, esp, outboundSpi, localSelectors, remoteSelectors } = member;
  const { configuration, spis, suite, keyingMaterial, random, path } = client;
  const lifetimeSeconds = u32(plaintext, start);
  const expiresAtEpochSeconds = now.epochSeconds + lifetimeSeconds;
  client.ticketRenewAtMs = renewalOf(undefined, expiresAtEpochSeconds, lifetimeSeconds, configuration, random, now);
  client.ticketExpiresAtEpochSeconds = expiresAtEpochSeconds;
  client.schedule = scheduleOf(client, expiresAtEpochSeconds, now);
  // From here on nothing throws: no copy of a key is lost.
  const ticket = receivedTicket({
    ticket: plaintext.slice(start + LIFETIME_LENGTH, end),
    expiresAtEpochSeconds,
    initiatorId: configuration.identity,
    responderId: client.offer.responderId,
    authenticationMethod: client.ticket.authenticationMethod,
    proposal: suite.proposal,
    skD: keyingMaterial.slice(0, suite.prf.outputLength),
  });
  client.upAtMs = now.monotonicMs;
  const childSa = {
    inboundSpi: client.inboundSpi,
    outboundSpi,
    protection: esp.protection,
    extendedSequenceNumbers: esp.extendedSequenceNumbers,
    inbound: keys.inbound,
    outbound: keys.outbound,
    localSelectors,
    remoteSelectors,
    udpEncapsulation: false,
  };
  client.childSa = childSa;
  client.stage = "requests";
  client.forgetAttempt();
  const { local, remote } = path;
  return [
    {
      type: "ike-sa-up",
      spis,
      resumed: true,
      initiatorId: configuration.identity,
      responderId: client.offer.responderId,
      local,
      remote,
    },
    { type: "child-sa-up", spis, childSa },
    { type: "ticket-received", ticket },
  ];
}

/** What the client does in its time; `undefined`: nothing. */
function scheduleOf(
  { configuration, random }: PlainClient,
  expiresAtEpochSeconds: number,
  now: ClientLaneContext["now"],
): Schedule | undefined {
  const { livenessSeconds, ikeSaLifetimeSeconds, keepTicketFresh } = configuration;
  if (livenessSeconds <= 0 && ikeSaLifetimeSeconds === undefined && !keepTicketFresh) return undefined;
  const schedule = new Schedule(configuration, random);
  schedule.cameUp(now, expiresAtEpochSeconds);
  return schedule;
}
