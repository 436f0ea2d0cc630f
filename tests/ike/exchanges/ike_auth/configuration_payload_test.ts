import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSelector, parseSelectors } from "../../../../src/configuration/mod.ts";
import type { InitiatorOptions } from "../../../../src/ike/initiator.ts";
import { findPayload } from "../../../../src/ike/message/notify.ts";
import type { InnerAddressPolicy } from "../../../../src/ike/policy/inner_address.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ConfigurationAttributeType, ConfigurationType, NotifyType } from "../../../../src/wire/constants.ts";
import type { ConfigurationAttribute, Payload } from "../../../../src/wire/payload.ts";
import { gatewayChildSa } from "../../../simulation/coming_back.ts";
import { HandmadeClient } from "../../../simulation/handmade_client.ts";
import { HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { notifyTypes } from "../../../simulation/messages.ts";
import { effectsOf, type SimulatedClient, Simulation } from "../../../simulation/simulation.ts";
import { testEveryProvider } from "../../every_provider.ts";

const {
  INTERNAL_IP4_ADDRESS,
  INTERNAL_IP4_NETMASK,
  INTERNAL_IP4_DNS,
  INTERNAL_IP4_SUBNET,
  INTERNAL_ADDRESS_EXPIRY,
  INTERNAL_IP6_ADDRESS,
  INTERNAL_IP6_DNS,
  INTERNAL_IP6_SUBNET,
  INTERNAL_DNS_DOMAIN,
} = ConfigurationAttributeType;
/** RFC 4306, section 3.15.1: without a meaning (RFC 4718, section 6.6). */
const INTERNAL_IP6_NBNS = 11;
const NOTHING = new Uint8Array(0);
const BOTH: InnerAddressPolicy = {
  ranges: parseSelectors("10.0.0.1-10.0.0.4, fd00::/64"),
  netmask: "255.255.255.0",
  ipv6PrefixLength: 64,
  dns: ["10.0.0.53", "fd00::53"],
  domains: ["corp.example"],
  subnets: parseSelectors("10.0.0.0/8, fd00::/48"),
};
const ANY_OF_BOTH = parseSelectors("0.0.0.0/0, ::/0");
const DUAL: Partial<InitiatorOptions> = {
  requestInnerAddress: true,
  localSelectors: ANY_OF_BOTH,
  remoteSelectors: ANY_OF_BOTH,
};

testEveryProvider(
  "[C-6.5] a client of both families gets an address of each, and selectors for these two alone",
  async (provider) => {
    const simulation = await withPool({}, provider.name);
    const client = await connected(simulation, DUAL);
    assert.deepEqual(innerOf(client), [{
      address: "10.0.0.1",
      netmask: "255.255.255.0",
      ipv6Address: "fd00::1",
      ipv6PrefixLength: 64,
      dns: ["10.0.0.53", "fd00::53"],
      domains: ["corp.example"],
      subnets: ["10.0.0.0/8", "fd00::/48"],
    }]);
    const selectors = ["10.0.0.1-10.0.0.1", "fd00::1-fd00::1"];
    assert.deepEqual(client.childSa.localSelectors.map(formatSelector), selectors);
    assert.deepEqual(gatewayChildSa(simulation).remoteSelectors.map(formatSelector), selectors);
  },
);

test("[C-6.5] INTERNAL_IP6_ADDRESS has 17 octets, the length of the prefix last, and IPv6 name servers have 16", async () => {
  const asked = [attribute(INTERNAL_IP6_ADDRESS), attribute(INTERNAL_IP6_DNS)];
  const { answer } = await answerTo(asked, { subnets: [] });
  const address = Uint8Array.of(0xfd, ...new Array(14).fill(0), 1);
  assert.deepEqual(findPayload(answer, "CP")?.attributes, [
    { attributeType: 8, value: Uint8Array.of(...address, 64) },
    { attributeType: 10, value: Uint8Array.of(0xfd, ...new Array(13).fill(0), 0, 0x53) },
  ]);
});

test("[C-6.5] a wish for an IPv6 address is granted, else its interface identifier in the gateway's network, else another", async () => {
  const simulation = await withPool();
  const wishing = async (wish: string) =>
    innerOf(await connected(simulation, { ...DUAL, requestInnerAddress: wish }))[0].ipv6Address;
  assert.equal(await wishing("fd00::77"), "fd00::77");
  assert.equal(await wishing("2001:db8::78"), "fd00::78");
  assert.equal(await wishing("2001:db8::77"), "fd00::1");
  assert.equal(await wishing("2001:db8::"), "fd00::2", "the identifier of no interface");
});

test("[C-6.5] a client that resumes gets both earlier addresses, also while its old IKE SA still stands", async () => {
  const simulation = await withPool();
  await connected(simulation, DUAL);
  const client = await connected(simulation, DUAL);
  const again = simulation.addClient({ ...DUAL, identity: client.ticket.initiatorId }, client.ticket);
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(innerOf(again).map(({ address, ipv6Address }) => [address, ipv6Address]), [["10.0.0.2", "fd00::2"]]);
});

test("[C-6.5] an IPv6 network's own address, which any router has, is not given", async () => {
  const simulation = await withPool({ ranges: parseSelectors("fd00::/126"), netmask: undefined, ipv6PrefixLength: undefined });
  const client = await connected(simulation, { ...DUAL, requestInnerAddress: ["fd00::"] });
  assert.deepEqual(innerOf(client).map(({ ipv6Address }) => ipv6Address), ["fd00::1"]);
});

test("[C-6.1] an address in TSi of an answer is not assigned: only CP assigns one", async () => {
  const { client, gateway, answered } = await beforeHandmadeGateway({ requestInnerAddress: true });
  const [selector] = parseSelectors("10.0.0.9");
  const answer = { replace: [{ type: "TSi", selectors: [selector] }] } as const;
  await gateway.deliver(await gateway.authAnswer(answered, answer));
  assert.deepEqual(client.childSa.localSelectors.map(formatSelector), ["10.0.0.9-10.0.0.9"]);
  assert.deepEqual(innerOf(client), []);
});

test("[C-6.2] a client that wants any address asks by an attribute of no length", async () => {
  const { gateway, answered } = await beforeHandmadeGateway(DUAL);
  const request = findPayload(await gateway.open(answered, gateway.received), "CP");
  assert.equal(request?.configurationType, ConfigurationType.CFG_REQUEST);
  assert.deepEqual(request?.attributes.map(({ attributeType, value }) => [attributeType, value.length]), [
    [INTERNAL_IP4_ADDRESS, 0],
    [INTERNAL_IP4_NETMASK, 0],
    [INTERNAL_IP4_DNS, 0],
    [INTERNAL_IP6_ADDRESS, 0],
    [INTERNAL_IP6_DNS, 0],
    [INTERNAL_DNS_DOMAIN, 0],
  ]);
});

test("[C-6.2] no length, zeros and any other suggestion that makes no sense are one to the gateway: it gives what is free", async () => {
  const suggestions = [NOTHING, new Uint8Array(4), Uint8Array.of(255, 255, 255, 255), new Uint8Array(3), new Uint8Array(400)];
  for (const value of suggestions) {
    const { answer } = await answerTo([attribute(INTERNAL_IP4_ADDRESS, value)], { subnets: [] });
    assert.deepEqual(findPayload(answer, "CP")?.attributes, [
      { attributeType: INTERNAL_IP4_ADDRESS, value: Uint8Array.of(10, 0, 0, 1) },
    ]);
  }
  for (const value of [NOTHING, new Uint8Array(17), new Uint8Array(16), new Uint8Array(5)]) {
    const { answer } = await answerTo([attribute(INTERNAL_IP6_ADDRESS, value)], { subnets: [] });
    assert.equal(findPayload(answer, "CP")?.attributes[0].value.length, 17);
  }
});

test("[C-6.3] networks are told unasked, of families that the client has an address of, and are not asked for", async () => {
  const { answer } = await answerTo([attribute(INTERNAL_IP4_ADDRESS)]);
  assert.deepEqual(findPayload(answer, "CP")?.attributes, [
    { attributeType: INTERNAL_IP4_ADDRESS, value: Uint8Array.of(10, 0, 0, 1) },
    { attributeType: INTERNAL_IP4_SUBNET, value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) },
  ]);
  const { answer: ofIpv6 } = await answerTo([attribute(INTERNAL_IP6_ADDRESS)]);
  const subnet = findPayload(ofIpv6, "CP")?.attributes[1];
  assert.deepEqual(subnet, { attributeType: INTERNAL_IP6_SUBNET, value: Uint8Array.of(0xfd, ...new Array(15).fill(0), 48) });
});

test("[C-6.3] a client takes networks, and passes over netmasks with holes, prefixes too long and attributes of other lengths", async () => {
  const inner = await taken([
    attribute(INTERNAL_IP4_ADDRESS, Uint8Array.of(10, 0, 0, 1)),
    attribute(INTERNAL_IP4_SUBNET, Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0)),
    attribute(INTERNAL_IP4_SUBNET, Uint8Array.of(10, 0, 0, 0, 255, 0, 255, 0)),
    attribute(INTERNAL_IP4_SUBNET, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0)),
    attribute(INTERNAL_IP4_SUBNET, Uint8Array.of(10, 0, 0, 0)),
    attribute(INTERNAL_IP6_SUBNET, Uint8Array.of(...new Array(16).fill(0), 129)),
  ]);
  assert.deepEqual(inner?.subnets, ["10.0.0.0/8", "0.0.0.0/0"]);
});

test("[C-6.4] a netmask comes beside an IPv4 address that it is asked for with, and alone is nothing", async () => {
  const { answer } = await answerTo([attribute(INTERNAL_IP6_ADDRESS), attribute(INTERNAL_IP4_NETMASK)], { subnets: [] });
  assert.deepEqual(findPayload(answer, "CP")?.attributes.map(({ attributeType }) => attributeType), [INTERNAL_IP6_ADDRESS]);
  // A client does without one.
  const inner = await taken([attribute(INTERNAL_IP4_ADDRESS, Uint8Array.of(10, 0, 0, 1))]);
  assert.deepEqual(inner, { address: "10.0.0.1", dns: [] });
  assert.equal(await taken([attribute(INTERNAL_IP4_NETMASK, Uint8Array.of(255, 0, 0, 0))]), undefined);
});

test("[C-6.6] INTERNAL_IP6_NBNS is neither asked for, nor answered, nor taken", async () => {
  const { answer } = await answerTo([attribute(INTERNAL_IP6_NBNS), attribute(INTERNAL_IP6_ADDRESS)], { subnets: [] });
  assert.deepEqual(findPayload(answer, "CP")?.attributes.map(({ attributeType }) => attributeType), [INTERNAL_IP6_ADDRESS]);
  const address = attribute(INTERNAL_IP4_ADDRESS, Uint8Array.of(10, 0, 0, 1));
  assert.deepEqual(await taken([attribute(INTERNAL_IP6_NBNS, new Uint8Array(16)), address]), { address: "10.0.0.1", dns: [] });
});

test("[C-6.7] a gateway sends no INTERNAL_ADDRESS_EXPIRY, also where it is asked for", async () => {
  const { answer } = await answerTo([attribute(INTERNAL_IP4_ADDRESS), attribute(INTERNAL_ADDRESS_EXPIRY)]);
  const types = findPayload(answer, "CP")?.attributes.map(({ attributeType }) => attributeType);
  assert.deepEqual(types, [INTERNAL_IP4_ADDRESS, INTERNAL_IP4_SUBNET]);
});

test("[C-6.7] an address that expires is to be had anew before, and its IKE SA ends with it", async () => {
  const { client, gateway, answered, simulation } = await beforeHandmadeGateway({ requestInnerAddress: true });
  const address = attribute(INTERNAL_IP4_ADDRESS, Uint8Array.of(10, 0, 0, 1));
  const expiry = attribute(INTERNAL_ADDRESS_EXPIRY, Uint8Array.of(0, 0, 0, 100));
  await gateway.deliver(await gateway.authAnswer(answered, { add: [reply([address, expiry])] }));
  assert.deepEqual(innerOf(client), [{ address: "10.0.0.1", dns: [], expirySeconds: 100 }]);
  const upAtMs = simulation.now.monotonicMs;
  await simulation.run(upAtMs + 99_999);
  const due = client.happenings.filter(({ effect }) => effect.type === "reauthentication-due");
  assert.equal(due.length, 1);
  assert.ok(due[0].atMs >= upAtMs + 80_000 && due[0].atMs <= upAtMs + 90_001);
  assert.equal(client.initiator.waitsFor, "requests");
  await simulation.run(upAtMs + 100_001);
  const [deletion] = findAll(await gateway.open(answered, gateway.received), "D");
  assert.equal(deletion.protocolId, 1);
});

test("[C-6.8] of two addresses that are asked for one suffices: one family alone, or the pool of the other used up", async () => {
  const ipv4 = await withPool({ ranges: parseSelectors("10.0.0.1"), ipv6PrefixLength: undefined, subnets: [] });
  assert.deepEqual(innerOf(await connected(ipv4, DUAL)).map(({ address, ipv6Address }) => [address, ipv6Address]), [
    ["10.0.0.1", undefined],
  ]);
  const both = await withPool({ ranges: parseSelectors("10.0.0.1, fd00::/64") });
  await connected(both, DUAL);
  const left = await connected(both, DUAL);
  assert.deepEqual(innerOf(left).map(({ address, ipv6Address }) => [address, ipv6Address]), [[undefined, "fd00::2"]]);
  assert.deepEqual(left.childSa.localSelectors.map(formatSelector), ["fd00::2-fd00::2"]);
});

test("[C-6.8] INTERNAL_ADDRESS_FAILURE where no address can be had at all, of a family that there is none of as well", async () => {
  const { answer } = await answerTo([attribute(INTERNAL_IP6_ADDRESS)], {
    ranges: parseSelectors("10.0.0.1"),
    ipv6PrefixLength: undefined,
  });
  assert.deepEqual(notifyTypes(answer), [NotifyType.INTERNAL_ADDRESS_FAILURE]);
  const optional = { ranges: parseSelectors("10.0.0.1"), ipv6PrefixLength: undefined, optional: true };
  const passedOver = await answerTo([attribute(INTERNAL_IP6_ADDRESS)], optional);
  assert.deepEqual(notifyTypes(passedOver.answer), []);
  assert.ok(findPayload(passedOver.answer, "SA"));
});

test("[C-6.8] a client that needs an address refuses an answer without CFG_REPLY, or with other addresses than it asked for", async () => {
  const answers: readonly Payload[][] = [
    [],
    [reply([attribute(INTERNAL_IP6_ADDRESS, new Uint8Array(17))])],
    [reply([attribute(INTERNAL_IP4_ADDRESS, new Uint8Array(3))])],
    [{
      type: "CP",
      configurationType: ConfigurationType.CFG_SET,
      attributes: [attribute(INTERNAL_IP4_ADDRESS, new Uint8Array(4))],
    }],
  ];
  for (const add of answers) {
    const wants = { requestInnerAddress: true, innerAddressRequired: true };
    const { client, gateway, answered } = await beforeHandmadeGateway(wants);
    await gateway.deliver(await gateway.authAnswer(answered, { add }));
    assert.deepEqual(effectsOf(client.effects, "child-sa-failed").map(({ notifyType }) => notifyType), [
      NotifyType.INTERNAL_ADDRESS_FAILURE,
    ]);
    assert.equal(effectsOf(client.effects, "child-sa-up").length, 0);
  }
});

test("domains mean nothing without a name server, and only names are taken", async () => {
  const address = attribute(INTERNAL_IP4_ADDRESS, Uint8Array.of(10, 0, 0, 1));
  const domain = attribute(INTERNAL_DNS_DOMAIN, new TextEncoder().encode("corp.example"));
  assert.deepEqual(await taken([address, domain]), { address: "10.0.0.1", dns: [] });
  const server = attribute(INTERNAL_IP4_DNS, Uint8Array.of(10, 0, 0, 53));
  const odd = [NOTHING, new Uint8Array(254).fill(0x61), Uint8Array.of(0x61, 0x0a), Uint8Array.of(0xc3, 0xa4)];
  assert.deepEqual(await taken([address, server, domain, ...odd.map((value) => attribute(INTERNAL_DNS_DOMAIN, value))]), {
    address: "10.0.0.1",
    dns: ["10.0.0.53"],
    domains: ["corp.example"],
  });
  const { answer } = await answerTo([attribute(INTERNAL_IP4_ADDRESS), attribute(INTERNAL_DNS_DOMAIN)], { subnets: [] });
  assert.deepEqual(findPayload(answer, "CP")?.attributes.map(({ attributeType }) => attributeType), [INTERNAL_IP4_ADDRESS]);
});

test("whatever attributes a CP payload has, either end stays up, and what it makes of them is an address or none", async () => {
  const one = fc.record({
    attributeType: fc.oneof(fc.constantFrom(1, 2, 3, 5, 8, 10, 13, 15, 25), fc.integer({ min: 0, max: 32_767 })),
    value: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(4, 8, 16, 17).map((length) => new Uint8Array(length).fill(9)),
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { maxLength: 12 }),
      fc.integer({ min: 0, max: 5 }),
      async (attributes, configurationType) => {
        const handmade = new HandmadeClient(await withPool({ optional: true }));
        const { answer } = await handmade.auth(await handmade.init(), { add: [{ type: "CP", configurationType, attributes }] });
        assert.ok(findPayload(answer, "AUTH"));
        const addresses = findPayload(answer, "CP")?.attributes.filter(({ attributeType }) =>
          attributeType === 1 || attributeType === 8
        );
        assert.ok(addresses === undefined || addresses.length > 0 && addresses.length <= 2);
        const inner = await taken(attributes);
        if (inner) assert.ok(inner.address ?? inner.ipv6Address);
      },
    ),
    { numRuns: 40 },
  );
});

async function withPool(
  change: Partial<InnerAddressPolicy> = {},
  provider: "ts" | "node" | "wasm" = "ts",
): Promise<Simulation> {
  return new Simulation({ provider: await loadProvider(provider), gateway: { innerAddresses: { ...BOTH, ...change } } });
}

async function connected(simulation: Simulation, options: Partial<InitiatorOptions>): Promise<SimulatedClient> {
  const client = simulation.addClient(options);
  await simulation.start(client);
  await simulation.run();
  return client;
}

function innerOf(client: SimulatedClient) {
  return effectsOf(client.effects, "inner-address-assigned").map(({ type: _, spis: __, ...inner }) => inner);
}

function attribute(attributeType: number, value: Uint8Array = NOTHING): ConfigurationAttribute {
  return { attributeType, value };
}

function reply(attributes: readonly ConfigurationAttribute[]): Payload {
  return { type: "CP", configurationType: ConfigurationType.CFG_REPLY, attributes };
}

function findAll<Type extends Payload["type"]>(payloads: readonly Payload[], type: Type) {
  return payloads.filter((payload) => payload.type === type) as Extract<Payload, { type: Type }>[];
}

/** What a gateway with addresses answers to a handmade client of both families. */
async function answerTo(attributes: readonly ConfigurationAttribute[], change: Partial<InnerAddressPolicy> = {}) {
  const handmade = new HandmadeClient(await withPool(change));
  const cp: Payload = { type: "CP", configurationType: ConfigurationType.CFG_REQUEST, attributes };
  const selectors: Payload[] = [{ type: "TSi", selectors: ANY_OF_BOTH }, { type: "TSr", selectors: ANY_OF_BOTH }];
  return await handmade.auth(await handmade.init(), { add: [cp], replace: selectors });
}

/** A client that has sent IKE_AUTH to a handmade gateway. */
async function beforeHandmadeGateway(options: Partial<InitiatorOptions>) {
  const simulation = await withPool();
  const client = simulation.addClient(options);
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  return { simulation, client, gateway, answered: await gateway.answerInit() };
}

/** What a client takes of a CFG_REPLY with these attributes. */
async function taken(attributes: readonly ConfigurationAttribute[]) {
  const { client, gateway, answered } = await beforeHandmadeGateway({ requestInnerAddress: true });
  await gateway.deliver(await gateway.authAnswer(answered, { add: [reply(attributes)] }));
  assert.equal(effectsOf(client.effects, "ike-sa-up").length, 1);
  return innerOf(client)[0];
}
