/**
 * The options of `ike-resume load`.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseEspProposal, parseIdentity, parseIkeProposal, parseSelectors } from "../configuration/mod.ts";
import type { EspProposal, IkeProposal } from "../ike/ike_sa/proposals.ts";
import type { ResumptionProfile } from "../ike/profiles/resumption_profile.ts";
import type { Endpoint } from "../ike/steps/datagram.ts";
import { type Mix, parseMix } from "../load/generator/mix.ts";
import type { Portion } from "../load/generator/portion.ts";
import { type HostileMix, parseHostileMix } from "../load/hostile/hostile_mix.ts";
import type { PortRange } from "../load/generator/socket_places.ts";
import { SCENARIOS } from "../load/generator/scenario.ts";
import { parseThreshold, type Threshold } from "../load/generator/thresholds.ts";
import type { ProviderChoice } from "../providers/mod.ts";
import type { Identity } from "../ticket/identity.ts";
import { NAT_PORT } from "../transport/ports.ts";
import type { TrafficSelector } from "../wire/payload.ts";
import { addLoadIdentityOptions, type LoadIdentityOptions } from "./load_identities.ts";
import {
  DEFAULT_OUTAGE_SECONDS,
  DEFAULT_SECONDS,
  type LoadShapeOptions,
  LONGEST_SECONDS,
  rateStage,
} from "./load_shape_options.ts";
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
import { portRange, socketCount, sourceAddresses } from "./load_source_options.ts";
import { profileOption } from "./ticket_options.ts";

export interface LoadCommandOptions extends LoadIdentityOptions, LoadShapeOptions {
  readonly profile: ResumptionProfile;
  readonly mix?: Mix;
  readonly natPort: number;
  readonly peerIdentity?: Identity;
  readonly clients: number;
  readonly hold: number;
  readonly jitter: number;
  readonly loss: number;
  readonly seed: number;
  readonly source?: readonly (readonly string[])[];
  readonly sourcePort?: PortRange;
  readonly sockets?: number | "each";
  readonly nat?: boolean;
  readonly ike?: readonly IkeProposal[];
  readonly esp?: readonly EspProposal[];
  readonly localTs?: readonly TrafficSelector[];
  readonly remoteTs?: readonly TrafficSelector[];
  readonly ticket: boolean;
  readonly failIf?: readonly Threshold[];
  readonly gatewayProcess?: string;
  readonly http?: Endpoint;
  readonly provider: ProviderChoice;
  readonly hostile?: HostileMix;
  /** Absent: the clients are in this process. */
  readonly workers?: number;
  readonly plan?: string;
  readonly machine?: string;
  readonly startAt?: Date;
  /** Of a worker: its part of the whole. */
  readonly workerPortion?: Portion;
  /** The address that its load found for the host, so that all workers have the same. */
  readonly workerTarget?: string;
  readonly json?: boolean;
  readonly jsonFile?: string;
  readonly csvFile?: string;
}

const MOST_WORKERS = 64;
const MOST_CLIENTS = 1_000_000;
export const SOCKETS = 4;
/** Another than the gateway's, for both on one machine. */
const HTTP_PORT = 9_501;

export function addLoadOptions(command: Command): Command {
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
    .option("--mix <weights>", "of churn, how often each comes: resume=6,flap=2,rekey=1,full=1 if not given", worded(parseMix))
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
      "address of this machine to talk from, or a range of them: 127.0.0.2-127.0.0.9 (may be repeated: in turn); found out if not given",
      repeated(sourceAddresses),
    )
    .option(
      "--source-port <from-to>",
      "the ports to talk from, two for each pair of sockets; chosen by the system if not given",
      portRange,
    )
    .option(
      "--sockets <count>",
      `pairs of sockets that the clients share, or "each": one for each client (default: ${SOCKETS}, or one for each --source)`,
      socketCount,
    )
    .option("--nat", "imitate a NAT before the clients: they believe in an address of their own behind each pair of sockets")
    .option("--ike <proposal>", "IKE algorithms (may be repeated)", repeated(configured(parseIkeProposal)))
    .option("--esp <proposal>", "ESP algorithms (may be repeated)", repeated(configured(parseEspProposal)))
    .option("--local-ts <selectors>", "networks behind the clients", configured(parseSelectors))
    .option("--remote-ts <selectors>", "networks behind the gateway", configured(parseSelectors))
    .option("--no-ticket", "ask for no tickets: for gateways that have none")
    .option("--patience <seconds>", "how long a client tries before it gives up", decimal(1, 3_600), 10)
    .option(
      "--fail-if <condition>",
      "end with status 3 if 'p99>500ms', 'failed>0', 'resumption.per_s<1000', 'kept<0.9' (may be repeated)",
      repeated(worded(parseThreshold)),
    )
    .option(
      "--hostile <mix>",
      "beside the load, once it has been without: forged-tickets=100/s,replayed-tickets=100/s,garbage=100/s,half-open=100/s or some of these; to a gateway on loopback alone",
      worded(parseHostileMix),
    )
    .option(
      "--workers <count>",
      "processes that share the clients and the beginnings among them, which have more room for small objects than this one; none if not given",
      wholeNumber(1, MOST_WORKERS),
    )
    .option("--plan <file>", "TOML or JSON, the same on every machine that takes part: its share of the load, and the start")
    .option("--machine <name>", "which machine of --plan this is; its host name if not given")
    .option("--start-at <time>", "when to begin: 2026-12-01T12:00:00Z", moment)
    .addOption(new Option("--worker-portion <first-end/of>").argParser(portion).hideHelp())
    .addOption(new Option("--worker-target <ip>").argParser(ipAddress).hideHelp())
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
    .option("--csv-file <file>", "a line for each second into a file");
}

/** Of those whose errors say what is allowed. */
function worded<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** Of a day, with its time zone: machines may be in several. */
export function moment(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError("Allowed is a time with its zone: 2026-12-01T12:00:00Z.");
}

function portion(text: string): Portion {
  const [, first, end, of] = /^(\d+)-(\d+)\/(\d+)$/.exec(text) ?? [];
  const stated = { first: Number(first), end: Number(end), of: Number(of) };
  if (stated.first < stated.end && stated.end <= stated.of) return stated;
  throw new InvalidArgumentError("Allowed is first-end/of: 0-1/4.");
}
