/**
 * The storm: a gateway process that is killed under thousands of clients, started again, and takes all of them back at once.
 *
 * @module
 */
import { cpus } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseEspProposal, parseIdentity, parseIkeProposal, parseProfile } from "../configuration/mod.ts";
import type { KeyExchange } from "../crypto/key_exchange.ts";
import type { CryptoProvider, ProviderName } from "../crypto/provider.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../ike/initiator.ts";
import type { RetransmissionPolicy } from "../ike/message/retransmission.ts";
import { loadKeyExchange, loadProvider } from "../providers/mod.ts";
import type { ProfileName, ResumptionProfile } from "../ike/profiles/resumption_profile.ts";
import type { TicketKind } from "../ticket/issued_ticket.ts";
import { childSaFingerprint, type Fingerprints, ikeSaName } from "./child_sa_fingerprint.ts";
import { ClientFleet, type Outcome } from "./client_fleet.ts";
import { GatewayProcess, type Program } from "./gateway_process.ts";
import { summarizeLatency } from "./latency.ts";
import { SeededLoss } from "./seeded_loss.ts";
import { type ClientProof, type StormAuth, type StormProofs, stormProofs } from "./storm_proofs.ts";
import { ratiosOf, roundTo, type StormReport, type StormRun } from "./storm_report.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

const ADDRESS = "127.0.0.1";
const GATEWAY_IDENTITY = "gateway.storm.example";
const IKE_PROPOSAL = "aes256gcm16-prfsha256-x25519";
const ESP_PROPOSAL = "aes256gcm16";
/** The same objects for all clients. */
const IKE_PROPOSALS = [parseIkeProposal(IKE_PROPOSAL)];
const ESP_PROPOSALS = [parseEspProposal(ESP_PROPOSAL)];
const TICKET_KEY_FILE = "ticket-keys";
const STORE_FILE = "store.db";

/**
 * Clients that are not counted, and go first in both phases: a gateway that has just started runs on cold code, for any provider.
 */
const MOST_WARM_UP_CLIENTS = 200;

/** How many full exchanges are under way at a time. Resumptions have no such limit: all clients come back at once. */
const FULL_EXCHANGE_CONCURRENCY = 128;

/** As over a network whose round trip is short; attempts enough that not even a heavy loss makes a client give up. */
const RETRANSMISSION: RetransmissionPolicy = { initialMs: 1_000, factor: 1.3, maximumMs: 2_000, attempts: 40, jitter: 0.3 };

export interface StormOptions {
  readonly clients: number;
  readonly providers: readonly ProviderName[];
  readonly seed: number;
  /** How clients and gateway prove themselves to each other before there are tickets. */
  readonly auth: StormAuth;
  /** Share of datagrams that the clients' sockets lose, in each direction: 0 to below 1. */
  readonly loss: number;
  /** What starts a gateway: this program, on this runtime. */
  readonly program: Program;
  /** The gateway's UDP port, for a recording; 0 lets the system choose. */
  readonly port: number;
  /** Where the gateway logs the keys of its IKE SAs, if anywhere. */
  readonly keyLog?: string;
  readonly store: StormStore;
  /** Which kind of tickets the gateway issues. By reference, the store has to outlive its process. */
  readonly tickets: TicketKind;
  /** The form of resumption by which clients come back, with its usual numbers. */
  readonly profile: ProfileName;
  /** How many workers the gateway has; none given: it serves in its own thread. */
  readonly workers?: number;
}

/** Where the gateway keeps what it must remember. Memory is forgotten as it is killed; a file is new for each run. */
export type StormStore = { readonly kind: "memory" | "sqlite" } | { readonly kind: "redis"; readonly url: string };

/** Listens to how far a storm is. */
export interface StormObserver {
  /** A new phase begins, of so many clients. */
  phase(provider: ProviderName, name: string, total: number): void;
  /** One more client is through with the phase. */
  advance(): void;
  /** A line for people: what went wrong. */
  note(line: string): void;
  /** No more phases follow. */
  end(): void;
}

/**
 * Runs one storm for each provider, one after the other, each with fresh processes and files; what the ends prove themselves by is the same for all.
 *
 * @throws {GatewayProcessError} a gateway could not be started or ended by itself.
 */
export async function storm(options: StormOptions, observer: StormObserver): Promise<StormReport> {
  // The clients' cryptography is the same in all runs, so that the gateways alone differ.
  const clientSide = { provider: await loadProvider("auto"), keyExchange: await loadKeyExchange() };
  const folder = new TemporaryFolder("ike-resume-storm-");
  const runs: StormRun[] = [];
  try {
    const clients = warmUpClients(options) + options.clients;
    const proofs = await stormProofs({ ...options, clients, gatewayIdentity: GATEWAY_IDENTITY, folder });
    for (const provider of options.providers) runs.push(await runStorm(provider, options, proofs, clientSide, observer));
  } finally {
    folder.remove();
    observer.end();
  }
  return {
    runtime: runtimeName(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    clients: options.clients,
    seed: options.seed,
    auth: options.auth,
    store: options.store.kind,
    tickets: options.tickets,
    profile: options.profile,
    runs,
    ratio: ratiosOf(runs),
  };
}

interface ClientSide {
  readonly provider: CryptoProvider;
  readonly keyExchange: KeyExchange;
}

async function runStorm(
  provider: ProviderName,
  options: StormOptions,
  proofs: StormProofs,
  clientSide: ClientSide,
  observer: StormObserver,
): Promise<StormRun> {
  const folder = new TemporaryFolder("ike-resume-storm-");
  const profile = parseProfile(options.profile);
  let gateway: GatewayProcess | undefined;
  let fleet: ClientFleet | undefined;
  try {
    const startGateway = (port: number, natPort: number) =>
      GatewayProcess.start(options.program, gatewayArguments(provider, options, proofs, folder, port, natPort));
    gateway = await startGateway(options.port, 0);
    const { local, encapsulatedLocal } = gateway;
    fleet = await ClientFleet.open({
      ...clientSide,
      clients: proofs.clients.length,
      seed: options.seed,
      address: ADDRESS,
      gateway: local,
      encapsulatedGateway: encapsulatedLocal,
      loss: options.loss > 0 ? new SeededLoss(options.loss, options.seed) : undefined,
      configurationOf: (client) => clientConfiguration(proofs.clients[client], profile),
      isHeardLater: profile.presentation.kind === "protected-exchange",
    });
    observer.phase(provider, "full exchanges", options.clients);
    const full = await measure(gateway, fleet, FULL_EXCHANGE_CONCURRENCY, options, observer);

    // Its key log is whole then: lines that wait are lost with a process that is killed.
    if (options.keyLog !== undefined) await gateway.ask("counters");
    await gateway.kill();
    fleet.loseConnections();
    gateway = await startGateway(local.port, encapsulatedLocal.port);
    observer.phase(provider, "resumptions", options.clients);
    const resumed = await measure(gateway, fleet, Infinity, options, observer);

    const { counters } = await gateway.ask("counters");
    if (counters.store_failures_total > 0) observer.note(`the store failed ${counters.store_failures_total} times`);
    const { fingerprints } = await gateway.ask("fingerprints");
    const good = resumed.outcomes.filter((outcome) => isResumedAlike(outcome, fingerprints, observer));
    return {
      provider,
      resumed: good.length,
      failed: options.clients - good.length,
      wall_ms: roundTo(resumed.wallMs, 1),
      resumptions_per_s: Math.round(good.length / resumed.wallMs * 1000),
      gateway_cpu_us_per_full: roundTo(full.cpuUs / options.clients, 1),
      gateway_cpu_us_per_resumption: roundTo(resumed.cpuUs / options.clients, 1),
      latency_ms: summarizeLatency(good.map(({ latencyMs }) => roundTo(latencyMs, 1))),
    };
  } finally {
    await fleet?.close();
    await gateway?.kill();
    folder.remove();
  }
}

function gatewayArguments(
  provider: ProviderName,
  { keyLog, store, tickets, profile, workers }: StormOptions,
  proofs: StormProofs,
  { path }: TemporaryFolder,
  port: number,
  natPort: number,
): readonly string[] {
  return [
    ...["--address", ADDRESS, "--port", `${port}`, "--nat-port", `${natPort}`],
    ...["--identity", GATEWAY_IDENTITY, "--provider", provider, ...proofs.gatewayArguments],
    ...["--ike", IKE_PROPOSAL, "--esp", ESP_PROPOSAL, "--ticket-keys", join(path, TICKET_KEY_FILE)],
    ...["--store", storeName(store, path), "--tickets", tickets],
    ...["--profile", profile],
    ...(keyLog === undefined ? [] : ["--key-log", keyLog]),
    ...(workers === undefined ? [] : ["--workers", `${workers}`]),
  ];
}

function storeName(store: StormStore, folder: string): string {
  if (store.kind === "redis") return store.url;
  return store.kind === "sqlite" ? `sqlite:${join(folder, STORE_FILE)}` : "memory";
}

interface Measured {
  readonly outcomes: readonly Outcome[];
  readonly wallMs: number;
  /** Processor time of the gateway's process. */
  readonly cpuUs: number;
}

/** First the warm-up clients, then, between two readings of the gateway's processor time, all that count. */
async function measure(
  gateway: GatewayProcess,
  fleet: ClientFleet,
  concurrency: number,
  options: StormOptions,
  observer: StormObserver,
): Promise<Measured> {
  const first = warmUpClients(options);
  await fleet.connect(0, first, concurrency);
  const cpuBefore = await gateway.ask("cpu");
  const startedMs = performance.now();
  const outcomes = await fleet.connect(first, first + options.clients, concurrency, () => observer.advance());
  const wallMs = performance.now() - startedMs;
  const cpuAfter = await gateway.ask("cpu");
  noteFailures(outcomes, observer);
  return { outcomes, wallMs, cpuUs: cpuAfter.cpu_us - cpuBefore.cpu_us };
}

function warmUpClients({ clients }: StormOptions): number {
  return Math.min(MOST_WARM_UP_CLIENTS, clients);
}

function clientConfiguration(proof: ClientProof, profile: ResumptionProfile): InitiatorConfiguration {
  return initiatorConfiguration({
    // A storm measures how clients come back: none of them stays long enough to renew its ticket, or to wonder about its gateway.
    keepTicketFresh: false,
    livenessSeconds: 0,
    ...proof,
    profile,
    peerIdentity: parseIdentity(GATEWAY_IDENTITY),
    ikeProposals: IKE_PROPOSALS,
    espProposals: ESP_PROPOSALS,
    retransmission: RETRANSMISSION,
  });
}

type Connected = Extract<Outcome, { ok: true }>;

function isResumedAlike(outcome: Outcome, fingerprints: Fingerprints, observer: StormObserver): outcome is Connected {
  if (!outcome.ok) return false;
  const name = ikeSaName(outcome.spis);
  const alike = fingerprints[name] === childSaFingerprint(outcome.childSa, "initiator");
  if (!alike) observer.note(`IKE SA ${name}: the gateway has other Child SA keys than the client`);
  else if (!outcome.resumed) observer.note(`IKE SA ${name}: came back by a full exchange`);
  return alike && outcome.resumed;
}

/** One line for each kind of failure. */
function noteFailures(outcomes: readonly Outcome[], observer: StormObserver): void {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    if (!outcome.ok) counts.set(outcome.reason, (counts.get(outcome.reason) ?? 0) + 1);
  }
  for (const [reason, count] of counts) observer.note(`${count} clients: ${reason}`);
}

function runtimeName(): string {
  const { deno, node } = process.versions;
  return deno === undefined ? `node ${node}` : `deno ${deno}`;
}
