/**
 * `ike-resume load`: thousands of clients against any gateway.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import process from "node:process";
import { writeFileSync } from "node:fs";
import { parseEspProposal, parseIdentity, parseIkeProposal, parseSelectors } from "../configuration/mod.ts";
import { initiatorConfiguration } from "../ike/initiator.ts";
import type { EspProposal, IkeProposal } from "../ike/ike_sa/proposals.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { isPattern } from "../load/generator/client_names.ts";
import { load, type LoadOptions } from "../load/generator/load.ts";
import type { LoadReport } from "../load/generator/load_report.ts";
import { SCENARIOS } from "../load/generator/scenario.ts";
import { parseThreshold, type Threshold } from "../load/generator/thresholds.ts";
import { loadKeyExchange, loadProvider, type ProviderChoice } from "../providers/mod.ts";
import type { Identity } from "../ticket/identity.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { localAddressTowards } from "../transport/local_address.ts";
import { IKE_PORT, NAT_PORT } from "../transport/ports.ts";
import { EXIT_ENDED, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, UsageError } from "./exit_status.ts";
import { LoadMetrics, openLoadHttp } from "./http/load_http.ts";
import { loadCsv, loadLines, secondLine } from "./load_output.ts";
import {
  addressAndPort,
  configured,
  decimal,
  ipAddress,
  port,
  providerChoice,
  repeated,
  wholeNumber,
} from "./option_values.ts";
import { addLoadIdentityOptions, loadIdentities, type LoadIdentityOptions } from "./load_identities.ts";
import {
  DEFAULT_OUTAGE_SECONDS,
  DEFAULT_SECONDS,
  type LoadShapeOptions,
  LONGEST_SECONDS,
  rateStage,
  retransmissionFor,
  shapeOf,
} from "./load_shape_options.ts";
import { profileOption } from "./ticket_options.ts";
import { type Mix, parseMix } from "../load/generator/mix.ts";
import type { ResumptionProfile } from "../ike/profiles/resumption_profile.ts";

interface LoadCommandOptions extends LoadIdentityOptions, LoadShapeOptions {
  readonly profile: ResumptionProfile;
  readonly mix?: Mix;
  readonly natPort: number;
  readonly peerIdentity?: Identity;
  readonly clients: number;
  readonly hold: number;
  readonly jitter: number;
  readonly loss: number;
  readonly seed: number;
  readonly source?: readonly string[];
  readonly sockets?: number;
  readonly ike?: readonly IkeProposal[];
  readonly esp?: readonly EspProposal[];
  readonly localTs?: readonly TrafficSelector[];
  readonly remoteTs?: readonly TrafficSelector[];
  readonly ticket: boolean;
  readonly failIf?: readonly Threshold[];
  readonly gatewayProcess?: string;
  readonly http?: Endpoint;
  readonly provider: ProviderChoice;
  readonly json?: boolean;
  readonly jsonFile?: string;
  readonly csvFile?: string;
}

const MOST_CLIENTS = 1_000_000;
const SOCKETS = 4;
/** Another than the gateway's, for both on one machine. */
const HTTP_PORT = 9_501;

const EXAMPLES = `
Examples:
  ike-resume load 192.0.2.1 --psk-file psk --scenario full --clients 1000 --rate 200 --duration 30
  ike-resume load 192.0.2.1 --psk-file psk --scenario resume --rate 500 --ramp 10 --fail-if 'p99>500ms' --fail-if 'failed>0'
  ike-resume load 192.0.2.1 --psk-file psk --scenario outage --clients 5000 --json-file outage.json

Exit status: 3 when a threshold of --fail-if was met, 130 when it was ended by Ctrl-C; a second Ctrl-C ends at once.`;

export function addLoadCommand(program: Command): Command {
  const command = program.command("load")
    .description("Have thousands of clients come up, resume, flap or rekey at any gateway that is yours, and say how it fared.")
    .argument("<host[:port]>", "the gateway's address", configuredEndpoint);
  return addLoadIdentityOptions(command)
    .option("--nat-port <port>", "the gateway's port behind NAT", port, NAT_PORT)
    .option("--peer-identity <id>", "who the gateway must prove to be", configured(parseIdentity))
    .addOption(
      new Option(
        "--scenario <name>",
        "full: come up and leave; resume: come back by a ticket, over and over; flap: the same, up for --hold; rekey: stay up and rekey; roam: stay up and go on from other sockets (MOBIKE); churn: by --mix; outage: all up, then all back at once after the gateway went away",
      ).choices(SCENARIOS).default("full"),
    )
    .addOption(profileOption())
    .option("--mix <weights>", "of churn, how often each comes: resume=6,flap=2,rekey=1,full=1 if not given", mix)
    .option("--clients <count>", "how many there are", wholeNumber(1, MOST_CLIENTS), 100)
    .option(
      "--rate <per second>",
      "so many begin each second, however the gateway fares; not given: each client begins again when it is done",
      decimal(0.01, 1_000_000),
    )
    .option("--ramp <seconds>", "reach --rate in so long, from none", decimal(0, LONGEST_SECONDS))
    .option(
      "--stage <seconds:rate>",
      "in place of --rate: 30:100 or 10:100-1000, one after the other (may be repeated)",
      repeated(rateStage),
    )
    .option(
      "--duration <seconds>",
      `how long (default: ${DEFAULT_SECONDS}; outage: ${DEFAULT_OUTAGE_SECONDS} to begin, and again to be over)`,
      decimal(0.1, LONGEST_SECONDS),
    )
    .option("--hold <seconds>", "how long a client that flaps stays up", decimal(0, LONGEST_SECONDS), 1)
    .option("--jitter <share>", "displace each beginning by up to that share of the interval", decimal(0, 1), 0)
    .option("--loss <share>", "lose that share of datagrams in each direction", decimal(0, 0.5), 0)
    .option("--seed <number>", "of the clients' random numbers, of loss and of jitter", wholeNumber(0, 2 ** 32 - 1), 1)
    .option(
      "--source <ip>",
      "address of this machine to talk from (may be repeated: in turn); found out if not given",
      repeated(ipAddress),
    )
    .option(
      "--sockets <count>",
      `pairs of sockets that the clients share (default: ${SOCKETS}, or one for each --source)`,
      wholeNumber(1, 32_768),
    )
    .option("--ike <proposal>", "IKE algorithms (may be repeated)", repeated(configured(parseIkeProposal)))
    .option("--esp <proposal>", "ESP algorithms (may be repeated)", repeated(configured(parseEspProposal)))
    .option("--local-ts <selectors>", "networks behind the clients", configured(parseSelectors))
    .option("--remote-ts <selectors>", "networks behind the gateway", configured(parseSelectors))
    .option("--no-ticket", "ask for no tickets: for gateways that have none")
    .option("--patience <seconds>", "how long a client tries before it gives up", decimal(1, 3_600), 10)
    .option(
      "--fail-if <condition>",
      "end with status 3 if 'p99>500ms', 'failed>0', 'resumption.per_s<1000' (may be repeated)",
      repeated(threshold),
    )
    .option("--provider <name>", "the clients' cryptography: auto, wasm, node or ts", providerChoice, "auto" as const)
    .option(
      "--gateway-process <pid|file>",
      "the gateway's process on this machine, or the file that holds its number: its processor time is reported",
    )
    .option(
      "--http <ip[:port]>",
      `answer /metrics (Prometheus) there while it goes on, over TCP (default port: ${HTTP_PORT}); port 0: the system chooses`,
      addressAndPort(HTTP_PORT, 0),
    )
    .option("--json", "the report as JSON on standard output")
    .option("--json-file <file>", "the report as JSON into a file")
    .option("--csv-file <file>", "a line for each second into a file")
    .addHelpText("after", EXAMPLES)
    .action((gateway: Endpoint, options: LoadCommandOptions) => runLoad(gateway, options));
}

async function runLoad(gateway: Endpoint, options: LoadCommandOptions): Promise<void> {
  const identities = await loadIdentities(options);
  const isRoaming = options.scenario === "roam" || options.mix?.roam !== undefined;
  if (options.mix !== undefined && options.scenario !== "churn") {
    throw new UsageError("--mix: expected --scenario churn with it");
  }
  const shape = shapeOf(options);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => stop.signal.aborted ? process.exit(EXIT_INTERRUPTED) : stop.abort());
  }
  const addresses = options.source ?? [await localAddressTowards(gateway.address, gateway.port)];
  const stated: LoadOptions = {
    gateway,
    encapsulatedGateway: { address: gateway.address, port: options.natPort },
    addresses,
    sockets: options.sockets ?? Math.max(SOCKETS, addresses.length),
    clients: identities.length,
    ...(options.mix && { mix: options.mix }),
    scenario: options.scenario,
    shape,
    holdMs: 1_000 * options.hold,
    seed: options.seed,
    loss: options.loss,
    jitter: options.jitter,
    ticketExpected: options.ticket && options.scenario !== "full",
    thresholds: options.failIf ?? [],
    ...(options.gatewayProcess !== undefined && { gatewayProcess: options.gatewayProcess }),
    provider: await loadProvider(options.provider),
    keyExchange: await loadKeyExchange(),
    configurationOf: (client) =>
      initiatorConfiguration({
        ...identities[client],
        profile: options.profile,
        mobike: isRoaming,
        ...(options.peerIdentity && { peerIdentity: options.peerIdentity }),
        ...(options.ike && { ikeProposals: options.ike }),
        ...(options.esp && { espProposals: options.esp }),
        ...(options.localTs && { localSelectors: options.localTs }),
        ...(options.remoteTs && { remoteSelectors: options.remoteTs }),
        requestTicket: options.ticket,
        keepTicketFresh: false,
        livenessSeconds: 0,
        natKeepaliveSeconds: 0,
        initialContact: options.clientsFile !== undefined || isPattern(options.identity),
        retransmission: retransmissionFor(options),
      }),
    signal: stop.signal,
  };
  const metrics = new LoadMetrics();
  if (options.http) {
    const service = await openLoadHttp(options.http, metrics, (line) => console.error(line));
    console.error(`metrics: http://${urlHost(service.local.address)}:${service.local.port}/metrics`);
  }
  let report: LoadReport;
  try {
    report = await load(stated, {
      second: (ended) => {
        metrics.take(ended);
        console.error(secondLine(ended));
      },
      note: (line) => console.error(line),
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`load: ${error.message}`);
    throw error;
  }
  if (options.jsonFile !== undefined) write("--json-file", options.jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
  if (options.csvFile !== undefined) write("--csv-file", options.csvFile, loadCsv(report));
  console.log(options.json ? JSON.stringify(report) : loadLines(report).join("\n"));
  process.exit(statusOf(report));
}

function statusOf({ interrupted, thresholds, operations }: LoadReport): number {
  if (thresholds.some(({ held }) => !held)) return EXIT_ENDED;
  if (interrupted) return EXIT_INTERRUPTED;
  return Object.values(operations).some(({ succeeded }) => succeeded > 0) ? EXIT_OK : EXIT_FAILED;
}

function threshold(text: string): Threshold {
  try {
    return parseThreshold(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function mix(text: string): Mix {
  try {
    return parseMix(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function configuredEndpoint(text: string): Endpoint {
  return addressAndPort(IKE_PORT)(text);
}

function urlHost(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function write(option: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    console.error(`ike-resume: ${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
