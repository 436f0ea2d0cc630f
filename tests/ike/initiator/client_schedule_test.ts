/**
 * What a client does unasked while it is up: liveness, NAT keepalives, rekeying, reauthentication; and INITIAL_CONTACT before that.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Initiator, initiatorConfiguration } from "../../../src/ike/initiator.ts";
import { natDetectionPayloads } from "../../../src/ike/message/nat_detection.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { loadProvider } from "../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../src/wire/constants.ts";
import { encodeMessage } from "../../../src/wire/message.ts";
import { upAndTicket } from "../../simulation/coming_back.ts";
import { HandmadeGateway } from "../../simulation/handmade_gateway.ts";
import { clientUp, informationalRequest } from "../../simulation/handmade_up.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import {
  effectsOf,
  endpoint,
  fqdn,
  GATEWAY_ADDRESS,
  PRESHARED_KEY,
  SimulatedClient,
  Simulation,
} from "../../simulation/simulation.ts";

test("a client asks a silent gateway for a sign of life, and takes it for dead when none comes", async () => {
  const { simulation, client, gateway, answered } = await clientUp({ livenessSeconds: 30 });
  await simulation.run(23_900);
  assert.notEqual(gateway.received.header.exchangeType, ExchangeType.INFORMATIONAL, "no earlier than 0.8 of the time");
  await simulation.run(30_000);
  const { header } = gateway.received;
  assert.deepEqual([header.exchangeType, header.isResponse], [ExchangeType.INFORMATIONAL, false]);
  assert.deepEqual(await gateway.open(answered, gateway.received), []);
  const answer = await gateway.seal(answered, [], { exchangeType: ExchangeType.INFORMATIONAL, messageId: header.messageId });
  assert.deepEqual((await gateway.deliver(answer)).map(({ type }) => type), ["peer-alive"]);

  await simulation.run();
  const downs = effectsOf(client.effects, "ike-sa-down");
  assert.deepEqual(downs.map(({ reason }) => reason), ["no-answer"]);
  assert.equal(client.initiator.deadline, undefined);
});

test("what is authentic and new puts the next check off; what is forged or repeated does not", async () => {
  const { simulation, client, gateway, answered } = await clientUp({ livenessSeconds: 30 });
  await simulation.run(20_000);
  const request = await gateway.seal(answered, [], informationalRequest(0));
  await gateway.deliver(request);
  const { deadline } = client.initiator;
  assert.ok(deadline! >= 44_000 && deadline! <= 50_000);
  await simulation.run(40_000);
  await gateway.deliver(request);
  await gateway.deliver(encodeMessage({ ...answered.spis, ...CLEAR }, [notify(NotifyType.INVALID_SYNTAX)]));
  assert.equal(client.initiator.deadline, deadline);
});

test("[R-9.4-1] INVALID_IKE_SPI in clear has the gateway asked itself, at a bounded rate, and ends nothing", async () => {
  const { simulation, client, gateway, answered } = await clientUp({ livenessSeconds: 30 });
  const before = simulation.network.sent.length;
  const forged = encodeMessage({ ...answered.spis, ...CLEAR }, [notify(NotifyType.INVALID_IKE_SPI)]);
  for (let times = 0; times < 20; times++) await gateway.deliver(forged);
  await simulation.run(simulation.network.nowMs + 1);
  assert.equal(simulation.network.sent.length, before + 1);
  const { header } = gateway.received;
  await gateway.deliver(
    await gateway.seal(answered, [], { exchangeType: ExchangeType.INFORMATIONAL, messageId: header.messageId }),
  );
  for (let times = 0; times < 20; times++) await gateway.deliver(forged);
  await simulation.run(simulation.network.nowMs + 1_000);
  assert.equal(simulation.network.sent.length, before + 1);
  assert.equal(client.initiator.waitsFor, "requests");
});

test("a client behind a NAT keeps it open by one octet every 20 seconds of silence; one before which there is none does not", async () => {
  for (const behind of ["client", "gateway", "nobody"] as const) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const client = simulation.addClient({ natKeepaliveSeconds: 20 });
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    const spis = { initiatorSpi: client.initiator.initiatorSpi, responderSpi: 0x2000n };
    const seenAs = (address: string, isThere: boolean) => endpoint(isThere ? "203.0.113.9" : address, 500);
    const extra = natDetectionPayloads(
      spis,
      seenAs(GATEWAY_ADDRESS, behind === "gateway"),
      seenAs(client.address, behind === "client"),
    );
    const answered = await gateway.answerInit({ extra });
    await gateway.deliver(await gateway.authAnswer(answered), behind === "nobody" ? 500 : 4500);
    assert.equal(client.initiator.waitsFor, "requests");
    await simulation.run(61_000);
    const keepalives = client.happenings.filter(({ effect }) => effect.type === "send-keepalive");
    assert.deepEqual(keepalives.map(({ atMs }) => atMs), behind === "client" ? [20_000, 40_000, 60_000] : []);
    for (const { effect } of keepalives) {
      assert.deepEqual(effect, {
        type: "send-keepalive",
        local: endpoint(client.address, 4500),
        remote: endpoint(GATEWAY_ADDRESS, 4500),
      });
    }
  }
});

test("a client that has a lifetime for its IKE SA rekeys before it is over, time and again", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = simulation.addClient({ ikeSaLifetimeSeconds: 100 });
  await simulation.start(client);
  await simulation.run(300_000);
  const rekeyed = client.happenings.filter(({ effect }) => effect.type === "ike-sa-rekeyed").map(({ atMs }) => atMs);
  assert.ok(rekeyed.length >= 3);
  rekeyed.reduce((earlier, atMs) => {
    assert.ok(atMs - earlier >= 79_000 && atMs - earlier <= 91_000, `${atMs - earlier} ms`);
    return atMs;
  }, 0);
  await simulation.act(client, client.initiator.close(simulation.now));
  await simulation.run();
});

test("[R-6.2-4] a client heeds the lifetime that the gateway gives an IKE SA, as its tickets tell it: it rekeys before the end", async () => {
  const gateway = { ikeSaLifetimeSeconds: 1_000, ticketLifetimeSeconds: 600, livenessSeconds: 0 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const client = simulation.addClient({ keepTicketFresh: true });
  await simulation.start(client);
  await simulation.run(10_000_000);
  assert.deepEqual(effectsOf(client.effects, "ike-sa-down"), []);
  assert.equal(client.initiator.waitsFor, "requests");
  assert.equal(simulation.gateway.establishedCount, 1);
  const rekeyed = effectsOf(client.effects, "ike-sa-rekeyed").length;
  assert.ok(rekeyed >= 10 && rekeyed <= 20, `${rekeyed} times`);
});

test("tickets whose lifetime no end of the IKE SA cuts short have nothing rekeyed, however they are asked for", async () => {
  const gateway = { ticketLifetimeSeconds: 600, livenessSeconds: 0 };
  const simulation = new Simulation({ provider: await loadProvider("ts"), gateway });
  const client = simulation.addClient({ keepTicketFresh: true });
  await simulation.start(client);
  for (let times = 1; times <= 5; times++) {
    await simulation.run(times * 1_500);
    await simulation.act(client, client.initiator.requestTicket(simulation.now));
  }
  await simulation.run(5_000_000);
  assert.deepEqual(effectsOf(client.effects, "ike-sa-rekeyed"), []);
});

test("[R-5-7] AUTH_LIFETIME is heeded: its owner is told once, before it is over, and one in INFORMATIONAL counts as well", async () => {
  const { simulation, client, gateway, answered } = await clientUp({}, [lifetime(1_000)]);
  assert.deepEqual(effectsOf(client.effects, "reauthentication-asked").map(({ lifetimeSeconds }) => lifetimeSeconds), [1_000]);
  await simulation.run(799_000);
  assert.deepEqual(effectsOf(client.effects, "reauthentication-due"), []);
  await simulation.run(901_000);
  assert.equal(effectsOf(client.effects, "reauthentication-due").length, 1);
  await simulation.run(2_000_000);
  assert.equal(effectsOf(client.effects, "reauthentication-due").length, 1, "it is said once");
  await gateway.deliver(await gateway.seal(answered, [lifetime(10)], informationalRequest(0)));
  await simulation.run(2_010_000);
  assert.equal(effectsOf(client.effects, "reauthentication-due").length, 2);
});

test("[R-5-7] AUTH_LIFETIME is heeded after a resumption too, and a rekeying puts nothing off", async () => {
  const { simulation, client } = await upAndTicket({ reauthenticationSeconds: 3_000 });
  const options = { identity: client.ticket.initiatorId, ikeSaLifetimeSeconds: 50, requestTicket: false };
  const again = simulation.addClient(options, client.ticket);
  await simulation.start(again);
  await simulation.run(simulation.network.nowMs + 1_000);
  const [asked] = again.happenings.filter(({ effect }) => effect.type === "reauthentication-asked");
  assert.ok(asked.effect.type === "reauthentication-asked");
  const { lifetimeSeconds } = asked.effect;
  assert.ok(lifetimeSeconds > 300 && lifetimeSeconds <= 3_000);
  await simulation.run(asked.atMs + 1_000 * lifetimeSeconds);
  assert.ok(effectsOf(again.effects, "ike-sa-rekeyed").length >= 5);
  const due = again.happenings.filter(({ effect }) => effect.type === "reauthentication-due");
  assert.equal(due.length, 1);
  const part = (due[0].atMs - asked.atMs) / lifetimeSeconds / 1_000;
  assert.ok(part >= 0.8 && part <= 0.9, `${part} of the time`);
});

test("an AUTH_LIFETIME of another length, or in clear, is none", async () => {
  const { client, gateway, answered } = await clientUp({}, [notify(NotifyType.AUTH_LIFETIME, new Uint8Array(3))]);
  await gateway.deliver(encodeMessage({ ...answered.spis, ...CLEAR }, [lifetime(10)]));
  assert.deepEqual(effectsOf(client.effects, "reauthentication-asked"), []);
});

test("[C-7.9] INITIAL_CONTACT stands in the first IKE_AUTH request, of a client that knows of no other IKE SA and may say so", async () => {
  for (const [initialContact, isOnly] of [[true, true], [true, false], [false, true]] as const) {
    const simulation = new Simulation({ provider: await loadProvider("ts") });
    const identity = fqdn("client.example");
    const configuration = initiatorConfiguration({ identity, presharedKey: PRESHARED_KEY, initialContact });
    const paths = [500, 4500].map((port) => [endpoint("198.51.0.1", port), endpoint(GATEWAY_ADDRESS, port)]);
    const [[local, remote], [encapsulatedLocal, encapsulatedRemote]] = paths;
    const path = { local, remote, encapsulatedLocal, encapsulatedRemote };
    const client = new SimulatedClient(
      new Initiator(configuration, path, simulation.random.octets, undefined, isOnly),
      "198.51.0.1",
    );
    simulation.clients.push(client);
    const gateway = new HandmadeGateway(simulation, client);
    await simulation.start(client);
    const answered = await gateway.answerInit();
    const payloads = await gateway.open(answered, gateway.received);
    assert.equal(notifyTypes(payloads).includes(NotifyType.INITIAL_CONTACT), initialContact && isOnly);
    if (initialContact && isOnly) assert.deepEqual(payloads.slice(0, 3).map(({ type }) => type), ["IDi", "N", "AUTH"]);
  }
});

const CLEAR = { exchangeType: ExchangeType.INFORMATIONAL, fromInitiator: false, isResponse: true, messageId: 9 };

function lifetime(seconds: number) {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, seconds);
  return notify(NotifyType.AUTH_LIFETIME, data);
}
