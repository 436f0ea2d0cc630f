/**
 * `ike-resume storm`: a mass reconnect, measured.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import process from "node:process";
import type { ProviderName } from "../crypto/provider.ts";
import { MOST_WORKERS } from "../ike/ike_sa/spi_worker.ts";
import type { LatencySummary } from "../load/latency.ts";
import { storm, type StormStore } from "../load/storm.ts";
import { STORM_AUTHS, type StormAuth } from "../load/storm_proofs.ts";
import { allResumed, type StormReport, type StormRun } from "../load/storm_report.ts";
import { isRedisUrl } from "../store/redis_address.ts";
import type { ProfileName } from "../ike/profiles/resumption_profile.ts";
import { TICKET_FORMAT_NAMES } from "../ticket/ticket_format.ts";
import type { TicketKind } from "../ticket/issued_ticket.ts";
import { isProviderName } from "../providers/mod.ts";
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, UsageError } from "./exit_status.ts";
import { Output } from "./output.ts";
import { decimal, port, wholeNumber } from "./option_values.ts";
import { currentRuntime, isRuntime, ownProgram, runOnOther, type Runtime, RUNTIMES } from "./runtime_choice.ts";
import { STORE_VARIABLE } from "./store_option.ts";
import { ticketKindOption } from "./ticket_options.ts";

/** Where a Redis server listens unless it was told otherwise. */
const LOCAL_REDIS = "redis://127.0.0.1:6379";
const DEFAULT_CLIENTS = 5_000;
const MOST_CLIENTS = 100_000;
const HIGHEST_SEED = 0xffff_ffff;
const HIGHEST_LOSS = 0.5;

/** Names for several providers, in the order in which they run. */
const PROVIDER_SETS: { readonly [name: string]: readonly ProviderName[] } = {
  both: ["wasm", "ts"],
  all: ["wasm", "node", "ts"],
};

interface StormCommandOptions {
  readonly clients: number;
  readonly provider: readonly ProviderName[];
  readonly seed: number;
  readonly auth: StormAuth;
  readonly loss: number;
  readonly runtime?: Runtime;
  readonly port: number;
  readonly keyLog?: string;
  readonly store: string;
  readonly tickets: TicketKind;
  readonly profile: ProfileName;
  readonly workers?: number;
  readonly json?: boolean;
}

export function addStormCommand(program: Command): Command {
  return program.command("storm")
    .description(
      "Kill a gateway under thousands of clients, start it again, and measure how all of them come back by IKE_SESSION_RESUME.",
    )
    .option("--clients <number>", "how many clients", wholeNumber(1, MOST_CLIENTS), DEFAULT_CLIENTS)
    .addOption(
      new Option(
        "--provider <names>",
        "the gateway's cryptography: wasm, ts, node, several with commas between, both (wasm,ts) or all",
      ).argParser(providers).default(PROVIDER_SETS.both, "both"),
    )
    .option("--seed <number>", "repeats identities, nonces, keys and losses of the clients", wholeNumber(0, HIGHEST_SEED), 1)
    .addOption(
      new Option(
        "--auth <how>",
        "what clients prove themselves by before they have tickets: psk, certificate (each its own, ECDSA on P-256, of one key pair), or eap (EAP-MSCHAPv2); the gateway by certificate too with the latter two",
      ).choices(STORM_AUTHS).default("psk"),
    )
    .option("--loss <share>", "share of datagrams lost in each direction, 0 to 0.5", decimal(0, HIGHEST_LOSS), 0)
    .option("--runtime <name>", "node or deno; the current one if not given", runtime)
    .option("--port <port>", "the gateway's UDP port on 127.0.0.1; 0 lets the system choose", port, 0)
    .option("--key-log <file>", "append the gateway's IKE SA keys for Wireshark's ikev2_decryption_table")
    .option(
      "--store <name>",
      `the gateway's store: memory, sqlite (a new file), redis (the server that ${STORE_VARIABLE} names, or else ${LOCAL_REDIS}), or the URL of one, of its Sentinels or of a cluster`,
      "memory",
    )
    .addOption(ticketKindOption())
    .addOption(
      new Option("--profile <name>", "form of resumption by which clients come back").choices(TICKET_FORMAT_NAMES).default(
        "rfc5723",
      ),
    )
    .option("--workers <count>", "serve by so many threads of the gateway; see gateway --help", wholeNumber(1, MOST_WORKERS))
    .option("--json", "the report as one JSON object on standard output")
    .addHelpText("after", "\nExit status: 0 if every client resumed with equal keys at both ends, 1 if not, 2 for bad options.")
    .action(runStorm);
}

async function runStorm(options: StormCommandOptions): Promise<void> {
  if (options.runtime !== undefined && options.runtime !== currentRuntime()) {
    process.exit(await runOnOther(options.runtime, process.argv.slice(2)));
  }
  const store = stormStore(options.store);
  if (options.tickets === "reference" && store.kind === "memory") {
    throw new UsageError(
      "--tickets reference: the gateway is killed, and --store memory with it; allowed are sqlite and redis",
    );
  }
  // The gateway's process is killed as this one exits, whichever way that is.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(EXIT_INTERRUPTED));
  // Here: no other command needs it, and a gateway should start fast.
  const { stormProgress } = await import("./storm_progress.ts");
  const report = await storm(
    { ...options, store, providers: options.provider, program: ownProgram() },
    stormProgress(),
  );
  // It is what all the work was for: whoever reads it slowly gets the whole of it.
  const output = new Output("ike-resume storm");
  await output.answer((options.json ? [JSON.stringify(report)] : reportLines(report)).join("\n"));
  process.exit(allResumed(report) ? EXIT_OK : EXIT_FAILED);
}

function providers(text: string): readonly ProviderName[] {
  const names = PROVIDER_SETS[text] ?? text.split(",");
  const known = names.filter(isProviderName);
  if (known.length === names.length && new Set(known).size === known.length) return known;
  throw new InvalidArgumentError("Allowed are wasm, ts, node, several of them with commas between, both, all.");
}

function stormStore(text: string): StormStore {
  if (text === "memory" || text === "sqlite") return { kind: text };
  const url = text === "redis" ? process.env[STORE_VARIABLE] ?? LOCAL_REDIS : text;
  if (isRedisUrl(url)) return { kind: "redis", url };
  // It is not repeated, for it may hold a password.
  throw new UsageError(
    `--store: allowed are memory, sqlite, redis, and the URL of a Redis server, its Sentinels or a cluster; ${STORE_VARIABLE}, where it is set, holds such a URL`,
  );
}

function runtime(text: string): Runtime {
  if (isRuntime(text)) return text;
  throw new InvalidArgumentError(`Allowed are ${RUNTIMES.join(", ")}.`);
}

const AUTH_WORDS: Readonly<Record<StormAuth, string>> = { psk: "shared key", certificate: "certificate", eap: "EAP-MSCHAPv2" };

function reportLines(report: StormReport): string[] {
  const { ratio } = report;
  return [
    `${report.runtime} on ${report.cpu}, ${report.clients} clients${ofProfile(report)} by ${
      AUTH_WORDS[report.auth]
    }, seed ${report.seed}`,
    ...report.runs.map(runLine),
    ...(ratio.resumed_to_full === null
      ? []
      : [`a full exchange costs the gateway ${ratio.resumed_to_full} times the CPU of a resumption (wasm)`]),
    ...(ratio.wasm_to_ts === null
      ? []
      : [`a resumption with ts costs the gateway ${ratio.wasm_to_ts} times the CPU of one with wasm`]),
  ];
}

function runLine(run: StormRun): string {
  return `${run.provider}: ${run.resumed} resumed, ${run.failed} failed in ${run.wall_ms} ms (${run.resumptions_per_s}/s), ` +
    `gateway CPU ${run.gateway_cpu_us_per_full} µs a full exchange, ${run.gateway_cpu_us_per_resumption} µs a resumption, ` +
    latencyWords(run.latency_ms);
}

function latencyWords(latency: LatencySummary | null): string {
  return latency === null ? "no latency" : `latency p50 ${latency.p50} ms, p95 ${latency.p95} ms, p99 ${latency.p99} ms`;
}

/** Nothing where it is the usual one. */
function ofProfile({ profile }: StormReport): string {
  return profile === "rfc5723" ? "" : ` of ${profile}`;
}
