/**
 * `--http`: what a gateway answers there.
 *
 * @module
 */
import type { Command } from "commander";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import type { TicketKeyRing } from "../../ticket/ticket_key_ring.ts";
import { systemClock } from "../../transport/system_clock.ts";
import { addressAndPort, repeated } from "../option_values.ts";
import { VERSION } from "../version.ts";
import { HttpService } from "./http_service.ts";
import type { Observed } from "./metrics.ts";
import { addPageOptions, type GivenPageToken, type PageOptions } from "./page/page_options.ts";
import type { Page, PageServing } from "./page/page.ts";
import type { Readiness } from "./readiness.ts";
import type { PageSource } from "./page/page_source.ts";

export interface HttpOptions extends PageOptions {
  readonly http?: Endpoint;
  readonly httpHost?: readonly string[];
}

const DEFAULT_PORT = 9_500;
const TEXT = "text/plain; charset=utf-8";

export function addHttpOptions(command: Command): Command {
  command
    .option(
      "--http <ip[:port]>",
      `answer /metrics (Prometheus), /healthz and /readyz there, over TCP (default port: ${DEFAULT_PORT}); port 0: the system chooses; not given: nowhere`,
      addressAndPort(DEFAULT_PORT, 0),
    )
    .option(
      "--http-host <name>",
      "a name that requests to --http may call this machine, besides localhost and its addresses (may be repeated)",
      repeated(String),
    );
  return addPageOptions(command);
}

/** What the program knows of itself. */
export interface Standing {
  readonly provider: string;
  readonly readiness: Pick<Readiness, "reasons">;
  /** Its page for people, if it has one. */
  readonly page: PagePlace | undefined;
}

/** What the page needs besides. */
export interface PagePlace extends Omit<PageSource, keyof Observed | "about"> {
  readonly given: GivenPageToken;
  readonly about: Omit<PageSource["about"], "version" | "provider">;
}

/** @throws {TransportError} the address cannot be listened on */
export async function openHttp(
  { http, httpHost, httpPageRemote = false }: HttpOptions,
  observed: Observed,
  standing: Standing,
  complain: (line: string) => void,
): Promise<HttpService | undefined> {
  if (http === undefined) return undefined;
  const onFault = (fault: unknown) => complain(`http: ${fault instanceof Error ? fault.message : String(fault)}`);
  const { page: place, provider } = standing;
  const page = place && await openPage(place, observed, provider, { remote: httpPageRemote, onFault });
  const { metricsText } = await import("./metrics.ts");
  const service = await HttpService.listen({
    at: http,
    hosts: httpHost,
    answers: {
      "/metrics": async () => ({
        status: 200,
        ...await metricsText(observed, { version: VERSION, provider }),
      }),
      "/healthz": () => Promise.resolve({ status: 200, type: TEXT, text: "ok\n" }),
      "/readyz": () => {
        const { reasons } = standing.readiness;
        const isReady = reasons.length === 0;
        return Promise.resolve({
          status: isReady ? 200 : 503,
          type: TEXT,
          text: isReady ? "ready\n" : `${reasons.join("\n")}\n`,
        });
      },
    },
    ...(page && { handler: page }),
    onFault,
  });
  if (place) tellWhere(service.local, place.given);
  return service;
}

/** Loaded only where it is asked for: gateways start as soon as before. */
async function openPage(
  { given, about, ...place }: PagePlace,
  observed: Observed,
  provider: string,
  serving: Omit<PageServing, "token">,
): Promise<Page> {
  const { Page } = await import("./page/page.ts");
  const source = { ...observed, ...place, about: { ...about, version: VERSION, provider } };
  return new Page(source, { ...serving, token: given.token });
}

/** To people alone, and once: logs do not have the token. */
function tellWhere({ address, port }: Endpoint, { token, isMade }: GivenPageToken): void {
  if (!isMade) return;
  const host = address.includes(":") ? `[${address}]` : address;
  console.error(`ike-resume gateway: the page is at http://${host}:${port}/, and its token for this run is ${token}`);
}

/** How many ticket keys a ring has in each phase. */
export function phasesOf(ring: TicketKeyRing): ReturnType<Observed["ticketKeys"]> {
  const { keys, staged, current } = ring;
  const age = systemClock().epochSeconds - (current.activeFromEpochSeconds ?? current.madeAtEpochSeconds);
  return {
    staged: staged.length,
    current: 1,
    previous: keys.length - staged.length - 1,
    currentAgeSeconds: Math.max(0, age),
  };
}
