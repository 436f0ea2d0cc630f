/**
 * The gateway's HTTP server: metrics, whether it lives and is ready, and a page for people. Without a token it shows nothing of a client's.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Endpoint } from "../../ike/steps/datagram.ts";
import { TransportError } from "../../transport/transport_error.ts";
import { boundConnections } from "./connection_bound.ts";

/** What a request for one path is answered with. Awaited, with whatever it needs; what it throws is answered 500, and told to `onFault`. */
export type HttpAnswer = () => Promise<{ readonly status: number; readonly type: string; readonly text: string }>;

export interface HttpServiceOptions {
  readonly at: Endpoint;
  /** Names besides addresses and `localhost` that requests may call this server: a page of another site, which has its own name lead here, may not. */
  readonly hosts?: readonly string[];
  /** By path. */
  readonly answers: { readonly [path: string]: HttpAnswer };
  /** Is asked first. */
  readonly handler?: HttpHandler;
  /** How long the headers of a request, a whole request, and its answer until it is read, may take, in milliseconds. Default: 5, 10 and 30 s. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number; readonly answerMs?: number };
  readonly onFault: (fault: unknown) => void;
}

/** What answers requests of its own, whatever their method. */
export interface HttpHandler {
  /** Whether the request, whose path this is, is its own: it then answers it, and reads to its end what came with it. Must not throw. */
  take(path: string, request: IncomingMessage, response: ServerResponse): boolean;
  close(): void;
}

/** Bounds for slow and greedy clients: milliseconds, octets, connections. */
const PATIENCE = { headersMs: 5_000, requestMs: 10_000, answerMs: 30_000 };
/** How often it is looked for those who took too long. */
const CHECKED_EACH_MS = 1_000;
const HEADER_OCTETS = 8_192;
const MOST_CONNECTIONS = 64;
const TEXT = "text/plain; charset=utf-8";

export class HttpService {
  readonly #server: Server;
  readonly #handler: HttpHandler | undefined;

  private constructor(server: Server, handler: HttpHandler | undefined) {
    this.#server = server;
    this.#handler = handler;
  }

  /** @throws {TransportError} the address cannot be listened on */
  static async listen(options: HttpServiceOptions): Promise<HttpService> {
    const { headersMs, requestMs, answerMs } = { ...PATIENCE, ...options.patience };
    const server = createServer(
      {
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: Math.min(CHECKED_EACH_MS, headersMs),
        maxHeaderSize: HEADER_OCTETS,
        keepAliveTimeout: headersMs,
      },
      (request, response) => {
        if (request.socket.destroyed) return;
        // Whatever is wrong with an answer ends its connection, and nothing else.
        answer(request, response, options).catch((fault) => {
          response.destroy();
          options.onFault(fault);
        });
      },
    );
    boundConnections(server, { most: MOST_CONNECTIONS, answerMs });
    const { address, port } = options.at;
    await new Promise<void>((resolve, reject) => {
      server.once(
        "error",
        (error) => reject(new TransportError(`cannot listen on ${address} port ${port} (TCP): ${error.message}`)),
      );
      server.listen({ host: address, port }, resolve);
    });
    server.on("error", options.onFault);
    return new HttpService(server, options.handler);
  }

  /** Where it listens: the port is one that the system has chosen, if 0 was asked for. */
  get local(): Endpoint {
    const bound = this.#server.address();
    if (bound === null || typeof bound === "string") throw new Error("the HTTP server is closed");
    return { address: bound.address, port: bound.port };
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#handler?.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HttpServiceOptions): Promise<void> {
  const give = (status: number, type: string, text: string) => {
    response.writeHead(status, {
      "content-type": type,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'",
    });
    response.end(request.method === "HEAD" ? undefined : text);
    // Whoever sends octets that nobody asked for is not read.
    request.resume();
  };
  if (!isOurName(request.headers.host, options.hosts ?? [])) return give(421, TEXT, "not the name of this server\n");
  const path = (request.url ?? "").split("?")[0];
  if (options.handler?.take(path, request, response)) return;
  if (request.method !== "GET" && request.method !== "HEAD") return give(405, TEXT, "allowed are GET and HEAD\n");
  const make = Object.hasOwn(options.answers, path) ? options.answers[path] : undefined;
  if (make === undefined) return give(404, TEXT, `there are ${Object.keys(options.answers).join(", ")}\n`);
  try {
    const { status, type, text } = await make();
    give(status, type, text);
  } catch (fault) {
    options.onFault(fault);
    give(500, TEXT, "it could not be told\n");
  }
}

/** A page of another site can have its own name lead to this machine, and read what is answered: it cannot change the name that it asks for. */
function isOurName(host: string | undefined, allowed: readonly string[]): boolean {
  if (host === undefined) return false;
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || isIP(name) !== 0 || allowed.some((each) => each.toLowerCase() === name);
}
