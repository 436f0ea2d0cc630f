/**
 * Additional key exchanges by IKE_INTERMEDIATE (RFC 9242, RFC 9370), ML-KEM among them, at both ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIkeProposal } from "../../../../src/configuration/mod.ts";
import { createNodeKeyExchange } from "../../../../src/crypto/node/key_exchange.ts";
import type { InitiatorOptions } from "../../../../src/ike/initiator.ts";
import type { ResponderOptions } from "../../../../src/ike/responder.ts";
import type { Datagram } from "../../../../src/ike/steps/datagram.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType, TransformType } from "../../../../src/wire/constants.ts";
import { peekHeader } from "../../../../src/wire/header.ts";
import { assertSameKeys, comeBack, gatewayChildSa, resumptions } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

const HYBRID = "aes256gcm16-prfsha384-x25519-ke1_mlkem768";
const TRIPLE = "aes256-sha256-prfsha512-ecp256-ke1_mlkem1024-ke3_x25519";

async function upWith(
  ike: string | readonly string[],
  { client: clientOptions = {}, gateway = {}, ...options }: {
    client?: Partial<InitiatorOptions>;
    gateway?: Partial<ResponderOptions>;
  } & Partial<ConstructorParameters<typeof Simulation>[0]> = {},
): Promise<{ simulation: Simulation; client: SimulatedClient }> {
  const ikeProposals = [ike].flat().map(parseIkeProposal);
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    keyExchange: createNodeKeyExchange(),
    gateway: { ikeProposals, exposeKeys: true, ...gateway },
    ...options,
  });
  const client = simulation.addClient({ ikeProposals, exposeKeys: true, ...clientOptions });
  await simulation.start(client);
  await simulation.run();
  return { simulation, client };
}

function exchangesOf(sent: readonly Datagram[]): string[] {
  return sent.map(({ octets }) => {
    const { exchangeType, messageId, isResponse } = peekHeader(octets)!;
    return `${exchangeType} ${messageId}${isResponse ? " response" : ""}`;
  }).filter((name, index, all) => name !== all[index - 1]);
}

testEveryProvider("a client and a gateway come up with ML-KEM-768 besides Curve25519, and are resumed", async (provider) => {
  const { simulation, client } = await upWith(HYBRID, { provider });
  assert.equal(client.initiator.waitsFor, "requests");
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
  assert.deepEqual(exchangesOf(simulation.network.sent), [
    "34 0",
    "34 0 response",
    "43 1",
    "43 1 response",
    "35 2",
    "35 2 response",
  ]);
  const again = await comeBack(simulation, client, client.ticket, { ikeProposals: [parseIkeProposal(HYBRID)] });
  assert.deepEqual(resumptions(again), [true]);
  assertSameKeys(again.childSa, gatewayChildSa(simulation));
});

test("several additional key exchanges follow each other, of both kinds", async () => {
  const { simulation, client } = await upWith(TRIPLE);
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
  assert.deepEqual(
    exchangesOf(simulation.network.sent).filter((name) => !name.endsWith("response")),
    ["34 0", "43 1", "43 2", "35 3"],
  );
});

test("a client that resumes brings no additional key exchange: the gateway works for none, and IKE_AUTH follows", async () => {
  const { simulation, client } = await upWith("aes256gcm16-prfsha384-ecp256-ke1_x25519");
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.resume(client.ticket);
  const pair = await handmade.keyPair();
  const payload = { type: "KE", group: pair.group, keyExchangeData: pair.publicValue } as const;
  const request = await handmade.seal(exchange, [payload], 1, { exchangeType: ExchangeType.IKE_INTERMEDIATE });
  const { replies, effects } = await handmade.deliver(request);
  assert.deepEqual(replies, []);
  assert.deepEqual(effectsOf(effects, "dropped").map(({ reason }) => reason), ["unexpected-exchange"]);
  const auth = await handmade.deliver(await handmade.authRequest(exchange, client.ticket));
  assert.equal(effectsOf(auth.effects, "ike-sa-up").length, 1);
});

test("its messages go out in fragments where they are longer than a packet", async () => {
  const { simulation, client } = await upWith(HYBRID, { client: { fragmentSize: 576 }, gateway: { fragmentSize: 576 } });
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
  const sent = simulation.network.sent.filter(({ octets }) => peekHeader(octets)?.exchangeType === 43);
  assert.ok(sent.length >= 6);
  assert.ok(sent.every(({ octets }) => octets.length <= 524 && decoded(octets).payloads[0].type === "SKF"));
});

for (let seed = 1; seed <= 6; seed++) {
  test(`it is carried out once over a network that loses, doubles and reorders, seed ${seed}`, async () => {
    const conditions = { loss: 0.15, duplication: 0.3, minimumDelayMs: 1, maximumDelayMs: 400 };
    const { simulation, client } = await upWith(TRIPLE, { seed, conditions });
    assert.equal(client.initiator.waitsFor, "requests");
    assertSameKeys(client.childSa, gatewayChildSa(simulation));
    assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-up").length, 1);
  });
}

const CLASSICAL = "aes256gcm16-prfsha384-x25519";
const OPTIONAL = "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke1_none";
const OUTCOMES: readonly [client: string, gateway: string, exchanges: number | "refused"][] = [
  [HYBRID, HYBRID, 1],
  [OPTIONAL, HYBRID, 1],
  [HYBRID, OPTIONAL, 1],
  [OPTIONAL, CLASSICAL, 0],
  [CLASSICAL, OPTIONAL, 0],
  [CLASSICAL, CLASSICAL, 0],
  [HYBRID, CLASSICAL, "refused"],
  [CLASSICAL, HYBRID, "refused"],
  [HYBRID, "aes256gcm16-prfsha384-x25519-ke2_mlkem768", "refused"],
  [HYBRID, "aes256gcm16-prfsha384-x25519-ke1_mlkem1024", "refused"],
  ["aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke1_mlkem1024", "aes256gcm16-prfsha384-x25519-ke1_mlkem1024", 1],
  // No method serves twice: the second place gets the other one.
  [
    "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_mlkem768-ke2_mlkem1024",
    "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_mlkem768-ke2_mlkem1024",
    2,
  ],
  [
    "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_mlkem768",
    "aes256gcm16-prfsha384-x25519-ke1_mlkem768-ke2_mlkem768",
    "refused",
  ],
];

for (const [ofClient, ofGateway, exchanges] of OUTCOMES) {
  test(`a client with ${ofClient} and a gateway with ${ofGateway}: ${exchanges}`, async () => {
    const client = { ikeProposals: [parseIkeProposal(ofClient)] };
    const { simulation, client: came } = await upWith(ofGateway, { client });
    const made = exchangesOf(simulation.network.sent).filter((name) => name.startsWith("43") && !name.endsWith("response"));
    assert.equal(made.length, exchanges === "refused" ? 0 : exchanges);
    assert.equal(came.initiator.waitsFor, exchanges === "refused" ? "nothing" : "requests");
    if (exchanges !== "refused") assertSameKeys(came.childSa, gatewayChildSa(simulation));
  });
}

test("a proposal that was cut down on its way comes to nothing: AUTH covers both first messages", async () => {
  const alterations: readonly ((octets: Uint8Array) => Uint8Array)[] = [
    // ADDKE1 of the request, or of the response, becomes a type that nobody knows, or NONE.
    (octets) => withTransform(octets, TransformType.ADDKE1, (at) => octets[at + 7] = 0),
    (octets) => withTransform(octets, TransformType.ADDKE1, (at) => octets[at + 4] = 99),
  ];
  for (const isResponse of [false, true]) {
    for (const alter of alterations) {
      const simulation = new Simulation({
        provider: await loadProvider("ts"),
        keyExchange: createNodeKeyExchange(),
        gateway: { ikeProposals: [parseIkeProposal(OPTIONAL)] },
      });
      simulation.network.interference = (datagram) => {
        const header = peekHeader(datagram.octets)!;
        if (header.exchangeType !== 34 || header.isResponse !== isResponse) return datagram;
        return { ...datagram, octets: alter(datagram.octets.slice()) };
      };
      const client = simulation.addClient({ ikeProposals: [parseIkeProposal(OPTIONAL)] });
      await simulation.start(client);
      await simulation.run();
      assert.equal(client.initiator.waitsFor, "nothing");
      assert.equal(simulation.gateway.establishedCount, 0);
    }
  }
});

/** Has the first transform of a type altered: its head is 0 or 3, a zero, two octets of length, and its type. */
function withTransform(octets: Uint8Array, type: number, alter: (at: number) => void): Uint8Array {
  for (let at = 28; at < 200; at++) {
    const isHead = (octets[at] === 0 || octets[at] === 3) && octets[at + 1] === 0 && octets[at + 2] === 0 &&
      octets[at + 3] === 8;
    if (isHead && octets[at + 4] === type && octets[at + 7] === 36) {
      alter(at);
      return octets;
    }
  }
  assert.fail("no such transform");
}

test("an altered copy of the gateway's answer that comes first changes nothing: both are tried, by one exchange", async () => {
  const simulation = new Simulation({
    provider: await loadProvider("ts"),
    keyExchange: createNodeKeyExchange(),
    gateway: { ikeProposals: [parseIkeProposal(TRIPLE)] },
  });
  simulation.network.interference = (datagram) => {
    const header = peekHeader(datagram.octets)!;
    if (header.exchangeType !== 34 || !header.isResponse) return datagram;
    const altered = datagram.octets.slice();
    altered[altered.length - 1] ^= 1;
    return [{ ...datagram, octets: altered }, datagram];
  };
  const client = simulation.addClient({ ikeProposals: [parseIkeProposal(TRIPLE)] });
  await simulation.start(client);
  await simulation.run();
  assert.equal(client.initiator.waitsFor, "requests");
  assertSameKeys(client.childSa, gatewayChildSa(simulation));
});

test("a peer that offers additional key exchanges without IKE_INTERMEDIATE gets none, or is refused where they are demanded", async () => {
  for (const [ofGateway, waitsFor] of [[OPTIONAL, "requests"], [HYBRID, "nothing"]] as const) {
    const simulation = new Simulation({
      provider: await loadProvider("ts"),
      keyExchange: createNodeKeyExchange(),
      gateway: { ikeProposals: [parseIkeProposal(ofGateway)] },
    });
    const client = simulation.addClient({ ikeProposals: [parseIkeProposal(CLASSICAL)] });
    await simulation.start(client);
    await simulation.run();
    assert.equal(client.initiator.waitsFor, waitsFor);
    for (const { octets } of simulation.network.sent) {
      const notifies = decoded(octets).payloads.filter((payload) => payload.type === "N");
      assert.ok(notifies.every(({ notifyType }) => notifyType !== NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED));
    }
  }
});

test("a rekeyed IKE SA rests on the exchange before it: its ticket says so, and resumes where ML-KEM is demanded", async () => {
  const { simulation, client } = await upWith(HYBRID);
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ike-sa-rekeyed").length, 1);
  assert.ok(client.ticket.proposal.transforms.some(({ transformType }) => transformType === TransformType.ADDKE1));
  const again = await comeBack(simulation, client, client.ticket, { ikeProposals: [parseIkeProposal(HYBRID)] });
  assert.deepEqual(resumptions(again), [true]);
});

test("a ticket of an IKE SA without ML-KEM is refused where ML-KEM is demanded, by either end, and a full exchange has it", async () => {
  const hybrid = { ikeProposals: [parseIkeProposal(HYBRID)] };
  for (const restarted of [hybrid, { ikeProposals: [parseIkeProposal(OPTIONAL)] }]) {
    const { simulation, client } = await upWith(OPTIONAL, { client: { ikeProposals: [parseIkeProposal(CLASSICAL)] } });
    simulation.restartGateway(restarted);
    const again = await comeBack(
      simulation,
      client,
      client.ticket,
      restarted === hybrid ? { ikeProposals: [parseIkeProposal(OPTIONAL)] } : hybrid,
    );
    assert.deepEqual(resumptions(again), [false]);
    assert.ok(exchangesOf(simulation.network.sent).includes("43 1"));
  }
});
