/**
 * The gateway's half of a resumption, made by hand: its answers come when, and as often as, a test wants them.
 *
 * @module
 */
import { authenticate } from "../../src/ike/authentication/signed_content.ts";
import type { Effect } from "../../src/ike/states/effect.ts";
import { keysFromTicket } from "../../src/ike/ike_sa/ike_sa_keys.ts";
import { noncePair } from "../../src/ike/ike_sa/nonces.ts";
import type { InitiatorOptions } from "../../src/ike/initiator.ts";
import { findPayload } from "../../src/ike/message/notify.ts";
import { ikeSuiteOf } from "../../src/ike/ike_sa/suite.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { AuthenticationMethod, ExchangeType } from "../../src/wire/constants.ts";
import { encodeMessage } from "../../src/wire/message.ts";
import { copyOf, upAndTicket } from "./coming_back.ts";
import { type AnsweredInit, type AuthAnswerChanges, HandmadeGateway } from "./handmade_gateway.ts";
import type { SimulatedClient, Simulation } from "./simulation.ts";

/** A client that has sent IKE_SESSION_RESUME to a handmade gateway. */
export interface Resuming {
  readonly simulation: Simulation;
  readonly client: SimulatedClient;
  readonly gateway: HandmadeGateway;
  /** A copy of the client's. */
  readonly ticket: ClientTicket;
}

/**
 * It may be any gateway that the ticket names: the client's configuration names none, unless `options` do.
 *
 * @param lane whether it goes through the clients' lane as long as it is plain. Default: as simulations do.
 */
export async function resumingClient(options: Partial<InitiatorOptions> = {}, lane?: boolean): Promise<Resuming> {
  const { simulation, client: before } = await upAndTicket({}, lane);
  const ticket = copyOf(before.ticket);
  const client = simulation.addClient(
    { identity: ticket.initiatorId, peerIdentity: undefined, ...options },
    copyOf(before.ticket),
  );
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  return { simulation, client, gateway, ticket };
}

/** Answers IKE_SESSION_RESUME as is right: the client sends IKE_AUTH. */
export async function answerResume({ simulation, gateway, ticket }: Resuming): Promise<AnsweredInit> {
  const { header, payloads } = gateway.received;
  const suite = ikeSuiteOf(ticket.proposal)!;
  const spis = { initiatorSpi: header.initiatorSpi, responderSpi: 0x2000n };
  const nonces = noncePair(findPayload(payloads, "Nonce")!.nonce, simulation.random.octets(32));
  const response = encodeMessage(
    { ...spis, exchangeType: ExchangeType.IKE_SESSION_RESUME, fromInitiator: false, isResponse: true, messageId: 0 },
    [{ type: "Nonce", nonce: nonces.responderNonce }],
  );
  const keys = await gateway.run(keysFromTicket(suite, ticket.skD.slice(), nonces, spis));
  await gateway.deliver(response);
  if (gateway.received.header.exchangeType !== ExchangeType.IKE_AUTH) throw new Error("the client did not go on to IKE_AUTH");
  return { suite, spis, nonces, keys, response };
}

/** Answers IKE_AUTH as is right, but for the changes; returns what the client makes of it. */
export async function answerResumedAuth(
  { gateway, ticket }: Resuming,
  answered: AnsweredInit,
  changes: AuthAnswerChanges = {},
): Promise<Effect[]> {
  const { identity = ticket.responderId, replace = [] } = changes;
  const data = await gateway.run(authenticate({ kind: "resumption" }, {
    prf: answered.suite.prf,
    skP: answered.keys.skPr,
    realMessage: answered.response,
    peerNonce: answered.nonces.initiatorNonce,
    identity,
  }));
  const auth = { type: "AUTH", method: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE, data } as const;
  return await gateway.deliver(await gateway.authAnswer(answered, { ...changes, identity, replace: [...replace, auth] }));
}
