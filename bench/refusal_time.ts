/**
 * Whether the time of a refusal tells what was wrong with a ticket (RFC 5723, section 9.2). One gateway refuses, in the same process and in
 * random order, batches of tickets that fail in different ways; ranks, not averages, are compared, so that a noisy machine spoils little.
 * A gateway that leaks on purpose, giving up early where the key identity is unknown, shows what would be found.
 *
 * `shift` is the chance that a batch of one kind takes longer than one of the reference, less one half: 0 means that nobody can tell them
 * apart, ±0.5 that everybody can at once. `deviations` is the same in standard deviations of what chance alone does.
 * Usage: bench/refusal_time.ts [rounds]. Prints one JSON object. Exit status 1: a kind is told apart, which takes a shift of 0.2 (seven
 * deviations at 200 rounds, out of reach for chance and noise, since the kinds share both), or the leak on purpose was not.
 *
 * @module
 */
import { cpus } from "node:os";
import process from "node:process";
import { parseIdentity, parseIkeProposal } from "../src/configuration/mod.ts";
import { systemRandom } from "../src/crypto/system_random.ts";
import { notify } from "../src/ike/message/notify.ts";
import { offerIke } from "../src/ike/ike_sa/proposals.ts";
import { Responder, responderConfiguration } from "../src/ike/responder.ts";
import { runWave, type WaveServices } from "../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider, PROVIDER_NAMES } from "../src/providers/mod.ts";
import { MemoryTicketClaims } from "../src/store/memory_claims.ts";
import { sealTicketRequest } from "../src/ticket/ticket_by_value.ts";
import { TicketKeyRing } from "../src/ticket/ticket_key_ring.ts";
import { ExchangeType, NotifyType } from "../src/wire/constants.ts";
import { encodeMessage } from "../src/wire/message.ts";

const NOW_EPOCH_SECONDS = 1_700_000_000;
const NOW = { monotonicMs: 0, epochSeconds: NOW_EPOCH_SECONDS };
/** Tickets in one batch: what is timed has to be far longer than the clock's step. */
const BATCH = 32;
const ROUNDS = Number(process.argv[2] ?? 300);
const WARM_UP_ROUNDS = 20;
const TELLING_SHIFT = 0.2;

const KEY_ID_OFFSET = 4;
const IV_OFFSET = 12;
const STATE_OFFSET = 24;
const TAG_LENGTH = 16;

/** The first kind is the one that the others are compared with. */
const KINDS: Readonly<Record<string, (ticket: Uint8Array) => void>> = {
  "tag altered in its last octet": (ticket) => ticket[ticket.length - 1] ^= 1,
  "tag altered in its first octet": (ticket) => ticket[ticket.length - TAG_LENGTH] ^= 1,
  "state altered in its first octet": (ticket) => ticket[STATE_OFFSET] ^= 1,
  "state altered in its last octet": (ticket) => ticket[ticket.length - TAG_LENGTH - 1] ^= 1,
  "the same once more": (ticket) => ticket[ticket.length - 1] ^= 1,
  "sealed under another key": (ticket) => ticket.fill(0x5a, IV_OFFSET),
  "key identity unknown": (ticket) => ticket[KEY_ID_OFFSET] ^= 1,
};

type Refuse = (batch: readonly Uint8Array[]) => Promise<void>;

interface Comparison {
  readonly kind: string;
  readonly median_us: number;
  readonly shift: number;
  readonly deviations: number;
}

const reports = [];
for (const name of PROVIDER_NAMES) {
  const services: WaveServices = {
    provider: await loadProvider(name),
    keyExchange: await loadKeyExchange(),
    random: systemRandom,
    claims: new MemoryTicketClaims(() => NOW_EPOCH_SECONDS),
  };
  const ring = TicketKeyRing.generate(systemRandom, NOW_EPOCH_SECONDS);
  const ticket = (await services.provider.seal([sealTicketRequest(exampleState(), ring, systemRandom)!]))[0];
  const refuse = gateway(ring, services);
  const leaky: Refuse = async (batch) => {
    const known = batch.filter((octets) => ring.find(ticketIn(octets).subarray(KEY_ID_OFFSET, IV_OFFSET)) !== undefined);
    if (known.length > 0) await refuse(known);
  };
  reports.push({
    provider: name,
    ours: await compare(ticket, refuse),
    leaky_on_purpose: (await compare(ticket, leaky)).filter(({ kind }) => kind === "key identity unknown"),
  });
}
const told = reports.flatMap(({ ours }) => ours).filter(({ shift }) => Math.abs(shift) >= TELLING_SHIFT).map(({ kind }) =>
  kind
);
const missed = reports.flatMap(({ leaky_on_purpose }) => leaky_on_purpose).some(({ shift }) => Math.abs(shift) < TELLING_SHIFT);
const machine = { cpu: cpus()[0]?.model, runtime: `${process.release.name} ${process.version}` };
console.log(
  JSON.stringify({ ...machine, rounds: ROUNDS, batch: BATCH, reference: Object.keys(KINDS)[0], told, reports }, undefined, 2),
);
process.exitCode = told.length === 0 && !missed ? 0 : 1;

/** A gateway that must refuse every ticket, and whose every answer is looked at. */
function gateway(ring: TicketKeyRing, services: WaveServices): Refuse {
  const configuration = responderConfiguration({
    identity: parseIdentity("gateway.example"),
    presharedKeyOf: () => new Uint8Array(32),
    ticketKeys: ring,
  });
  const responder = new Responder(configuration, systemRandom);
  const local = { address: "192.0.2.1", port: 500 };
  const remote = { address: "198.51.100.1", port: 500 };
  return async (batch) => {
    const steps = batch.map((octets) => responder.receive({ octets, local, remote, encapsulated: false }, NOW));
    for (const effects of await runWave(steps, services)) {
      const refused = effects.some((effect) => effect.type === "ticket-refused" && effect.reason === "not-authentic");
      if (!refused) throw new Error(`not refused: ${effects.map(({ type }) => type)}`);
    }
  };
}

async function compare(ticket: Uint8Array, refuse: Refuse): Promise<Comparison[]> {
  const times = new Map<string, number[]>(Object.keys(KINDS).map((kind) => [kind, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const kind of shuffled(Object.keys(KINDS))) {
      // Made anew each time: no kind finds its octets in a nearer cache than another.
      const batch = Array.from({ length: BATCH }, () => request(ticket, KINDS[kind]));
      const before = performance.now();
      await refuse(batch);
      const took = performance.now() - before;
      if (round >= 0) times.get(kind)!.push(took);
    }
  }
  const [reference] = times.values();
  return Array.from(times, ([kind, ofKind]) => {
    const shift = chanceOfLonger(ofKind, reference) - 0.5;
    const deviation = Math.sqrt((ofKind.length + reference.length + 1) / (12 * ofKind.length * reference.length));
    return {
      kind,
      median_us: rounded(1_000 * median(ofKind) / BATCH, 3),
      shift: rounded(shift, 4),
      deviations: rounded(shift / deviation, 2),
    };
  });
}

function request(ticket: Uint8Array, change: (ticket: Uint8Array) => void): Uint8Array {
  const altered = ticket.slice();
  change(altered);
  const initiatorSpi = new DataView(systemRandom(8).buffer).getBigUint64(0) | 1n;
  const exchangeType = ExchangeType.IKE_SESSION_RESUME;
  return encodeMessage({ initiatorSpi, responderSpi: 0n, exchangeType, fromInitiator: true, isResponse: false, messageId: 0 }, [
    { type: "Nonce", nonce: systemRandom(32) },
    notify(NotifyType.TICKET_OPAQUE, altered),
  ]);
}

/** The ticket in a request that `request` made: it stands last. */
function ticketIn(octets: Uint8Array): Uint8Array {
  const headers = 28 + 4 + 32 + 8;
  return octets.subarray(headers);
}

function exampleState(): Parameters<typeof sealTicketRequest>[0] {
  return {
    initiatorId: parseIdentity("client@example.org"),
    responderId: parseIdentity("gateway.example"),
    initiatorSpi: 1n,
    responderSpi: 2n,
    proposal: offerIke([parseIkeProposal("aes256gcm16-prfsha256-x25519")])[0],
    skD: systemRandom(32),
    authenticationMethod: 2,
    expiresAtEpochSeconds: NOW_EPOCH_SECONDS + 3_600,
  };
}

/** The Mann-Whitney statistic over the product of both sizes; equal times count one half. */
function chanceOfLonger(one: readonly number[], other: readonly number[]): number {
  let wins = 0;
  for (const a of one) {
    for (const b of other) wins += a > b ? 1 : a === b ? 0.5 : 0;
  }
  return wins / (one.length * other.length);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function shuffled(values: readonly string[]): string[] {
  const draws = systemRandom(values.length);
  return values.map((value, index) => ({ value, draw: draws[index] })).sort((a, b) => a.draw - b.draw).map(({ value }) =>
    value
  );
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
