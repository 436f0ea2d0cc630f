/**
 * Facts about a deployed peer (Libreswan 5), each with what this project makes of it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIkeProposal } from "../../../src/configuration/mod.ts";
import type { CryptoProvider } from "../../../src/crypto/provider.ts";
import { initiatorConfiguration } from "../../../src/ike/initiator.ts";
import type { InitiatorOptions } from "../../../src/ike/initiator.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import { copyOf, resumptions } from "../../simulation/coming_back.ts";
import { DEPLOYED_TICKET_LENGTH, DeployedClient, DeployedGateway } from "../../simulation/deployed_peer.ts";
import { notifyData, notifyTypes } from "../../simulation/messages.ts";
import { effectsOf, fqdn, type SimulatedClient, Simulation } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const TOLERANT = { resumptionAuthentication: "message-only" } as const;
const TOLERANT_GATEWAY: Partial<ResponderOptions> = { resumptionAuthenticationOf: () => "message-only" };

testEveryProvider(
  "the peer's gateway: an answer in three fragments, the ticket of 856 octets before IDr, and a resumption with AUTH over the message alone",
  async (provider) => {
    const { simulation, client, again, gateway } = await presentToDeployedGateway(provider, TOLERANT);
    assert.equal(client.ticket.ticket.length, DEPLOYED_TICKET_LENGTH);
    assert.deepEqual(gateway.presentedTicket, client.ticket.ticket);
    const resumed = await gateway.acceptTicket(client.ticket);
    assert.equal(simulation.network.sent.at(-1)!.encapsulated, false, "no NAT detection: no NAT is assumed");
    const effects = await gateway.answerResumedAuth(resumed, simulation.network.sent.at(-2)!.octets);
    assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    assert.equal(again.ticket.ticket.length, DEPLOYED_TICKET_LENGTH);
  },
);

test("the peer's gateway believes no client that keeps to the standard, and is not believed by it: the mode is off by default", async () => {
  assert.equal(
    initiatorConfiguration({ identity: fqdn("a"), presharedKey: new Uint8Array(1) }).resumptionAuthentication,
    "rfc5723",
  );
  const { simulation, client, again, gateway } = await presentToDeployedGateway(await loadProvider("ts"), {});
  const resumed = await gateway.acceptTicket(client.ticket);
  await gateway.answerResumedAuth(resumed, simulation.network.sent.at(-2)!.octets);
  assert.deepEqual(effectsOf(again.effects, "resumption-failed").map(({ reason }) => reason), ["refused"]);
  assert.equal(gateway.received.header.exchangeType, ExchangeType.IKE_SA_INIT, "a full exchange follows");
});

test("[R-4.3.2-3] the peer's gateway: TICKET_NACK with an SPI in it is a refusal, and so is INVALID_SYNTAX", async () => {
  for (const refuse of ["refuseTicket", "refuseNonce"] as const) {
    const { simulation, again, gateway } = await presentToDeployedGateway(await loadProvider("ts"), { refusalPatienceMs: 300 });
    const startedAt = simulation.network.nowMs;
    await gateway[refuse]();
    assert.equal(again.initiator.waitsFor, "IKE_SESSION_RESUME response", "a hint alone decides nothing");
    await simulation.run(startedAt + 299);
    assert.deepEqual(effectsOf(again.effects, "resumption-failed"), []);
    await simulation.run(startedAt + 300);
    assert.equal(effectsOf(again.effects, "resumption-failed").length, 1);
    assert.equal(gateway.received.header.exchangeType, ExchangeType.IKE_SA_INIT);
  }
});

test("[R-4.3.2-3] the peer's gateway: its refusal, then its acceptance, is an acceptance", async () => {
  const { simulation, client, again, gateway } = await presentToDeployedGateway(await loadProvider("ts"), TOLERANT);
  const request = simulation.network.sent.at(-1)!.octets;
  await gateway.refuseTicket();
  const resumed = await gateway.acceptTicket(client.ticket);
  await gateway.answerResumedAuth(resumed, request);
  assert.deepEqual(resumptions(again), [true]);
});

test("[R-4.3.2-3] the peer's gateway repeats no lost answer: a client that need not wait long goes on to a full exchange soon", async () => {
  const policy = { initialMs: 500, factor: 2, maximumMs: 8_000, attempts: 7, jitter: 0 };
  const { simulation, again } = await presentToDeployedGateway(await loadProvider("ts"), {
    resumeAttempts: 2,
    retransmission: policy,
  });
  const startedAt = simulation.network.nowMs;
  const before = simulation.network.sent.length - 1;
  await simulation.run(startedAt + 1_500);
  const sent = simulation.network.sent.slice(before).map(({ octets }) => octets[18]);
  assert.deepEqual(sent, [ExchangeType.IKE_SESSION_RESUME, ExchangeType.IKE_SESSION_RESUME, ExchangeType.IKE_SA_INIT]);
  assert.deepEqual(effectsOf(again.effects, "resumption-failed").map(({ reason }) => reason), ["no-answer"]);
  // The full exchange has all the patience that it would have had alone.
  await simulation.run();
  const types = simulation.network.sent.slice(before).map(({ octets }) => octets[18]);
  assert.equal(types.filter((type) => type === ExchangeType.IKE_SA_INIT).length, policy.attempts);
});

test("resumeAttempts, authAttempts and resumptionAuthentication are checked", () => {
  const right = { identity: fqdn("a"), presharedKey: new Uint8Array(1) };
  for (const resumeAttempts of [0, 1.5, -1, NaN]) {
    assert.throws(() => initiatorConfiguration({ ...right, resumeAttempts }), /resumeAttempts is .* whole number from 1/);
    assert.throws(() => initiatorConfiguration({ ...right, authAttempts: resumeAttempts }), /authAttempts is .* whole number/);
  }
  const resumptionAuthentication = "none" as "rfc5723";
  assert.throws(() => initiatorConfiguration({ ...right, resumptionAuthentication }), /expected rfc5723 or message-only/);
});

testEveryProvider(
  "the peer's client: no NAT detection, its order of payloads, AUTH over the message alone, and it gets its answer in kind",
  async (provider) => {
    const simulation = new Simulation({ provider, gateway: TOLERANT_GATEWAY });
    const client = await simulation.clientWithTicket();
    const deployed = new DeployedClient(simulation);
    const exchange = await deployed.resume(client.ticket);
    const { answer, effects } = await deployed.auth(exchange, client.ticket);
    assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    assert.equal(await deployed.believes(exchange, answer), true);
    assert.deepEqual(notifyTypes(answer), [NotifyType.TICKET_LT_OPAQUE]);
  },
);

test("[R-4.3.3-1] the peer's client is not believed where the configuration does not name it, nor a standard one where it does", async () => {
  const standard: Partial<ResponderOptions>[] = [{}, { resumptionAuthenticationOf: () => "rfc5723" }];
  for (const gateway of standard) {
    const { simulation, client } = await clientOf(gateway);
    const deployed = new DeployedClient(simulation);
    const { answer, effects } = await deployed.auth(await deployed.resume(client.ticket), client.ticket);
    assert.deepEqual(effectsOf(effects, "ike-sa-up"), []);
    assert.ok(notifyData(answer, NotifyType.AUTHENTICATION_FAILED));
  }
  const { simulation, client } = await clientOf(TOLERANT_GATEWAY);
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, copyOf(client.ticket));
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [false]);
});

test("the form of AUTH is chosen by the identity that the ticket names", async () => {
  const gateway: Partial<ResponderOptions> = {
    resumptionAuthenticationOf: ({ identification }) =>
      new TextDecoder().decode(identification) === "deployed.example" ? "message-only" : "rfc5723",
  };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const deployedOwner = await simulation.clientWithTicket({ identity: fqdn("deployed.example") });
  const standardOwner = await simulation.clientWithTicket({ identity: fqdn("standard.example") });
  const deployed = new DeployedClient(simulation);
  const { effects } = await deployed.auth(await deployed.resume(deployedOwner.ticket), deployedOwner.ticket);
  assert.equal(effectsOf(effects, "ike-sa-up").length, 1);
  const again = simulation.addClient({ identity: fqdn("standard.example") }, standardOwner.ticket);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
});

test("[R-4.3.2-3] the peer's client passes over every refusal but TICKET_NACK: that is what it gets, whatever is wrong", async () => {
  const { simulation, client } = await clientOf({});
  const deployed = new DeployedClient(simulation);
  const { ticket } = client.ticket;
  const foreign = simulation.random.octets(DEPLOYED_TICKET_LENGTH);
  assert.deepEqual(await deployed.present(foreign, 2), ["refused", "refused"], "a ticket of another make");
  assert.deepEqual(await deployed.present(new Uint8Array(DEPLOYED_TICKET_LENGTH), 1), ["refused"], "all zero");
  assert.deepEqual(await deployed.present(new Uint8Array(0), 1), ["refused"], "empty");
  assert.equal(simulation.gateway.halfOpenCount, 0);
  // A nonce that RFC 7296 allows, and that is too short for the prf, or too long; both before and after the ticket.
  for (const { header, payloads } of badNonces(deployed, ticket)) {
    const { replies, effects } = await deployed.handmade.deliver(header);
    assert.deepEqual(replies.map(DeployedClient.verdictOn), ["refused"], payloads);
    assert.equal(effectsOf(effects, "ticket-refused").length, 1);
    assert.ok(replies[0].octets.length < header.length, "a refusal is no amplification");
  }
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

test("[R-4.3.2-3] a nonce that RFC 7296 allows, and that is too short for the prf of the ticket, is refused in the same way", async () => {
  const { simulation } = await clientOf({});
  const client = await simulation.clientWithTicket({ ikeProposals: [parseIkeProposal("aes256gcm16-prfsha512-x25519")] });
  const deployed = new DeployedClient(simulation);
  assert.deepEqual(await deployed.present(client.ticket.ticket, 1, 31), ["refused"]);
  assert.deepEqual(await deployed.present(client.ticket.ticket, 1, 32), ["accepted"]);
});

test("[R-4.3.2-8] a request to resume that is malformed in any way is refused, and never met with silence", async () => {
  const { simulation, client } = await clientOf({});
  const { handmade } = new DeployedClient(simulation);
  const nonce = simulation.random.octets(32);
  const request = handmade.resumeRequest(client.ticket.ticket, nonce);
  const other = notify(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
  const header = { initiatorSpi: 7n, responderSpi: 0n, exchangeType: 38, fromInitiator: true, isResponse: false, messageId: 0 };
  const malformed: [string, Uint8Array][] = [
    ["no ticket", encodeMessage(header, [{ type: "Nonce", nonce }, other])],
    ["no nonce", encodeMessage(header, [notify(NotifyType.TICKET_OPAQUE, client.ticket.ticket)])],
    ["a message ID", changed(request, (octets) => octets[23] = 1)],
    ["a length that is not its own", changed(request, (octets) => octets[27]++)],
    ["a payload that ends behind the message", changed(request, (octets) => octets[31]++)],
    ["octets behind the last payload", changed(request, (octets) => octets[64 + 3]--)],
    ["a protected payload that is none", changed(request, (octets) => octets[16] = 46)],
  ];
  for (const [what, octets] of malformed) {
    const { replies, effects } = await handmade.deliver(octets);
    assert.deepEqual(replies.map(({ payloads }) => payloads), [[notify(NotifyType.TICKET_NACK)]], what);
    assert.equal(replies[0].header.messageId, octets[23]);
    assert.ok(replies[0].octets.length <= octets.length, "a refusal is no amplification");
    assert.equal(effectsOf(effects, "ticket-refused").length, 1, what);
  }
  // What is shorter than a refusal gets none.
  const bare = changed(request.slice(0, 28), (octets) => octets[27] = 28);
  assert.deepEqual((await handmade.deliver(bare)).effects.map(({ type }) => type), ["dropped"]);
  assert.equal(simulation.gateway.halfOpenCount, 0);
});

function changed(original: Uint8Array, change: (octets: Uint8Array) => void): Uint8Array {
  const octets = original.slice();
  change(octets);
  return octets;
}

test("what only looks like a request to resume, or is none, gets no refusal", async () => {
  const { simulation, client } = await clientOf({});
  const deployed = new DeployedClient(simulation);
  const [{ header: bad }] = badNonces(deployed, client.ticket.ticket);
  const changes: [string, (octets: Uint8Array) => void][] = [
    ["a response", (octets) => octets[19] |= 0x20],
    ["not from the initiator", (octets) => octets[19] &= ~0x08],
    ["an SPI of the gateway's", (octets) => octets[15] = 1],
    ["no SPI", (octets) => octets.fill(0, 0, 8)],
    ["IKE_SA_INIT", (octets) => octets[18] = ExchangeType.IKE_SA_INIT],
    ["an earlier version", (octets) => octets[17] = 0x10],
  ];
  for (const [what, change] of changes) {
    const octets = bad.slice();
    change(octets);
    assert.deepEqual(effectsOf((await deployed.handmade.deliver(octets)).effects, "send"), [], what);
  }
});

test("[R-4.3.2-5] the peer's client cannot answer a cookie: a gateway that has to serve it asks only others, also under load", async () => {
  const { simulation, client } = await clientOf({ cookieThreshold: 0 });
  const deployed = new DeployedClient(simulation);
  assert.deepEqual(await deployed.present(client.ticket.ticket, 3), ["cookie", "cookie", "cookie"]);
  simulation.restartGateway({ cookieThreshold: 0, resumptionCookieThreshold: 32_768 });
  assert.deepEqual(await deployed.present(client.ticket.ticket, 2), ["accepted", "accepted"]);
  const { replies: [reply] } = await deployed.handmade.deliver(await deployed.handmade.initRequest());
  assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.COOKIE], "IKE_SA_INIT is still asked for one");
});

/** A client of the deployed gateway that has its ticket, and the same client coming back with it. */
async function presentToDeployedGateway(
  provider: CryptoProvider,
  options: Partial<InitiatorOptions>,
): Promise<{ simulation: Simulation; client: SimulatedClient; again: SimulatedClient; gateway: DeployedGateway }> {
  const simulation = new Simulation({ provider });
  const client = simulation.addClient(options);
  const first = new DeployedGateway(simulation, client);
  await simulation.start(client);
  const effects = await first.answerFull();
  assert.deepEqual(effectsOf(effects, "ike-sa-up").map(({ resumed }) => resumed), [false]);
  assert.equal(effectsOf(effects, "child-sa-up").length, 1);
  const again = simulation.addClient({ identity: client.ticket.initiatorId, ...options }, copyOf(client.ticket));
  const gateway = new DeployedGateway(simulation, again);
  await simulation.start(again);
  return { simulation, client, again, gateway };
}

async function clientOf(gateway: Partial<ResponderOptions>): Promise<{ simulation: Simulation; client: SimulatedClient }> {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await simulation.clientWithTicket();
  simulation.restartGateway(gateway);
  return { simulation, client };
}

/** Requests with this ticket whose nonce is none, or too few. */
function badNonces(deployed: DeployedClient, ticket: Uint8Array): { header: Uint8Array; payloads: string }[] {
  const right = deployed.handmade.resumeRequest(ticket, new Uint8Array(32).fill(7));
  const withNonce = (length: number): Uint8Array => {
    const octets = new Uint8Array(right.length - 32 + length);
    octets.set(right.subarray(0, 32));
    octets.fill(7, 32, 32 + length);
    octets.set(right.subarray(64), 32 + length);
    const view = new DataView(octets.buffer);
    view.setUint32(24, octets.length);
    view.setUint16(30, 4 + length);
    return octets;
  };
  return [
    { header: withNonce(15), payloads: "15 octets" },
    { header: withNonce(0), payloads: "no octet" },
    { header: withNonce(257), payloads: "257 octets" },
    {
      header: deployed.handmade.resumeRequest(ticket, new Uint8Array(32), [{ type: "Nonce", nonce: new Uint8Array(32) }]),
      payloads: "two nonces",
    },
  ];
}
