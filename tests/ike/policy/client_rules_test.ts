import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSelectors } from "../../../src/configuration/mod.ts";
import { notify } from "../../../src/ike/message/notify.ts";
import { AddressPool } from "../../../src/ike/policy/address_pool.ts";
import type { ClientRules } from "../../../src/ike/policy/client_rules.ts";
import { responderConfiguration, type ResponderOptions } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { loadProvider, type ProviderChoice } from "../../../src/providers/mod.ts";
import type { Identity } from "../../../src/ticket/identity.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { NotifyType } from "../../../src/wire/constants.ts";
import type { Payload } from "../../../src/wire/payload.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { HandmadeClient } from "../../simulation/handmade_client.ts";
import { notifyTypes } from "../../simulation/messages.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { effectsOf, fqdn, PRESHARED_KEY, Simulation, START_EPOCH_SECONDS } from "../../simulation/simulation.ts";

const ALICE = fqdn("alice.example");
const BOB = fqdn("bob.example");
const ASK = notify(NotifyType.TICKET_REQUEST);
const INITIAL_CONTACT = notify(NotifyType.INITIAL_CONTACT);

/** What holds for Alice, and for nobody else. */
async function scene(
  rules: () => ClientRules | undefined,
  gateway: Partial<ResponderOptions> = {},
  provider: ProviderChoice = "ts",
): Promise<Simulation> {
  const rulesOf = ({ identification }: Identity) => {
    return new TextDecoder().decode(identification).startsWith("alice") ? rules() : undefined;
  };
  return new Simulation({ provider: await loadProvider(provider), gateway: { livenessSeconds: 0, rulesOf, ...gateway } });
}

interface Came {
  readonly effects: readonly Effect[];
  readonly answer: readonly Payload[];
}

/** A full exchange of a client that answers nothing later. */
async function comes(handmade: HandmadeClient, initiatorId: Identity, ...add: Payload[]): Promise<Came> {
  const exchange = await handmade.init();
  const { effects, replies: [reply] } = await handmade.deliver(await handmade.authRequest(exchange, { initiatorId }, { add }));
  return { effects, answer: await handmade.open(exchange, reply) };
}

const isUp = ({ effects }: Came) => effectsOf(effects, "ike-sa-up").length === 1;
const downs = (effects: readonly Effect[]) => effectsOf(effects, "ike-sa-down").map(({ reason }) => reason);
const addressOf = ({ effects }: Came) => effectsOf(effects, "inner-address-assigned").map(({ address }) => address)[0];

function wants(address: readonly number[] = []): Payload {
  return { type: "CP", configurationType: 1, attributes: [{ attributeType: 1, value: Uint8Array.from(address) }] };
}

test("of two devices that stay a third is refused, whatever it says, and comes in once one of them gives no sign of life", async () => {
  const simulation = await scene(() => ({ uniqueIdentities: { keep: 2 } }));
  const device = simulation.addClient({ identity: ALICE });
  await simulation.start(device);
  await simulation.run();
  const [crashed, third] = ["203.0.113.77", "203.0.113.78"].map((address) => new HandmadeClient(simulation, address));
  assert.ok(isUp(await comes(crashed, ALICE)));
  for (const add of [[], [INITIAL_CONTACT]]) {
    const refused = await comes(third, ALICE, ...add);
    assert.deepEqual(notifyTypes(refused.answer), [NotifyType.AUTHENTICATION_FAILED]);
    assert.deepEqual(downs(refused.effects), ["identity-in-use"]);
  }
  for (let count = 0; count < 3; count++) assert.ok(isUp(await comes(third, BOB)), "others are not concerned");
  await simulation.run(60_000);
  assert.deepEqual(downs(device.effects), [], "the one that is alive stays");
  assert.ok(isUp(await comes(third, ALICE)));
});

test("beside two devices that stay one that is reached where one of them is comes in at once, and no further one", async () => {
  const simulation = await scene(() => ({ uniqueIdentities: { keep: 2 } }));
  const [crashed, other] = ["203.0.113.77", "203.0.113.78"].map((address) => new HandmadeClient(simulation, address));
  await comes(crashed, ALICE);
  await comes(other, ALICE);
  assert.ok(isUp(await comes(crashed, ALICE)));
  assert.ok(!isUp(await comes(crashed, ALICE)));
});

test("a client of two devices that stay comes back with its ticket, and takes nobody's place", async () => {
  const simulation = await scene(() => ({ uniqueIdentities: { keep: 2 } }));
  const devices = [simulation.addClient({ identity: ALICE }), simulation.addClient({ identity: ALICE })];
  await simulation.start(...devices);
  await simulation.run();
  const again = simulation.addClient({ identity: ALICE }, copyOf(devices[0].ticket));
  await simulation.start(again);
  await simulation.run();
  assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
  assert.deepEqual(downs(devices[1].effects), []);
  assert.equal(simulation.gateway.establishedCount, 2);
});

test("an identity has as many devices as its own rule says, where another rule holds for all", async () => {
  const simulation = await scene(() => ({ uniqueIdentities: 1 }), { uniqueIdentities: "keep" });
  const handmade = new HandmadeClient(simulation);
  await comes(handmade, ALICE);
  const second = await comes(new HandmadeClient(simulation, "203.0.113.77"), ALICE);
  assert.deepEqual([isUp(second), downs(second.effects)], [true, ["replaced-by-newcomer"]]);
  await comes(handmade, BOB);
  assert.ok(!isUp(await comes(new HandmadeClient(simulation, "203.0.113.77"), BOB)));
});

test("a client whose rule says so is given no ticket, when it comes up and when it asks later, and others are", async () => {
  const simulation = await scene(() => ({ issueTickets: false }));
  const handmade = new HandmadeClient(simulation);
  assert.deepEqual(notifyTypes((await comes(handmade, ALICE, ASK)).answer), [NotifyType.TICKET_NACK]);
  assert.equal(effectsOf((await comes(handmade, BOB, ASK)).effects, "ticket-issued").length, 1);
  const client = simulation.addClient({ identity: ALICE });
  await simulation.start(client);
  await simulation.run();
  await simulation.act(client, client.initiator.requestTicket(simulation.now));
  await simulation.run();
  assert.equal(effectsOf(client.effects, "ticket-received").length, 0);
  assert.equal(effectsOf(simulation.gatewayEffects, "ticket-issued").length, 0);
});

for (const provider of ["ts", "wasm"] as const) {
  test(`a client whose rule has come to say so comes back with its ticket and is given no other, with ${provider}`, async () => {
    let rules: ClientRules = {};
    const simulation = await scene(() => rules, {}, provider);
    const client = simulation.addClient({ identity: ALICE });
    await simulation.start(client);
    await simulation.run();
    rules = { issueTickets: false };
    const again = simulation.addClient({ identity: ALICE }, copyOf(client.ticket));
    await simulation.start(again);
    await simulation.run();
    assert.deepEqual(effectsOf(again.effects, "ike-sa-up").map(({ resumed }) => resumed), [true]);
    assert.equal(effectsOf(again.effects, "ticket-received").length, 0);
  });
}

test("a fixed address is its client's, which need not name it, and is never another's, not even by wish", async () => {
  const innerAddresses = {
    ranges: parseSelectors("10.9.0.1-10.9.0.3"),
    isReserved: (address: Uint8Array) => address.join(".") === "10.9.0.1",
  };
  const simulation = await scene(() => ({ uniqueIdentities: "replace", innerAddress: { addresses: ["10.9.0.1"] } }), {
    innerAddresses,
  });
  const handmade = new HandmadeClient(simulation);
  assert.equal(addressOf(await comes(handmade, BOB, wants([10, 9, 0, 1]))), "10.9.0.2");
  assert.equal(addressOf(await comes(handmade, ALICE, wants([10, 9, 0, 3]))), "10.9.0.1");
  assert.equal(addressOf(await comes(new HandmadeClient(simulation, "203.0.113.77"), ALICE, wants())), "10.9.0.1");
  assert.equal(addressOf(await comes(handmade, fqdn("carol.example"), wants())), "10.9.0.3");
  assert.equal(addressOf(await comes(handmade, fqdn("dave.example"), wants())), undefined);
});

test("a client of a pool has an address of that pool alone, and nobody else has one of it; none is had of a pool that is not there", async () => {
  let pool = "staff";
  const innerAddresses = {
    ranges: parseSelectors("10.9.0.1-10.9.0.9"),
    pools: { guests: parseSelectors("10.8.0.1-10.8.0.9"), staff: parseSelectors("10.7.0.1-10.7.0.2") },
  };
  const simulation = await scene(() => ({ innerAddress: { pool } }), { innerAddresses });
  const handmade = new HandmadeClient(simulation);
  assert.equal(addressOf(await comes(handmade, BOB, wants([10, 7, 0, 1]))), "10.9.0.1");
  assert.equal(addressOf(await comes(handmade, ALICE, wants([10, 9, 0, 3]))), "10.7.0.1");
  assert.equal(addressOf(await comes(handmade, ALICE, wants())), "10.7.0.2");
  const third = await comes(handmade, ALICE, wants());
  assert.deepEqual(notifyTypes(third.answer), [NotifyType.INTERNAL_ADDRESS_FAILURE]);
  pool = "nowhere";
  assert.deepEqual(notifyTypes((await comes(handmade, ALICE, wants())).answer), [NotifyType.INTERNAL_ADDRESS_FAILURE]);
});

test("a client whose rules cannot be had, or are none, does not come in, and others do", async () => {
  const answers: readonly (() => unknown)[] = [
    () => {
      throw new Error("no database");
    },
    () => Promise.resolve({}),
    () => 5,
    () => ({ uniqueIdentities: 0 }),
    () => ({ innerAddress: { addresses: ["nowhere"] } }),
  ];
  for (const answer of answers) {
    const simulation = await scene(answer as () => ClientRules);
    const handmade = new HandmadeClient(simulation);
    assert.ok(!isUp(await comes(handmade, ALICE)), String(answer));
    assert.ok(isUp(await comes(handmade, BOB)));
  }
});

test("addresses come back to the section that they are of, and a wish is granted within it alone", () => {
  const sections = new Map([["b", parseSelectors("10.0.1.1-10.0.1.2")]]);
  const pool = new AddressPool(parseSelectors("10.0.0.1-10.0.0.2"), undefined, undefined, { sections });
  const given = (owner: bigint, section?: string, wish?: string) =>
    pool.assign(owner, [wish ? Uint8Array.from(wish.split("."), Number) : undefined], undefined, { section })?.join(".");
  assert.deepEqual([given(1n), given(2n), given(3n)], ["10.0.0.1", "10.0.0.2", undefined]);
  assert.deepEqual([given(4n, "b", "10.0.1.2"), given(5n, "b", "10.0.0.1"), given(6n, "b")], [
    "10.0.1.2",
    "10.0.1.1",
    undefined,
  ]);
  pool.release(4n);
  assert.equal(given(3n), undefined);
  assert.equal(given(6n, "b"), "10.0.1.2");
  pool.release(1n);
  assert.equal(given(7n, "b"), undefined);
  assert.equal(given(3n), "10.0.0.1");
});

test("rules and pools that are out of range are refused with what would be right", () => {
  const ticketKeys = TicketKeyRing.generate(new SeededRandom(1).octets, START_EPOCH_SECONDS);
  const required = { identity: fqdn("gateway.example"), presharedKeyOf: () => PRESHARED_KEY, ticketKeys };
  const ranges = parseSelectors("10.0.0.1-10.0.0.9");
  for (
    const [options, message] of [
      [{ uniqueIdentities: { keep: 65 } }, /uniqueIdentities\.keep is 65, expected a whole number from 1 to 64/],
      [{ innerAddresses: { ranges, pools: { a: ranges } } }, /two ranges overlap/],
      [{ innerAddresses: { ranges: [], pools: {} } }, /no range, expected at least one/],
    ] as const
  ) assert.throws(() => responderConfiguration({ ...required, ...options }), message);
});
