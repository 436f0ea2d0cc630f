import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { Clients, WrongResumption } from "../../bench/pipeline/clients.ts";
import { enrol } from "../../bench/pipeline/enrol.ts";
import { encodeFrame, type Frame } from "../../bench/pipeline/frames.ts";
import { GatewayProcess, GatewayProcessError } from "../../bench/pipeline/gateway_process.ts";
import { type PassOptions, resumeAll } from "../../bench/pipeline/pass.ts";
import { meanProfile, profileOf } from "../../bench/pipeline/profile.ts";
import type { Answer, Command, ServeAnswer } from "../../bench/pipeline/protocol.ts";
import { childSaTexts, ChildSaWriter, packMessages, unpackMessages } from "../../bench/pipeline/records.ts";
import { clientAt, endpointOf } from "../../bench/pipeline/setting.ts";
import { onDeno } from "../../bench/runtimes.ts";
import type { ChildSa } from "../../src/ike/child_sa/child_sa.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";

const PRESHARED_KEY = new Uint8Array(32).fill(7);
const COUNT = 5;
const folder = new TemporaryFolder("ike-resume-bench-pipeline-test-");
after(() => folder.remove());

const clients = await Clients.open(PRESHARED_KEY);
const ticketKeyFile = join(folder.path, "ticket-keys");
const tickets = await enrol(clients, COUNT, PRESHARED_KEY, ticketKeyFile);

/** What a pass takes, with a measured process, and a hand in what the process answers. */
async function withGateway(
  run: (options: PassOptions) => Promise<void>,
  meddle: (header: ServeAnswer, octets: Uint8Array) => Uint8Array = (_, octets) => octets,
): Promise<void> {
  const starter = onDeno(new URL("../../bench/pipeline/gateway.ts", import.meta.url));
  const gateway = await GatewayProcess.start(starter, { provider: "ts", presharedKey: "07".repeat(32), ticketKeyFile });
  const meddling = {
    async tell<Told extends Answer>(command: Command, octets?: Uint8Array): Promise<Frame<Told>> {
      const { header, octets: answered } = await gateway.tell<Told>(command, octets);
      return { header, octets: "before" in header ? meddle(header as ServeAnswer, answered.slice()) : answered };
    },
  };
  try {
    const holders = tickets.map((ticket, client) => ({ client, ticket }));
    await run({ clients, gateway: meddling, holders, burst: 2, marks: [3] });
  } finally {
    await gateway.end();
  }
}

test("clients come back to a measured gateway twice, the second time by the tickets that the first gave them", async () => {
  await withGateway(async (options) => {
    const { cost, marked } = await resumeAll(options);
    assert.ok(options.holders.every(({ client, ticket }) => ticket !== tickets[client]));
    assert.deepEqual([...marked.keys()], [3]);
    assert.ok(cost.processUs > 0 && cost.threadUs > 0 && marked.get(3)!.processUs < cost.processUs);
    await resumeAll(options);
    const { header } = await options.gateway.tell<{ readonly counters: Readonly<Record<string, number>> }>({
      command: "counters",
    });
    const { ike_sas_resumed_total, ike_sas_established, child_sas_up_total, tickets_issued_total } = header.counters;
    const { received_datagrams_total, waves_total, dropped_messages_total } = header.counters;
    assert.deepEqual([ike_sas_resumed_total, ike_sas_established, child_sas_up_total, tickets_issued_total], [10, 5, 10, 10]);
    assert.deepEqual([received_datagrams_total, dropped_messages_total], [20, 0]);
    // 3 and 2 clients under way, two messages at a time, in two exchanges, twice over.
    assert.equal(waves_total, 12);
  });
});

test("a Child SA key at the gateway that is one bit another fails the pass, and names the client", async () => {
  let lastClient = 0;
  await withGateway(async (options) => {
    await assert.rejects(resumeAll(options), (error) => {
      assert.ok(error instanceof WrongResumption);
      assert.equal(error.message, `client ${lastClient}: the keys of its Child SA are not the gateway's`);
      return true;
    });
  }, ({ answersLength }, octets) => {
    if (octets.length > answersLength) octets[octets.length - 1] ^= 1;
    lastClient = unpackMessages(octets.subarray(0, answersLength)).at(-1)!.client;
    return octets;
  });
});

test("an answer that a client cannot take for its gateway's, and one that is missing, fail the pass", async () => {
  const lastOctet = ({ answersLength }: ServeAnswer, octets: Uint8Array): Uint8Array => {
    octets[answersLength - 1] ^= 1;
    return octets;
  };
  await withGateway((options) => assert.rejects(resumeAll(options), WrongResumption), lastOctet);
  const another = ({ answersLength }: ServeAnswer, octets: Uint8Array): Uint8Array => {
    const [first, ...rest] = unpackMessages(octets.subarray(0, answersLength));
    return packMessages([{ ...first, client: 9 }, ...rest]);
  };
  await withGateway((options) => assert.rejects(resumeAll(options), { message: "client 0: it got no answer" }), another);
});

test("a measured process that does not start, or is told what it cannot do, is told of in one line", async () => {
  const starter = onDeno(new URL("../../bench/pipeline/gateway.ts", import.meta.url));
  const wrong = { command: "/no/such/runtime", arguments: [] };
  const setting = { provider: "ts", presharedKey: "07", ticketKeyFile } as const;
  await assert.rejects(GatewayProcess.start(wrong, setting), GatewayProcessError);
  const gateway = await GatewayProcess.start(starter, setting);
  await assert.rejects(gateway.tell({ command: "profiled" }), /^GatewayProcessError: in a measured process: /);
  await gateway.end();
  await assert.rejects(gateway.tell({ command: "counters" }), { message: "a measured process ended before it answered" });
});

test("messages and Child SAs come out of a frame as they went in, a Child SA alike from both ends", () => {
  const messages = [{ client: 70_000, octets: Uint8Array.of(1, 2) }, { client: 0, octets: new Uint8Array(0) }];
  assert.deepEqual(unpackMessages(packMessages(messages)), messages);
  assert.equal(encodeFrame({ header: { a: 1 }, octets: Uint8Array.of(5) }).at(-1), 5);
  assert.deepEqual(endpointOf(70_000), { address: "10.1.17.112", port: 500 });
  assert.equal(clientAt(endpointOf(70_000)), 70_000);

  const forth = { encryptionKey: Uint8Array.of(1, 2, 3), integrityKey: Uint8Array.of(4) };
  const back = { encryptionKey: Uint8Array.of(5, 6, 7), integrityKey: new Uint8Array(0) };
  const spis = { initiatorSpi: 2n ** 63n, responderSpi: 3n };
  const writer = new ChildSaWriter(200);
  const written = (childSa: Pick<ChildSa, "inboundSpi" | "outboundSpi" | "inbound" | "outbound">): Uint8Array => {
    writer.write(spis, childSa as ChildSa);
    return writer.take();
  };
  const initiator = written({ inboundSpi: 300, outboundSpi: 400, inbound: back, outbound: forth });
  const responder = written({ inboundSpi: 400, outboundSpi: 300, inbound: forth, outbound: back });
  const [[name, keys]] = childSaTexts(initiator, "initiator");
  assert.equal(name, "9223372036854775808-3");
  assert.equal(keys, "300 5,6,7 400 1,2,3,4");
  assert.deepEqual([...childSaTexts(responder, "responder")], [[name, keys]]);
  assert.deepEqual(written({ inboundSpi: 1, outboundSpi: 2, inbound: back, outbound: forth }).length, initiator.length);
});

test("a profile puts time to the core, the codec and all else by who called, and leaves out what is none of the gateway's", () => {
  const files: readonly (readonly [name: string, file: string, parent: number])[] = [
    ["(root)", "", -1],
    ["receive", "src/ike/responder.ts", 0],
    ["decodeMessage", "src/wire/message.ts", 1],
    ["seal", "bindings/provider.ts", 1],
    ["wasm-function[3]", "", 3],
    ["write", "src/wire/writer.ts", 3],
    ["now", "", 1],
    ["(garbage collector)", "", 0],
    ["(idle)", "", 0],
    ["readExactly", "bench/pipeline/frames.ts", 0],
    ["send", "bench/pipeline/memory_transport.ts", 0],
  ];
  const nodes = files.map(([functionName, url], id) => ({
    id,
    callFrame: { functionName, url, scriptId: "", lineNumber: 0, columnNumber: 0 },
    children: files.flatMap(([, , parent], child) => parent === id ? [child] : []),
  }));
  // Each stands for 100 µs, the one before the last for a second in which the thread had no core.
  const samples = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 1];
  const timeDeltas = [0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 1_000_000];
  const { parts, rooms, functions } = profileOf({ nodes, samples, timeDeltas }, ({ url }) => url || undefined);
  const hundreds = (share: number): number => Math.round(share * 12);
  assert.deepEqual([parts.core, parts.codec, parts.state].map(hundreds), [3, 1, 8]);
  assert.deepEqual(Object.entries(rooms).map(([room, share]) => [room, hundreds(share)]), [
    ["src/ike", 6],
    ["src/wire", 2],
    ["bindings", 2],
    ["(garbage collector)", 1],
    ["bench/pipeline", 1],
  ]);
  assert.equal(hundreds(functions["receive src/ike/responder.ts"]), 5);
  assert.equal(hundreds(functions["now src/ike/responder.ts"]), 1);

  const one = { samples: 3, parts: { core: 1, codec: 0, state: 0 }, rooms: { bindings: 1 }, functions: { seal: 1 } };
  const other = { samples: 5, parts: { core: 0.5, codec: 0, state: 0.5 }, rooms: { "src/ike": 1 }, functions: { seal: 0.5 } };
  assert.deepEqual(meanProfile([one, other]), {
    samples: 8,
    parts: { core: 0.75, codec: 0, state: 0.25 },
    rooms: { bindings: 0.5, "src/ike": 0.5 },
    functions: { seal: 0.75 },
  });
});
