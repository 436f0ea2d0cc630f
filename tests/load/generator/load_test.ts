import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parseIdentity } from "../../../src/configuration/mod.ts";
import { systemRandom } from "../../../src/crypto/system_random.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import { initiatorConfiguration } from "../../../src/ike/initiator.ts";
import { redirect } from "../../../src/ike/message/redirect_notifies.ts";
import { responderConfiguration, type ResponderOptions } from "../../../src/ike/responder.ts";
import type { Effect } from "../../../src/ike/states/effect.ts";
import { checkDescriptors } from "../../../src/load/generator/descriptors.ts";
import { load, type LoadOptions } from "../../../src/load/generator/load.ts";
import { parseMix } from "../../../src/load/generator/mix.ts";
import { seededRandom } from "../../../src/load/seeded_random.ts";
import type { LoadReport } from "../../../src/load/generator/load_report.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { TicketKeyRing } from "../../../src/ticket/ticket_key_ring.ts";
import { decodeMessage, encodeMessage, type Message } from "../../../src/wire/message.ts";

const presharedKey = new TextEncoder().encode("a secret that all clients know");
const provider = await loadProvider("ts");
const keyExchange = await loadKeyExchange();
const ticketKeys = TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1_000), { ticketLifetimeSeconds: 3_600 });
const opened: { close(): Promise<void> }[] = [];
after(() => Promise.all(opened.map((each) => each.close())));

/** What a gateway saw, beside what the load says of it: nobody's word is taken for it. */
interface Target {
  readonly gateway: Gateway;
  readonly counts: Map<string, number>;
  /** Told of each IKE SA that comes up. */
  onUp?: (up: Extract<Effect, { type: "ike-sa-up" }>) => void;
}

async function target(options: Partial<ResponderOptions> = {}, port = 0, natPort = 0): Promise<Target> {
  const counts = new Map<string, number>();
  const note = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const gateway = await Gateway.listen({
    configuration: responderConfiguration({
      identity: parseIdentity("gateway.example"),
      presharedKeyOf: () => presharedKey,
      ticketKeys,
      ...options,
    }),
    addresses: ["127.0.0.1"],
    port,
    natPort,
    transport: "dgram",
    provider,
    onEffect: (effect: Effect) => {
      note(effect.type === "ike-sa-up" ? effect.resumed ? "resumed" : "full" : effect.type);
      if (effect.type === "ike-sa-up") at.onUp?.(effect);
    },
  });
  opened.push(gateway);
  const at: Target = { gateway, counts };
  return at;
}

const RETRANSMISSION = { initialMs: 200, factor: 1.5, maximumMs: 500, attempts: 6, jitter: 0 };

interface Ports {
  readonly port: number;
  readonly natPort: number;
}

function optionsOf({ port, natPort }: Ports, retransmission = RETRANSMISSION): LoadOptions {
  return {
    gateway: { address: "127.0.0.1", port },
    encapsulatedGateway: { address: "127.0.0.1", port: natPort },
    addresses: ["127.0.0.1"],
    sockets: 2,
    clients: 8,
    scenario: "full",
    shape: { model: "open", stages: [{ seconds: 1, from: 20, to: 20 }] },
    holdMs: 100,
    seed: 1,
    loss: 0,
    jitter: 0,
    ticketExpected: true,
    thresholds: [],
    provider,
    keyExchange,
    configurationOf: (client) =>
      initiatorConfiguration({
        identity: parseIdentity(`user-${client}@load.example`),
        presharedKey,
        retransmission,
        keepTicketFresh: false,
        livenessSeconds: 0,
        natKeepaliveSeconds: 0,
      }),
    signal: new AbortController().signal,
  };
}

function run(at: Ports, more: Partial<LoadOptions> = {}): Promise<LoadReport> {
  return load({ ...optionsOf(at), ...more }, { second: () => {}, note: () => {} });
}

function portsOf({ gateway }: Target): Ports {
  return { port: gateway.local[0].port, natPort: gateway.encapsulatedLocal[0].port };
}

test("full: every turn is a full exchange that the gateway counts too, and ends with a Delete", async () => {
  const at = await target();
  const { operations, failed, series } = await run(portsOf(at), { clients: 20 });
  assert.equal(failed, 0);
  assert.deepEqual([operations.full?.succeeded, at.counts.get("full"), at.counts.get("ike-sa-down")], [20, 20, 20]);
  assert.equal(series.reduce((sum, { begun }) => sum + begun, 0), 20);
  assert.equal(series.reduce((sum, { succeeded }) => sum + succeeded, 0), 20);
});

test("resume: each client comes by a full exchange once, and from then on by its tickets", async () => {
  const at = await target();
  const { operations, failed, generator } = await run(portsOf(at), { scenario: "resume", clients: 8 });
  // On a machine that has much to do, some turns find no client free.
  const left = generator.turns_left_out;
  assert.equal(failed, left);
  assert.deepEqual([operations.full?.succeeded, operations.resumption?.succeeded], [8, 12 - left]);
  assert.deepEqual([at.counts.get("full"), at.counts.get("resumed")], [8, 12 - left]);
});

test("flap: a client that is up is not free, and a turn without a free one is left out and counted", async () => {
  const at = await target();
  const { operations, failures, generator } = await run(portsOf(at), { scenario: "flap", clients: 2, holdMs: 10_000 });
  assert.equal(operations.full?.succeeded, 2);
  assert.deepEqual([failures["no-client-free"].count, generator.turns_left_out], [18, 18]);
  assert.match(generator.warnings.join(), /18 turns had no client free/);
});

test("rekey: clients stay up, and the gateway tells of as many rekeyed IKE SAs", async () => {
  const at = await target();
  const { operations, failed, generator } = await run(portsOf(at), { scenario: "rekey" });
  const left = generator.turns_left_out;
  assert.equal(failed, left);
  const rekeyed = 12 - left;
  assert.deepEqual([operations.full?.succeeded, operations.rekey?.succeeded, at.counts.get("ike-sa-rekeyed")], [
    8,
    rekeyed,
    rekeyed,
  ]);
});

test("rekey, roam: a client whose gateway has ended its IKE SA in between comes up anew in its next turn, and none of its turns hangs", async () => {
  for (const scenario of ["rekey", "roam"] as const) {
    const at = await target({ mobike: true });
    at.onUp = ({ spis }) => void at.gateway.deleteSa(spis);
    const { operations, failed, series } = await run(portsOf(at), { ...mobile(portsOf(at)), scenario, clients: 4 });
    const succeeded = Object.values(operations).reduce((sum, one) => sum + one.succeeded, 0);
    assert.equal(succeeded + failed, 20, scenario);
    assert.ok(operations.full!.succeeded > 4, scenario);
    // A ticket ends with its IKE SA.
    assert.equal(operations.resumption, undefined, scenario);
    // Of the last one the end may be under way.
    assert.ok(series.at(-1)!.up < 4, scenario);
  }
});

test("roam: clients go on from other ports, and the gateway meets them there", async () => {
  const at = await target({ mobike: true });
  const { operations, failed, generator } = await run(portsOf(at), { ...mobile(portsOf(at)), scenario: "roam" });
  const left = generator.turns_left_out;
  assert.equal(failed, left);
  const moved = 12 - left;
  assert.deepEqual([operations.full?.succeeded, operations.move?.succeeded], [8, moved]);
  // The gateway asks a client at its new place first: the last are gone before that.
  const met = at.counts.get("peer-moved") ?? 0;
  assert.ok(met > 0 && met <= moved, `${met} of ${moved}`);
});

test("roam: a gateway without MOBIKE is named as such", async () => {
  const at = await target({ mobike: false });
  const { failures } = await run(portsOf(at), { ...mobile(portsOf(at)), scenario: "roam" });
  assert.ok(failures["no-mobike"].count > 0);
});

function mobile(at: Ports): Partial<LoadOptions> {
  const { configurationOf } = optionsOf(at);
  return { configurationOf: (client, random) => ({ ...configurationOf(client, random), mobike: true }) };
}

test("churn: turns are drawn by their weights, the same for the same seed", async () => {
  const counts = async () => {
    const at = await target();
    const shape: LoadOptions["shape"] = { model: "open", stages: [{ seconds: 1, from: 60, to: 60 }] };
    const mix = { full: 1, resume: 3 };
    const { operations, failed } = await run(portsOf(at), { scenario: "churn", clients: 60, shape, mix });
    assert.equal(failed, 0);
    assert.equal(at.counts.get("ike-sa-down") ?? 0, deletes(mix));
    return [operations.full?.succeeded ?? 0, operations.resumption?.succeeded ?? 0];
  };
  const first = await counts();
  assert.equal(first[0] + first[1], 60);
  assert.deepEqual(await counts(), first);
});

/** How many of 60 draws of seed 1 are full exchanges, which alone end with a Delete. */
function deletes(mix: { readonly full: number; readonly resume: number }): number {
  const random = seededRandom(1, "mix");
  const share = mix.full / (mix.full + mix.resume);
  return Array.from({ length: 60 }, () => new DataView(random(4).buffer).getUint32(0) / 2 ** 32)
    .filter((drawn) => drawn < share).length;
}

test("weights of a mix that are none are refused with what is allowed", () => {
  assert.deepEqual(parseMix("resume=6, full=0.5"), { resume: 6, full: 0.5 });
  for (const text of ["", "resume", "resume=0", "resume=1,resume=2", "outage=1", "full=-1"]) {
    assert.throws(() => parseMix(text), /Allowed are full, resume, flap, rekey, roam, each once/, text);
  }
});

test("a client that is to stay up for longer than the load lasts does not keep it from ending, with or without a rate", async () => {
  const at = await target();
  const holdMs = 3_600_000;
  const shape = { model: "closed", seconds: 1 } as const;
  for (const more of [{ shape }, {}]) {
    const { operations, seconds } = await run(portsOf(at), { scenario: "flap", clients: 2, holdMs, ...more });
    assert.equal(operations.full?.succeeded, 2);
    assert.ok(seconds < holdMs / 1_000);
  }
});

test("closed: each client begins again when it is done", async () => {
  const at = await target();
  const { operations } = await run(portsOf(at), { scenario: "resume", clients: 2, shape: { model: "closed", seconds: 1 } });
  assert.equal(operations.full?.succeeded, 2);
  assert.ok(operations.resumption!.succeeded > 4);
  assert.equal(at.counts.get("resumed"), operations.resumption!.succeeded);
});

test("outage: all come back by their tickets to a gateway that went away, with the time since it did", async () => {
  const before = await target();
  const at = portsOf(before);
  let after: Promise<Target> | undefined;
  const notes: string[] = [];
  const report = await load({
    ...patient(at),
    scenario: "outage",
    clients: 20,
    shape: { model: "closed", seconds: 60 },
  }, {
    second: () => {},
    note: (line) => {
      notes.push(line);
      if (/are up/.test(line)) void before.gateway.close();
      if (/is away/.test(line)) after = sleep(500).then(() => target({}, at.port, at.natPort));
    },
  });
  assert.deepEqual([report.operations.full?.succeeded, report.operations.resumption?.succeeded, report.failed], [20, 20, 0]);
  assert.equal((await after!).counts.get("resumed"), 20);
  assert.equal(report.outage?.back, 20);
  assert.ok(report.outage!.away_ms! >= 500 && report.outage!.all_back_ms! >= report.outage!.away_ms!);
  assert.match(notes[0], /20 of 20 clients are up/);
});

test("outage: a gateway that has lost its ticket keys takes clients back by full exchanges, and each refused ticket is counted", async () => {
  const before = await target();
  const at = portsOf(before);
  const fresh = TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1_000), { ticketLifetimeSeconds: 3_600 });
  const report = await load({ ...patient(at), scenario: "outage", clients: 5, shape: { model: "closed", seconds: 60 } }, {
    second: () => {},
    note: (line) => {
      if (/are up/.test(line)) void before.gateway.close();
      if (/is away/.test(line)) void target({ ticketKeys: fresh }, at.port, at.natPort);
    },
  });
  assert.deepEqual([report.failures["ticket-nack"].count, report.operations.full?.succeeded, report.outage?.back], [5, 10, 5]);
});

/** With patience for a gateway that is away. */
function patient(at: Ports): LoadOptions {
  return optionsOf(at, { initialMs: 300, factor: 1.1, maximumMs: 600, attempts: 60, jitter: 0.1 });
}

test("a target that is not there, one that answers garbage, and one that knows another key are told apart, each with an example", async () => {
  const nobody = await run({ port: 9, natPort: 9 }, { clients: 40 });
  assert.deepEqual(Object.keys(nobody.failures), ["no-answer"]);
  assert.deepEqual(nobody.failures["no-answer"], { count: 20, example: "no IKE SA came of it" });
  assert.equal(nobody.operations.full?.latency_ms, null);

  const babbler = createSocket("udp4", (octets, { address, port }) => {
    for (const length of [0, 1, 28, octets.length]) {
      babbler.send(octets.subarray(0, length).map((octet) => octet ^ 0x55), port, address);
    }
    babbler.send(octets, port, address);
  });
  await new Promise<void>((resolve) => babbler.bind(0, "127.0.0.1", resolve));
  const { port } = babbler.address();
  const garbage = await run({ port, natPort: port }, { clients: 40 });
  babbler.close();
  assert.deepEqual(Object.keys(garbage.failures), ["garbage-answer"]);
  assert.match(
    garbage.failures["garbage-answer"].example,
    /^no IKE SA came of it; ([1-9]\d*) datagrams came to its sockets meanwhile, \1 of them no messages of a gateway$/,
  );

  const stranger = await target({ presharedKeyOf: () => new TextEncoder().encode("another secret") });
  const refused = await run(portsOf(stranger), { clients: 40 });
  assert.deepEqual(Object.keys(refused.failures), ["authentication-failed"]);

  const noTickets = await target({ issueTickets: false });
  const without = await run(portsOf(noTickets), { clients: 40, scenario: "resume" });
  assert.deepEqual(without.failures["no-ticket"], { count: 20, example: "the gateway answered nack" });
});

test("a target that sends clients elsewhere, and one whose answers nobody can read, are named as such by clients with and without tickets", async () => {
  const answering = async (answer: (request: Message) => Uint8Array | undefined) => {
    const socket = createSocket("udp4", (octets, { address, port }) => {
      const request = decodeMessage(octets);
      const response = request.ok ? answer(request.value) : undefined;
      if (response) socket.send(response, port, address);
    });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    const { failures } = await run({ port, natPort: port }, { clients: 40 });
    socket.close();
    return failures;
  };
  const responseTo = ({ header }: Message) => ({ ...header, responderSpi: 0n, fromInitiator: false, isResponse: true });
  const nonceIn = ({ payloads }: Message) => payloads.find((payload) => payload.type === "Nonce")!.nonce;
  const elsewhere = await answering((request) => encodeMessage(responseTo(request), [redirect("192.0.2.7", nonceIn(request))]));
  assert.deepEqual(elsewhere, {
    redirected: { count: 20, example: "the gateway sends clients elsewhere, and these do not follow" },
  });
  const empty = await answering((request) => encodeMessage(responseTo(request), []));
  assert.deepEqual(Object.keys(empty), ["garbage-answer"]);
  assert.match(
    empty["garbage-answer"].example,
    /, 0 of them no messages of a gateway; the latest answer was dropped: malformed/,
  );

  // Clients that have tickets: their gateway goes away, and another program takes its place.
  const before = await target();
  const at = portsOf(before);
  let socket: ReturnType<typeof createSocket> | undefined;
  const { failures } = await load({
    ...optionsOf(at, { ...RETRANSMISSION, attempts: 8 }),
    scenario: "outage",
    clients: 5,
    shape: { model: "closed", seconds: 60 },
  }, {
    second: () => {},
    note: (line) => {
      if (/are up/.test(line)) void before.gateway.close();
      if (!/is away/.test(line)) return;
      const other = socket = createSocket("udp4", (octets, { address, port }) => {
        const request = decodeMessage(octets);
        if (request.ok) {
          other.send(encodeMessage(responseTo(request.value), [redirect("192.0.2.7", nonceIn(request.value))]), port, address);
        }
      });
      other.bind(at.port, "127.0.0.1");
    },
  });
  socket?.close();
  assert.equal(failures["redirected"].count, 5);
});

test("a load that its owner ends reports what there is, and counts nobody that it broke off", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 300);
  const report = await run({ port: 9, natPort: 9 }, { signal: stop.signal, shape: { model: "closed", seconds: 600 } });
  assert.equal(report.interrupted, true);
  assert.equal(report.failed, 0);
  assert.ok(report.seconds < 5);
});

test("latency counts from when a client should have begun, not from when it did", async () => {
  const at = await target();
  const { operations } = await run(portsOf(at), {
    scenario: "full",
    clients: 60,
    shape: { model: "open", stages: [{ seconds: 0.05, from: 1_000, to: 1_000 }] },
  });
  const { succeeded, latency_ms: latency } = operations.full!;
  assert.equal(succeeded, 50);
  assert.ok(latency!.max >= latency!.p50 && latency!.p50 >= latency!.min && latency!.p999 <= latency!.max);
});

test("too few file descriptors are told before the start, with what would help", () => {
  checkDescriptors(8);
  assert.throws(() => checkDescriptors(2 ** 40), /sockets need \d+ file descriptors, this process may have \d+: ulimit -n \d+/);
});
