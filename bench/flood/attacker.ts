/**
 * The attacker, in a process of its own: so that it disturbs the clients' timing no more than the machine does.
 *
 * @module
 */
import process from "node:process";
import { summarizeLatency } from "../../src/load/latency.ts";
import { readJsonLines } from "../../src/load/control_protocol.ts";
import { loadKeyExchange, loadProvider } from "../../src/providers/mod.ts";
import { fromHexadecimal } from "../../src/wire/hexadecimal.ts";
import type { AttackDone, AttackReady, AttackSetting } from "./attacker_protocol.ts";
import { AttackerSockets } from "../../src/load/hostile/attacker_sockets.ts";
import { attackKind } from "./kinds.ts";
import { pace } from "../../src/load/hostile/pace.ts";

/** What came back after the last datagram is still counted, and answered. */
const LAST_ANSWERS_MS = 100;

const lines: { resolve: (line: unknown) => void }[] = [];
const early: unknown[] = [];
readJsonLines(process.stdin, (line) => {
  const waiting = lines.shift();
  if (waiting === undefined) early.push(line);
  else waiting.resolve(line);
}, () => process.exit(0));

const setting = await nextLine() as AttackSetting;
const kind = attackKind(setting.kind);
if (kind === undefined) throw new RangeError(`attacker: ${setting.kind} is no kind of attack`);

const sockets = new AttackerSockets(setting.gateway);
const attack = await kind.prepare({
  provider: await loadProvider("auto"),
  keyExchange: await loadKeyExchange(),
  gateway: setting.gateway,
  encapsulatedGateway: setting.encapsulatedGateway,
  presharedKey: octetsOf(setting.presharedKey),
  goodTickets: setting.goodTickets.map(octetsOf),
  usedTickets: setting.usedTickets.map(octetsOf),
  datagramsBefore: setting.datagramsBefore,
  open: (address) => sockets.open(address),
  count: () => sockets.sent++,
  // This process is ended by its owner.
  atEnd: () => {},
});
answer<AttackReady>({ ready: true });
await nextLine();
const cpuBefore = process.cpuUsage();
const sentBefore = sockets.sent;
const answersBefore = sockets.answers;
const { begun, lags } = await pace(setting.rate, setting.count, attack);
await new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS));
const { user, system } = process.cpuUsage(cpuBefore);
const lag = summarizeLatency(lags)?.p95 ?? 0;
answer<AttackDone>({
  begun,
  sent: sockets.sent - sentBefore,
  answers: sockets.answers - answersBefore,
  lag_ms_p95: Math.round(lag),
  cpu_us: user + system,
});

function nextLine(): Promise<unknown> {
  return early.length > 0 ? Promise.resolve(early.shift()) : new Promise((resolve) => lines.push({ resolve }));
}

function octetsOf(hexadecimal: string): Uint8Array {
  const octets = fromHexadecimal(hexadecimal);
  if (octets === undefined) throw new RangeError("attacker: octets are not in hexadecimal");
  return octets;
}

function answer<Answer>(line: Answer): void {
  console.log(JSON.stringify(line));
}
