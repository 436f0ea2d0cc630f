/**
 * The measured process: a whole gateway, and nothing beside it but a loop that hands it datagrams and takes its answers.
 *
 * @module
 */
import process from "node:process";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Instant } from "../../src/ike/steps/instant.ts";
import { loadProvider } from "../../src/providers/mod.ts";
import { memoryStore } from "../../src/store/memory_store.ts";
import { loadOrCreateTicketKeyRing } from "../../src/store/ticket_key_file.ts";
import { systemClock } from "../../src/transport/system_clock.ts";
import { fromHexadecimal } from "../../src/wire/hexadecimal.ts";
import { AllocationSampler } from "./allocation_sampler.ts";
import { readCpu } from "./cpu_clock.ts";
import { readFrame, writeFrame } from "./frames.ts";
import { MemoryTransport } from "./memory_transport.ts";
import { type Answer, type Command, GATEWAY_PROTOCOL, type Hello, type Memory } from "./protocol.ts";
import { ChildSaWriter, packMessages, unpackMessages } from "./records.ts";
import { clientAt, endpointOf, GATEWAY_ADDRESS, gatewayConfiguration, type GatewaySetting } from "./setting.ts";
import { StackSampler } from "./stack_sampler.ts";

/** How long the gateway may leave what it was handed unanswered, in milliseconds. */
const PATIENCE_MS = 30_000;
/** Used tickets that are remembered. A million clients come up by one each, and some come back: the default would be full, and refuse the oldest. */
const MOST_CLAIMS = 4_000_000;
const CHILD_SA_ROOM = 4 << 20;
const NO_OCTETS = new Uint8Array(0);
/** What versions of the runtime decide on times. */
const VERSIONS = ["deno", "node", "v8", "openssl"];

const setting = JSON.parse(process.argv[2]) as GatewaySetting;
const provider = await loadProvider(setting.provider);
const ticketKeys = loadOrCreateTicketKeyRing(setting.ticketKeyFile, systemRandom, systemClock().epochSeconds);
const configuration = gatewayConfiguration(fromHexadecimal(setting.presharedKey)!, ticketKeys, setting.configuration);
const childSas = new ChildSaWriter(CHILD_SA_ROOM);
const sampler = new StackSampler();
const allocations = new AllocationSampler();
let transport!: MemoryTransport;
let passedMs = 0;
let gateway = await listen();
const hello: Hello = {
  protocol: GATEWAY_PROTOCOL,
  runtime: process.versions.deno === undefined ? `node ${process.versions.node}` : `deno ${process.versions.deno}`,
  versions: Object.fromEntries(VERSIONS.flatMap((name) => {
    const version = process.versions[name];
    return version === undefined ? [] : [[name, version]];
  })),
  provider: provider.name,
  startUs: readCpu("after").processUs,
};
writeFrame({ header: hello, octets: NO_OCTETS });

for (let frame = readFrame<Command>(); frame !== undefined; frame = readFrame<Command>()) {
  try {
    await obey(frame.header, frame.octets);
  } catch (error) {
    answer({ wrong: error instanceof Error ? error.message : String(error) });
  }
}
process.exit(0);

/** One that is new, and remembers nothing: what others left behind is gone before anything of its own is measured. */
async function listen(): Promise<Gateway> {
  return await Gateway.listen({
    configuration,
    addresses: [GATEWAY_ADDRESS],
    provider,
    clock,
    store: memoryStore(() => clock().epochSeconds, MOST_CLAIMS, () => clock().monotonicMs),
    ...(setting.lane !== undefined && { lane: setting.lane }),
    openTransport: (options) => {
      transport = new MemoryTransport(options);
      return Promise.resolve(transport);
    },
    onEffect: (effect) => {
      // As whoever runs ESP does: keys are copied when they come.
      if (effect.type === "child-sa-up") childSas.write(effect.spis, effect.childSa);
    },
    onFault: (fault) => console.error(fault),
  });
}

function clock(): Instant {
  const { monotonicMs, epochSeconds } = systemClock();
  return { monotonicMs: monotonicMs + passedMs, epochSeconds };
}

async function obey(command: Command, octets: Uint8Array): Promise<void> {
  switch (command.command) {
    case "restart":
      await gateway.close();
      gateway = await listen();
      collect();
      return answer({});
    case "serve":
      return await serve(command.burst, octets);
    case "counters":
      return answer({ counters: { ...gateway.counters } });
    case "pass":
      passedMs += command.ms;
      return answer({});
    case "memory":
      return answer({ memory: memory() });
    case "profile":
      sampler.start();
      return answer({});
    case "profiled":
      return answer({ profile: await sampler.stop() });
    case "sample-allocations":
      allocations.start();
      return answer({});
    case "allocations-sampled":
      return answer({ allocations: await allocations.stop(command.resumptions) });
  }
}

async function serve(burst: number, packed: Uint8Array): Promise<void> {
  const { local } = transport;
  const datagrams = unpackMessages(packed).map(({ client, octets }) => ({
    octets,
    local,
    remote: endpointOf(client),
    encapsulated: false,
  }));
  const bursts = Array.from(
    { length: Math.ceil(datagrams.length / burst) },
    (_, index) => datagrams.slice(index * burst, (index + 1) * burst),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the gateway left a message unanswered")), PATIENCE_MS);
  });
  const before = readCpu("before");
  await Promise.race([deliver(bursts), silence]);
  const after = readCpu("after");
  clearTimeout(timer);
  const answers = packMessages(transport.takeAnswers().map(({ remote, octets }) => ({ client: clientAt(remote), octets })));
  const written = childSas.take();
  const both = new Uint8Array(answers.length + written.length);
  both.set(answers);
  both.set(written, answers.length);
  answer({ before, after, answersLength: answers.length }, both);
}

async function deliver(bursts: readonly Parameters<MemoryTransport["deliver"]>[0][]): Promise<void> {
  for (const burst of bursts) await transport.deliver(burst);
}

/** What is left after a collection. */
function memory(): Memory {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapOctets: heapUsed + external, residentOctets: rss };
}

/** Twice: what the first finds to be over may hold more. */
function collect(): void {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  gc?.();
}

function answer(header: Answer, octets: Uint8Array = NO_OCTETS): void {
  writeFrame({ header, octets });
}
