/**
 * The gateway's page for people: its files, which tell nothing, and what it asks for, which takes the token.
 *
 * The token comes in a header that the page's own script sets. No browser sends it by itself, so no page of another site can make requests that count.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../../../store/owners_file.ts";
import { controlRequest, ControlRequestError, whichOf } from "../../control/control_request.ts";
import { ikeSaJson } from "../../control/ike_sa_json.ts";
import type { HttpHandler } from "../http_service.ts";
import { ClientLists } from "./client_lists.ts";
import { EventStreams } from "./event_streams.ts";
import { PAGE_ASSETS } from "./page_assets.ts";
import { isFromLoopback, isOwnPage, jsonOf, PageToken } from "./page_request.ts";
import { PageSamples } from "./page_samples.ts";
import type { PageSource } from "./page_source.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** Scripts and styles of this server alone, none within the page; and no other page may hold this one. */
const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

export interface PageServing {
  readonly token: string;
  /** Whether it is answered at other addresses than loopback. */
  readonly remote: boolean;
  readonly onFault: (fault: unknown) => void;
}

/** A call of the page's script. Gives what it is answered with, unless it has answered itself. */
interface Call {
  readonly method: "GET" | "POST";
  readonly call: (request: IncomingMessage, response: ServerResponse) => Promise<object> | undefined;
}

export class Page implements HttpHandler {
  readonly #source: PageSource;
  readonly #token: PageToken;
  readonly #serving: PageServing;
  readonly #lists: ClientLists;
  readonly #streams = new EventStreams();
  readonly #samples: PageSamples;
  readonly #calls: { readonly [path: string]: Call } = {
    "/page/stream": { method: "GET", call: (_request, response) => this.#stream(response) },
    "/page/clients": { method: "POST", call: (request) => this.#clients(request) },
    "/page/terminate": { method: "POST", call: (request) => this.#terminate(request) },
  };

  constructor(source: PageSource, serving: PageServing) {
    this.#source = source;
    this.#serving = serving;
    this.#token = new PageToken(serving.token);
    this.#lists = new ClientLists(source.gateway);
    this.#samples = new PageSamples(source, (sample, state) => {
      if (this.#streams.size > 0) this.#streams.say(JSON.stringify({ samples: [sample], state }));
    });
  }

  take(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const asset = Object.hasOwn(PAGE_ASSETS, path) ? PAGE_ASSETS[path] : undefined;
    const called = Object.hasOwn(this.#calls, path) ? this.#calls[path] : undefined;
    if (asset === undefined && called === undefined) return false;
    if (!this.#serving.remote && !isFromLoopback(request)) {
      refuse(request, response, 403, "the page is answered on loopback alone, see --http-page-remote");
    } else if (asset) {
      if (request.method !== "GET" && request.method !== "HEAD") refuse(request, response, 405, "allowed are GET and HEAD");
      else give(request, response, 200, asset.type, asset.text);
    } else if (called) {
      this.#call(called, request, response);
    }
    return true;
  }

  close(): void {
    this.#samples.close();
    this.#streams.close();
    this.#lists.close();
  }

  #call({ method, call }: Call, request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== method) return refuse(request, response, 405, `allowed is ${method}`);
    if (!this.#token.opens(request.headers.authorization)) return refuse(request, response, 401, "not the token of this page");
    if (!isOwnPage(request)) return refuse(request, response, 403, "another page asks");
    void (async () => {
      try {
        const answer = await call(request, response);
        if (answer) give(request, response, 200, JSON_TYPE, JSON.stringify(answer));
      } catch (fault) {
        if (fault instanceof Refusal) return refuse(request, response, fault.status, fault.message);
        this.#serving.onFault(fault);
        if (!response.headersSent) refuse(request, response, 500, "it could not be done");
      }
    })();
  }

  #stream(response: ServerResponse): undefined {
    const { samples, state } = this.#samples;
    if (!this.#streams.hasRoom) throw new Refusal(503, "too many look at this page: close one of them");
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
    this.#streams.add(response, JSON.stringify({ about: this.#source.about, samples, state }));
  }

  /** The first page of those that a request names, or the next of a list. */
  async #clients(request: IncomingMessage): Promise<object> {
    const { more, ...which } = await objectOf(request);
    if (!this.#lists.hasRoom) throw new Refusal(503, "too many look for clients: try again");
    const found =
      await (typeof more === "string" ? this.#lists.next(more) : this.#lists.begin(whichOf(requestOf("list", which))));
    if (found === undefined) throw new Refusal(410, "this list is over: find the clients again");
    return { ike_sas: found.ikeSas.map(ikeSaJson), more: found.more ?? null };
  }

  /** One IKE SA, by its SPI. */
  async #terminate(request: IncomingMessage): Promise<object> {
    const { spi } = await objectOf(request);
    if (typeof spi !== "string") throw new Refusal(400, "expected an object with spi");
    const count = await this.#source.gateway.terminate(whichOf(requestOf("terminate", { spi })));
    this.#source.tell({ event: "control-command", command: "terminate", count, by: "page" });
    return { count };
  }
}

/** Why a request is not answered. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, words: string) {
    super(words);
    this.status = status;
  }
}

/** A request in the terms of the control socket. */
function requestOf(command: "list" | "terminate", which: object): Parameters<typeof whichOf>[0] {
  try {
    const asked = controlRequest(JSON.stringify({ ...which, command })) as Parameters<typeof whichOf>[0];
    whichOf(asked);
    return asked;
  } catch (error) {
    if (error instanceof ControlRequestError) throw new Refusal(400, messageOf(error));
    throw error;
  }
}

async function objectOf(request: IncomingMessage): Promise<{ readonly [name: string]: unknown }> {
  const value = await jsonOf(request);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal(400, "expected a JSON object");
  return value as { readonly [name: string]: unknown };
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, error: string): void {
  give(request, response, status, JSON_TYPE, JSON.stringify({ error }));
}

function give(request: IncomingMessage, response: ServerResponse, status: number, type: string, text: string): void {
  const more = status === 401 ? { "www-authenticate": "Bearer" } : {};
  response.writeHead(status, { ...HEADERS, ...more, "content-type": type });
  response.end(request.method === "HEAD" ? undefined : text);
  request.resume();
}
