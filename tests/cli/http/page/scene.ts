/**
 * A page over a gateway that is made by hand.
 *
 * @module
 */
import { request } from "node:http";
import { HttpService, type HttpServiceOptions } from "../../../../src/cli/http/http_service.ts";
import { Page } from "../../../../src/cli/http/page/page.ts";
import type { PageSource } from "../../../../src/cli/http/page/page_source.ts";
import { Refusals } from "../../../../src/cli/http/refusal_counts.ts";
import type { EventObject } from "../../../../src/cli/effect_event.ts";
import { parseIdentity } from "../../../../src/configuration/mod.ts";
import { noHistograms } from "../../../../src/gateway/gateway_histograms.ts";
import type { IkeSaDescription, WhichIkeSas } from "../../../../src/gateway/ike_sa_administration.ts";
import { makeTicketKey, type TicketKey } from "../../../../src/ticket/ticket_key_ring.ts";
import { systemRandom } from "../../../../src/crypto/system_random.ts";

export const TOKEN = "a-token-of-sixteen-characters-or-more";

/** A gateway with so many IKE SAs, of which it notes what is done to them. */
export class MadeGateway {
  readonly asked: WhichIkeSas[] = [];
  readonly ended: WhichIkeSas[] = [];
  /** Lists that were given up before their end. */
  givenUp = 0;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  async *ikeSas(which: WhichIkeSas = "all"): AsyncGenerator<readonly IkeSaDescription[], void, undefined> {
    this.asked.push(which);
    let isOver = false;
    try {
      for (let at = 0; at < this.#count; at += 64) {
        yield Array.from({ length: Math.min(64, this.#count - at) }, (_, index) => ikeSa(at + index));
        await Promise.resolve();
      }
      isOver = true;
    } finally {
      if (!isOver) this.givenUp++;
    }
  }

  terminate(which: WhichIkeSas): Promise<number> {
    this.ended.push(which);
    return Promise.resolve(1);
  }
}

function ikeSa(index: number): IkeSaDescription {
  return {
    spis: { initiatorSpi: 1n, responderSpi: BigInt(1_000 + index) },
    initiatorId: parseIdentity(`user-${index}@example.org`),
    responderId: parseIdentity("gateway.example"),
    local: { address: "192.0.2.1", port: 500 },
    remote: { address: "192.0.2.7", port: 500 },
    udpEncapsulation: false,
    resumed: false,
    isEnding: false,
    heardMsAgo: 0,
    innerAddresses: [],
    childSas: [],
  };
}

export interface MadePage {
  readonly service: HttpService;
  readonly events: EventObject[];
  readonly faults: unknown[];
  readonly key: TicketKey;
}

/** A page, on loopback if no address is given. */
export async function madePage(
  gateway: PageSource["gateway"] = new MadeGateway(0),
  source: Partial<PageSource> = {},
  patience?: HttpServiceOptions["patience"],
  address = "127.0.0.1",
): Promise<MadePage> {
  const events: EventObject[] = [];
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => faults.push(fault);
  const key = makeTicketKey(systemRandom, 1_000);
  const page = new Page({
    counters: () => Promise.resolve({ ike_sas_established: 3 }),
    refusals: () => Promise.resolve(new Refusals().counts),
    histograms: () => Promise.resolve(noHistograms()),
    isStoreUp: () => true,
    ticketKeyRing: { keys: [key] },
    gateway,
    about: { version: "1.2.3", provider: "wasm", workers: 1, identity: "gateway.example" },
    tell: (event) => events.push(event),
    ...source,
  }, { token: TOKEN, remote: false, onFault });
  const service = await HttpService.listen({
    at: { address, port: 0 },
    answers: { "/healthz": () => Promise.resolve({ status: 200, type: "text/plain", text: "ok\n" }) },
    handler: page,
    onFault,
    ...(patience && { patience }),
  });
  return { service, events, faults, key };
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export function ask(port: number, path: string, { body, ...options }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => text += part);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.once("error", reject).end(body);
  });
}

export const OPENED = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** A call of the page's script. */
export function call(port: number, path: string, body: unknown, headers: Record<string, string> = OPENED): Promise<Answer> {
  return ask(port, path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
}
