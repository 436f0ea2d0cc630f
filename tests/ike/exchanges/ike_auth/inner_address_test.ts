import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSelector, parseSelectors } from "../../../../src/configuration/mod.ts";
import { initiatorConfiguration, type InitiatorOptions } from "../../../../src/ike/initiator.ts";
import { findPayload } from "../../../../src/ike/message/notify.ts";
import type { InnerAddressPolicy } from "../../../../src/ike/policy/inner_address.ts";
import { responderConfiguration } from "../../../../src/ike/responder.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import type { ClientTicket } from "../../../../src/ticket/client_ticket.ts";
import { TicketKeyRing } from "../../../../src/ticket/ticket_key_ring.ts";
import { encodeTicketState } from "../../../../src/ticket/ticket_state.ts";
import { ConfigurationAttributeType, ConfigurationType, NotifyType } from "../../../../src/wire/constants.ts";
import type { ConfigurationAttribute, Payload } from "../../../../src/wire/payload.ts";
import { assertSameKeys, gatewayChildSa, resumptions } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { openTicketState } from "../../../simulation/opened_ticket.ts";
import { effectsOf, fqdn, PRESHARED_KEY, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

const { INTERNAL_IP4_ADDRESS, INTERNAL_IP4_DNS, INTERNAL_IP4_NETMASK, APPLICATION_VERSION } = ConfigurationAttributeType;
const POLICY: InnerAddressPolicy = {
  ranges: parseSelectors("10.0.0.1-10.0.0.4"),
  netmask: "255.255.255.0",
  dns: ["10.0.0.53", "10.0.1.53"],
};
const NOTHING = new Uint8Array(0);

testEveryProvider(
  "[C-4.13] a client that asks gets an inner address, netmask and name servers, and selectors for that address alone",
  async (provider) => {
    const simulation = await withPool({}, provider.name);
    const client = await connected(simulation, { requestInnerAddress: true });
    const inner = { address: "10.0.0.1", netmask: "255.255.255.0", dns: ["10.0.0.53", "10.0.1.53"] };
    assert.deepEqual(addressesOf(client), [inner]);
    assert.deepEqual(client.childSa.localSelectors.map(formatSelector), ["10.0.0.1-10.0.0.1"]);
    assert.deepEqual(gatewayChildSa(simulation).remoteSelectors.map(formatSelector), ["10.0.0.1-10.0.0.1"]);
    assertSameKeys(client.childSa, gatewayChildSa(simulation));
    const told = effectsOf(simulation.gatewayEffects, "inner-address-assigned")[0];
    assert.deepEqual(told, { type: "inner-address-assigned", spis: told.spis, ...inner });
  },
);

test("[R-5-6] a client that resumes asks for its earlier address and gets it, also while its old IKE SA still stands", async () => {
  const simulation = await withPool();
  const client = await connected(simulation, { requestInnerAddress: true });
  await connected(simulation, { requestInnerAddress: true });
  const again = await resumed(simulation, client, "10.0.0.1");
  assert.deepEqual(addressesOf(again).map(({ address }) => address), ["10.0.0.1"]);
  // The old IKE SA went, and took the address from nobody.
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-down").length, 1);
  const third = await connected(simulation, { requestInnerAddress: "10.0.0.1" });
  assert.deepEqual(addressesOf(third).map(({ address }) => address), ["10.0.0.3"]);
});

test("[R-5-6] after a gateway's restart the earlier address is had if nobody else came first, by resumption and by a full exchange", async () => {
  const simulation = await withPool();
  const [one, other] = [
    await connected(simulation, { requestInnerAddress: "10.0.0.3" }),
    await connected(simulation, { requestInnerAddress: "10.0.0.4" }),
  ];
  simulation.restartGateway();
  const taker = await connected(simulation, { requestInnerAddress: "10.0.0.3" });
  assert.deepEqual(addressesOf(taker).map(({ address }) => address), ["10.0.0.3"]);
  assert.deepEqual(addressesOf(await resumed(simulation, one, "10.0.0.3")).map(({ address }) => address), ["10.0.0.1"]);
  assert.deepEqual(addressesOf(await resumed(simulation, other, "10.0.0.4")).map(({ address }) => address), ["10.0.0.4"]);
});

test("[R-5-6] a ticket holds no inner address, and who resumes without asking has none", async () => {
  const simulation = await withPool({ optional: true });
  const client = await connected(simulation, { requestInnerAddress: true });
  const octets = encodeTicketState(await openTicketState(simulation, client.ticket));
  assert.equal(octets.some((_, index) => [10, 0, 0, 1].every((octet, offset) => octets[index + offset] === octet)), false);
  const again = await resumed(simulation, client, false);
  assert.deepEqual(addressesOf(again), []);
  assert.deepEqual(again.childSa.localSelectors.map(formatSelector), [`${again.address}-${again.address}`]);
});

test("[R-5-6] a client that resumes, asks for any address and names its earlier one in TSi gets that, also after a restart", async () => {
  const simulation = await withPool();
  await connected(simulation, { requestInnerAddress: true });
  const client = await connected(simulation, { requestInnerAddress: true });
  const comesBack = async (localSelectors?: InitiatorOptions["localSelectors"]) => {
    const { ticket } = simulation.clients.at(-1)!;
    const options = { identity: ticket.initiatorId, requestInnerAddress: true, ...(localSelectors && { localSelectors }) };
    const again = await connected(simulation, options, ticket);
    assert.deepEqual(resumptions(again), [true]);
    return addressesOf(again).map(({ address }) => address);
  };
  assert.deepEqual(addressesOf(client).map(({ address }) => address), ["10.0.0.2"]);
  // The earlier IKE SA still stands: its address is a wish, whatever TSi says.
  assert.deepEqual(await comesBack(), ["10.0.0.2"]);
  assert.deepEqual(await comesBack(parseSelectors("10.0.0.2")), ["10.0.0.2"]);
  simulation.restartGateway();
  assert.deepEqual(await comesBack(parseSelectors("10.0.0.2")), ["10.0.0.2"]);
  simulation.restartGateway();
  assert.deepEqual(await comesBack(parseSelectors("10.0.0.2, 10.0.0.2")), ["10.0.0.2"]);
  // Several addresses are no wish.
  simulation.restartGateway();
  assert.deepEqual(await comesBack(parseSelectors("10.0.0.1-10.0.0.2")), ["10.0.0.1"]);
});

test("[C-4.2] without a free address INTERNAL_ADDRESS_FAILURE leaves the IKE SA up, with its ticket, and an address that comes back is given again", async () => {
  const simulation = await withPool();
  const clients: SimulatedClient[] = [];
  for (let count = 0; count < 5; count++) clients.push(await connected(simulation, { requestInnerAddress: true }));
  const left = clients[4];
  assert.deepEqual(
    effectsOf(left.effects, "child-sa-failed").map(({ notifyType }) => notifyType),
    [NotifyType.INTERNAL_ADDRESS_FAILURE],
  );
  assert.equal(left.initiator.waitsFor, "requests");
  assert.ok(left.ticket);
  assert.equal(simulation.gateway.establishedCount, 5);

  await simulation.act(clients[2], clients[2].initiator.close(simulation.now));
  await simulation.run();
  const next = await connected(simulation, { requestInnerAddress: true });
  assert.deepEqual(addressesOf(next).map(({ address }) => address), ["10.0.0.3"]);
});

test("[C-4.2] a client that asks for no address, where one is needed, gets FAILED_CP_REQUIRED and keeps its IKE SA", async () => {
  const simulation = await withPool();
  const client = await connected(simulation, {});
  assert.deepEqual(
    effectsOf(client.effects, "child-sa-failed").map(({ notifyType }) => notifyType),
    [NotifyType.FAILED_CP_REQUIRED],
  );
  assert.equal(client.initiator.waitsFor, "requests");
});

test("[C-4.13] an address that is another's cannot be claimed by selectors", async () => {
  const simulation = await withPool();
  const holder = await connected(simulation, { requestInnerAddress: "10.0.0.4" });
  assert.deepEqual(addressesOf(holder).map(({ address }) => address), ["10.0.0.4"]);
  const client = await connected(simulation, {
    requestInnerAddress: true,
    localSelectors: parseSelectors("10.0.0.4"),
  });
  assert.deepEqual(
    effectsOf(client.effects, "child-sa-failed").map(({ notifyType }) => notifyType),
    [NotifyType.TS_UNACCEPTABLE],
  );
  // What was assigned meanwhile is free again.
  const other = await connected(simulation, { requestInnerAddress: "10.0.0.1" });
  assert.deepEqual(addressesOf(other).map(({ address }) => address), ["10.0.0.1"]);
});

test("only what was asked for is answered, one address at most, and what is not known is passed over", async () => {
  const cases: readonly { readonly asked: readonly ConfigurationAttribute[]; readonly answer: readonly number[] }[] = [
    { asked: [attribute(INTERNAL_IP4_ADDRESS)], answer: [1] },
    { asked: [attribute(INTERNAL_IP4_ADDRESS), attribute(INTERNAL_IP4_ADDRESS)], answer: [1] },
    { asked: [attribute(INTERNAL_IP4_ADDRESS), attribute(INTERNAL_IP4_NETMASK)], answer: [1, 2] },
    {
      asked: [attribute(APPLICATION_VERSION), attribute(INTERNAL_IP4_DNS), attribute(INTERNAL_IP4_ADDRESS)],
      answer: [1, 3, 3],
    },
    { asked: [attribute(INTERNAL_IP4_ADDRESS, new Uint8Array(5)), attribute(30_000)], answer: [1] },
  ];
  for (const { asked, answer: expected } of cases) {
    const { answer } = await answerTo({ type: "CP", configurationType: ConfigurationType.CFG_REQUEST, attributes: asked });
    const reply = findPayload(answer, "CP");
    assert.equal(reply?.configurationType, ConfigurationType.CFG_REPLY);
    assert.deepEqual(reply?.attributes.map(({ attributeType }) => attributeType), expected);
    assert.deepEqual(reply?.attributes[0].value.length, 4);
  }
});

test("CP that is no request, or asks for no address, gets none", async () => {
  const none = [
    { configurationType: ConfigurationType.CFG_SET, attributes: [attribute(INTERNAL_IP4_ADDRESS)] },
    { configurationType: ConfigurationType.CFG_REPLY, attributes: [attribute(INTERNAL_IP4_ADDRESS)] },
    { configurationType: ConfigurationType.CFG_REQUEST, attributes: [attribute(INTERNAL_IP4_DNS)] },
    { configurationType: ConfigurationType.CFG_REQUEST, attributes: [] },
  ];
  for (const one of none) {
    const { answer } = await answerTo({ type: "CP", ...one });
    assert.equal(findPayload(answer, "CP"), undefined);
    assert.deepEqual(notifyTypes(answer), [NotifyType.FAILED_CP_REQUIRED]);
  }
});

test("a gateway without inner addresses passes CP over, and the client is up without one", async () => {
  const simulation = new Simulation({ provider: await loadProvider("ts") });
  const client = await connected(simulation, { requestInnerAddress: true });
  assert.deepEqual(addressesOf(client), []);
  assert.ok(client.childSa);
});

test("an inner address goes along when its IKE SA is rekeyed by either end, and with the resumption after it", async () => {
  const simulation = await withPool();
  const client = await connected(simulation, { requestInnerAddress: true });
  await simulation.act(client, client.initiator.rekey(simulation.now));
  await simulation.run();
  const rekeyed = effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").at(-1)!;
  await simulation.actOnGateway(simulation.gateway.rekey(rekeyed.newSpis, simulation.now));
  await simulation.run();
  assert.equal(effectsOf(simulation.gatewayEffects, "ike-sa-rekeyed").length, 2);
  const other = await connected(simulation, { requestInnerAddress: "10.0.0.1" });
  assert.deepEqual(addressesOf(other).map(({ address }) => address), ["10.0.0.2"]);

  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  const again = await resumed(simulation, client, "10.0.0.1");
  assert.deepEqual(addressesOf(again).map(({ address }) => address), ["10.0.0.1"]);
});

test("configurations that make no sense are refused with the reason", () => {
  const gateway = {
    identity: fqdn("gateway.example"),
    presharedKeyOf: () => PRESHARED_KEY,
    ticketKeys: TicketKeyRing.generate((length) => new Uint8Array(length).fill(7), 0),
  };
  const ranges = parseSelectors("10.0.0.0/30");
  assert.throws(() => responderConfiguration({ ...gateway, innerAddresses: { ranges: [] } }), /no range/);
  assert.throws(
    () => responderConfiguration({ ...gateway, innerAddresses: { ranges, netmask: "::1" } }),
    /"::1" is not an IPv4 netmask/,
  );
  assert.throws(() => responderConfiguration({ ...gateway, innerAddresses: { ranges, dns: ["dns"] } }), /"dns"/);
  const withRanges = (change: Partial<InnerAddressPolicy>) => () =>
    responderConfiguration({ ...gateway, innerAddresses: { ranges, ...change } });
  assert.throws(withRanges({ ipv6PrefixLength: 64 }), /64 is of no range/);
  assert.throws(
    withRanges({ ranges: parseSelectors("fd00::/64"), ipv6PrefixLength: 129 }),
    /prefix length is 129, expected 0 to 128/,
  );
  assert.throws(withRanges({ domains: ["example.com"] }), /domains without a name server/);
  assert.throws(withRanges({ dns: ["10.0.0.53"], domains: ["exam ple"] }), /"exam ple" is not a domain in ASCII/);
  assert.throws(withRanges({ subnets: parseSelectors("10.0.0.1-10.0.0.2") }), /a subnet is no whole network/);
  const client = { identity: fqdn("client.example"), presharedKey: PRESHARED_KEY };
  assert.throws(() => initiatorConfiguration({ ...client, requestInnerAddress: "::1" }), /a family that localSelectors are of/);
  assert.throws(
    () => initiatorConfiguration({ ...client, requestInnerAddress: ["10.0.0.1", "10.0.0.2"] }),
    /one of each family/,
  );
  assert.throws(() => initiatorConfiguration({ ...client, requestInnerAddress: "ten" }), /"ten"/);
});

async function withPool(
  change: Partial<InnerAddressPolicy> = {},
  provider: "ts" | "node" | "wasm" = "ts",
): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider(provider), gateway: { innerAddresses: { ...POLICY, ...change } } });
}

async function connected(
  simulation: Simulation,
  options: Partial<InitiatorOptions>,
  ticket?: ClientTicket,
): Promise<SimulatedClient> {
  const client = simulation.addClient(options, ticket);
  await simulation.start(client);
  await simulation.run();
  return client;
}

async function resumed(
  simulation: Simulation,
  client: SimulatedClient,
  requestInnerAddress: boolean | string,
): Promise<SimulatedClient> {
  const again = await connected(simulation, { identity: client.ticket.initiatorId, requestInnerAddress }, client.ticket);
  assert.deepEqual(resumptions(again), [true]);
  return again;
}

function addressesOf(client: SimulatedClient) {
  return effectsOf(client.effects, "inner-address-assigned").map(({ type: _, spis: __, ...inner }) => inner);
}

function attribute(attributeType: number, value: Uint8Array = NOTHING): ConfigurationAttribute {
  return { attributeType, value };
}

/** What a gateway with addresses answers to a handmade client's CP. */
async function answerTo(payload: Payload) {
  const handmade = new HandmadeClient(await withPool());
  return await handmade.auth(await handmade.init(), { add: [payload] });
}
