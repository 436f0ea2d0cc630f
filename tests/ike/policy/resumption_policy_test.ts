import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthenticatedClient, ResumingClient } from "../../../src/ike/policy/authorization.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { sameIdentity } from "../../../src/ticket/identity.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { comeBack, copyOf, resumptions, upAndTicket } from "../../simulation/coming_back.ts";
import { byEap, eapClient, eapSimulation } from "../../simulation/eap_scene.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { openTicketState } from "../../simulation/opened_ticket.ts";
import { effectsOf, fqdn, type SimulatedClient, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";
import { testEveryProvider } from "../every_provider.ts";

const NAI = { idType: 3, identification: new TextEncoder().encode("alice@realm.example") };
const CERTIFICATE = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05);
const HOME = "198.51.100.1";
const ELSEWHERE = "198.51.100.2";

testEveryProvider(
  "[R-5-3] the identity that EAP authenticated, where it differs from IDi, is in the ticket, and policy goes by it at resumption",
  async (provider) => {
    const asked: string[] = [];
    const gone = new Set<string>();
    const nameOf = ({ identification }: { readonly identification: Uint8Array }) => new TextDecoder().decode(identification);
    const admits = (identity: { readonly identification: Uint8Array }) => {
      asked.push(nameOf(identity));
      return !gone.has(nameOf(identity));
    };
    const simulation = eapSimulation({ provider, server: { identity: NAI }, eap: { admits } });
    const client = await eapClient(simulation);
    const up = effectsOf(simulation.gatewayEffects, "ike-sa-up")[0];
    assert.deepEqual(up.eapIdentity, NAI);
    assert.deepEqual(up.initiatorId, fqdn("client1.example"));
    assert.deepEqual((await openTicketState(simulation, client.ticket)).eapIdentity, NAI);

    const again = await comeBack(simulation, client);
    assert.deepEqual(resumptions(again), [true]);
    assert.deepEqual(effectsOf(simulation.gatewayEffects, "ike-sa-up")[1].eapIdentity, NAI);
    assert.deepEqual(new Set(asked), new Set(["alice@realm.example"]));
    // The next ticket of the chain knows it as well.
    assert.deepEqual((await openTicketState(simulation, again.ticket)).eapIdentity, NAI);

    gone.add("alice@realm.example");
    const handmade = new HandmadeClient(simulation);
    const { replies: [reply], effects } = await handmade.deliver(
      handmade.resumeRequest(again.ticket.ticket, simulation.random.octets(32)),
    );
    assert.deepEqual(notifyTypes(reply.payloads), [NotifyType.TICKET_NACK]);
    assert.deepEqual(effectsOf(effects, "ticket-refused").map(({ reason }) => reason), ["identity-unknown"]);
  },
);

test("[R-5-3] an EAP identity that is IDi stands in no ticket a second time, and a client that EAP does not admit does not come up", async () => {
  const provider = await loadProvider("ts");
  const simulation = eapSimulation({ provider, server: { identity: fqdn("client1.example") } });
  const client = await eapClient(simulation);
  assert.equal("eapIdentity" in await openTicketState(simulation, client.ticket), false);
  assert.equal("eapIdentity" in effectsOf(simulation.gatewayEffects, "ike-sa-up")[0], false);

  const strict = eapSimulation({ provider, server: { identity: NAI }, eap: { admits: (one) => !sameIdentity(one, NAI) } });
  const refused = await eapClient(strict);
  assert.deepEqual(effectsOf(refused.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);
});

test("[R-5-1] a ticket of EAP does not resume where EAP is no more, nor by a shared key of the same name", async () => {
  const simulation = eapSimulation({ provider: await loadProvider("ts") });
  const client = await eapClient(simulation);
  simulation.restartGateway({ eap: undefined, presharedKeyOf: () => new Uint8Array(16) });
  const { reasons } = await present(simulation, client);
  assert.deepEqual(reasons, ["identity-unknown"]);
});

test("[R-5-3] tickets are taken back by the identity that EAP authenticated as well as by IDi", async () => {
  for (const identity of [NAI, fqdn("client1.example")]) {
    const simulation = eapSimulation({ provider: await loadProvider("ts"), server: { identity: NAI } });
    const client = await eapClient(simulation);
    await simulation.actOnGateway(simulation.gateway.revokeIdentity(identity, simulation.now));
    assert.deepEqual((await present(simulation, client)).notifies, [NotifyType.TICKET_NACK]);
  }
  const simulation = eapSimulation({ provider: await loadProvider("ts"), server: { identity: NAI } });
  const client = await eapClient(simulation);
  await simulation.actOnGateway(simulation.gateway.revokeIdentity(fqdn("alice@realm.example"), simulation.now));
  assert.deepEqual((await present(simulation, client)).notifies, []);
});

test("[R-5-1] method, time and EAP type of the authentication stay what they were at the head of the chain of tickets", async () => {
  const resuming: ResumingClient[] = [];
  const authorizeResumption = (client: ResumingClient) => {
    resuming.push(client);
    return true;
  };
  const simulation = eapSimulation({ provider: await loadProvider("ts"), gateway: { authorizeResumption } });
  let client = await eapClient(simulation);
  for (let round = 0; round < 3; round++) {
    await simulation.run(simulation.network.nowMs + 600_000);
    client = await comeBack(simulation, client);
  }
  const last = resuming.at(-1)!;
  assert.equal(last.authenticatedAtEpochSeconds, START_EPOCH_SECONDS);
  assert.equal(last.eapType, byEap().eap!.method().type);
  assert.equal(last.authenticationMethod, 2);
  assert.deepEqual(last.initiatorId, fqdn("client1.example"));
  assert.deepEqual(last.responderId, fqdn("gateway.example"));
  assert.equal(last.remote.address, client.address);
});

test("[R-5-1] certificates are in the ticket where policy wants them, and policy sees them again at resumption", async () => {
  const seen: AuthenticatedClient[] = [];
  const resuming: ResumingClient[] = [];
  const gateway: Partial<ResponderOptions> = {
    authorize: (client) => {
      seen.push(client);
      return { certificates: client.certificates };
    },
    authorizeResumption: (client) => {
      resuming.push(client);
      return true;
    },
  };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  const payloads: Payload[] = [
    { type: "CERT", encoding: 4, certificate: CERTIFICATE },
    { type: "CERT", encoding: 13, certificate: Uint8Array.of(1) },
    { type: "N", protocolId: 0, spi: new Uint8Array(0), notifyType: NotifyType.TICKET_REQUEST, data: new Uint8Array(0) },
  ];
  const { answer } = await handmade.auth(exchange, { add: payloads });
  assert.deepEqual(seen[0].certificates, [CERTIFICATE]);
  const ticket = answer.find((payload) => payload.type === "N" && payload.notifyType === NotifyType.TICKET_LT_OPAQUE);
  assert.ok(ticket?.type === "N");
  await handmade.deliver(handmade.resumeRequest(ticket.data.slice(4), simulation.random.octets(32)));
  assert.deepEqual(resuming[0].certificates, [CERTIFICATE]);

  const { simulation: plain, client } = await upAndTicket();
  assert.equal("certificates" in await openTicketState(plain, client.ticket), false);
});

test("[R-5-1] certificates too long for a ticket get the client no ticket, and it is up all the same", async () => {
  const certificates = [new Uint8Array(4_000)];
  const { client } = await triedWith({ authorize: () => ({ certificates }) });
  assert.equal(client.initiator.waitsFor, "requests");
  assert.deepEqual(effectsOf(client.effects, "ticket-not-granted").map(({ answer }) => answer), ["nack"]);
});

test("policy may refuse a client that has proven itself, and one that comes back", async () => {
  const { client } = await triedWith({ authorize: () => undefined });
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);

  let willing = true;
  const { simulation, client: up } = await upAndTicket({ authorizeResumption: () => willing });
  willing = false;
  assert.deepEqual((await present(simulation, up)).reasons, ["not-authorized"]);
});

test("policy that changes between IKE_SESSION_RESUME and IKE_AUTH refuses there, and the ticket stays usable", async () => {
  let willing = true;
  const { simulation, client } = await upAndTicket({ authorizeResumption: () => willing });
  const ticket = copyOf(client.ticket);
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(ticket);
  willing = false;
  const { replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, ticket));
  assert.deepEqual(notifyTypes(await handmade.open(exchange, reply)), [NotifyType.AUTHENTICATION_FAILED]);
  willing = true;
  assert.deepEqual(resumptions(await comeBack(simulation, client, ticket)), [true]);
});

test("[R-5-4] where the address has to match the certificate's iPAddress, it is checked at once, and again at resumption", async () => {
  const authorize = () => ({ permittedAddresses: [HOME, "2001:db8::1"] });
  const away = await triedWith({ authorize }, ELSEWHERE);
  assert.deepEqual(effectsOf(away.client.effects, "ike-sa-down").map(({ reason }) => reason), ["authentication-failed"]);

  const { simulation, client } = await triedWith({ authorize }, HOME);
  assert.equal(client.initiator.waitsFor, "requests");
  const elsewhere = await present(simulation, client, ELSEWHERE);
  assert.deepEqual(elsewhere.notifies, [NotifyType.TICKET_NACK]);
  assert.deepEqual(elsewhere.reasons, ["address-not-permitted"]);

  const again = simulation.addClient({ identity: client.ticket.initiatorId }, copyOf(client.ticket), HOME);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
  // The check goes along in the next ticket.
  assert.deepEqual((await present(simulation, again, ELSEWHERE)).reasons, ["address-not-permitted"]);
});

test("[R-5-4] IKE_AUTH from an address that is not permitted is refused, though the ticket came from one that is", async () => {
  const authorize = () => ({ permittedAddresses: [HOME] });
  const { simulation, client } = await triedWith({ authorize }, HOME);
  const ticket = copyOf(client.ticket);
  const home = new HandmadeClient(simulation, HOME);
  const exchange = await home.resume(ticket);
  const away = new HandmadeClient(simulation, ELSEWHERE);
  const { replies: [reply] } = await away.deliver(await home.authRequest(exchange, ticket));
  assert.deepEqual(notifyTypes(await home.open(exchange, reply)), [NotifyType.AUTHENTICATION_FAILED]);
});

test("[R-4.3.2-4] a client resumes from any address and port, and its address is in no ticket, unless policy says otherwise", async () => {
  const { simulation, client } = await triedWith({}, HOME);
  assert.equal("issuedToAddress" in await openTicketState(simulation, client.ticket), false);
  assert.deepEqual((await present(simulation, client, HOME, 1_234)).reasons, []);
  const again = simulation.addClient({ identity: client.ticket.initiatorId }, client.ticket, ELSEWHERE);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(resumptions(again), [true]);
});

test("[R-4.3.2-4] with the policy on, a ticket from a changed address is refused and the client makes a full exchange; another port will do", async () => {
  const { simulation, client } = await triedWith({ refuseChangedAddress: true }, HOME);
  assert.deepEqual((await openTicketState(simulation, client.ticket)).issuedToAddress, Uint8Array.of(198, 51, 100, 1));
  assert.deepEqual((await present(simulation, client, ELSEWHERE)).reasons, ["address-changed"]);
  assert.deepEqual((await present(simulation, client, HOME, 1_234)).reasons, []);

  const moved = simulation.addClient({ identity: client.ticket.initiatorId }, copyOf(client.ticket), ELSEWHERE);
  await simulation.start(moved);
  await simulation.run();
  assert.deepEqual(resumptions(moved), [false]);
  assert.deepEqual(effectsOf(moved.effects, "resumption-failed").map(({ reason }) => reason), ["nack"]);
});

test("[R-4.3.2-4] with the policy on, a ticket that was issued without an address is refused", async () => {
  const { simulation, client } = await triedWith({}, HOME);
  simulation.restartGateway({ refuseChangedAddress: true });
  assert.deepEqual((await present(simulation, client, HOME)).reasons, ["address-changed"]);
});

/** A client from an address that has tried to come up by a full exchange. */
async function triedWith(
  gateway: Partial<ResponderOptions>,
  address: string = HOME,
): Promise<{ simulation: Simulation; client: SimulatedClient }> {
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const client = simulation.addClient({}, undefined, address);
  await simulation.start(client);
  await simulation.run();
  return { simulation, client };
}

/** Presents a client's ticket from somewhere. */
async function present(
  simulation: Simulation,
  client: SimulatedClient,
  address?: string,
  port?: number,
): Promise<{ notifies: number[]; reasons: string[] }> {
  const handmade = new HandmadeClient(simulation, address, port);
  const request = handmade.resumeRequest(client.ticket.ticket, simulation.random.octets(32));
  const { replies: [reply], effects } = await handmade.deliver(request);
  return {
    notifies: notifyTypes(reply.payloads).filter((type) => type === NotifyType.TICKET_NACK),
    reasons: effectsOf(effects, "ticket-refused").map(({ reason }) => reason),
  };
}
