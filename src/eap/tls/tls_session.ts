/**
 * The runtime's own TLS, over memory: one message in, what TLS says to it out.
 *
 * @module
 */
import { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { wipe } from "../../crypto/wipe.ts";
import { concatenate } from "../../wire/octets.ts";
import { MOST_CERTIFICATES } from "../../ike/authentication/certificate_authentication.ts";
import { EAP_TLS_TYPE } from "./tls_packet.ts";

/**
 * Turns of the event loop without a word of TLS after which it has none. All of a handshake is done in the runtime's own thread as soon as octets come
 * in, and what it says is handed over in the next turn, on all versions of Node: no time is waited for.
 */
const QUIET_TURNS = 8;

/** Octets of the keying material: MSK and EMSK (RFC 5216, section 2.3). */
const KEYING_MATERIAL_LENGTH = 128;
const MSK_LENGTH = 64;
const LABEL_TLS_1_2 = "client EAP encryption";
const LABEL_TLS_1_3 = "EXPORTER_EAP_TLS_Key_Material";
/** Octets of application data that are kept: RFC 9190 knows of one. */
const MOST_DATA = 16;

/** What opens a session's socket over a stream; it may not begin before somebody listens. */
export type OpenTls = (stream: Duplex) => TLSSocket;

export class TlsSession {
  readonly #stream: Duplex;
  readonly #socket: TLSSocket;
  #said: Uint8Array[] = [];
  #quietTurns = 0;
  #data: number[] = [];
  #state: "handshake" | "up" | "failed" = "handshake";

  constructor(open: OpenTls) {
    this.#stream = new Duplex({
      read: () => {},
      write: (octets: Uint8Array, _encoding, done) => {
        this.#said.push(new Uint8Array(octets));
        this.#quietTurns = 0;
        done();
      },
      final: (done) => done(),
    });
    this.#socket = open(this.#stream);
    const isUp = (): void => {
      if (this.#state === "handshake") this.#state = "up";
      this.#quietTurns = 0;
    };
    const hasFailed = (): void => {
      this.#state = "failed";
      this.#quietTurns = 0;
    };
    // A server tells the first, a client the second.
    this.#socket.on("secure", isUp).on("secureConnect", isUp);
    this.#socket.on("error", hasFailed).on("end", hasFailed).on("close", hasFailed);
    this.#socket.on("data", (octets: Uint8Array) => this.#data.push(...octets.subarray(0, MOST_DATA - this.#data.length)));
    this.#stream.on("error", hasFailed);
  }

  /** `up`: the handshake is over; `failed`: it has come to an alert, or to an end. */
  get state(): "handshake" | "up" | "failed" {
    return this.#state;
  }

  /** Application data that has come. */
  get data(): readonly number[] {
    return this.#data;
  }

  /** Whether this is TLS 1.3. */
  get isTls13(): boolean {
    return this.#socket.getProtocol() === "TLSv1.3";
  }

  /** Whether the other end has proven itself in this handshake, not in one before it. */
  get isFull(): boolean {
    return !this.#socket.isSessionReused();
  }

  /** Gives TLS a message, if there is one, and takes what it says to it. */
  async turn(octets: Uint8Array = NOTHING): Promise<Uint8Array> {
    if (octets.length > 0 && this.#state !== "failed") this.#stream.push(octets);
    for (this.#quietTurns = 0; this.#quietTurns < QUIET_TURNS; this.#quietTurns++) await setImmediate();
    const said = concatenate(this.#said);
    this.#said = [];
    return said;
  }

  /** Says this as application data, with the next turn. */
  write(data: Uint8Array): void {
    this.#socket.write(data);
  }

  /** The other end's certificates, DER: its own, then those above it. */
  certificates(): readonly Uint8Array[] {
    const found: Uint8Array[] = [];
    const peer = this.#socket.getPeerCertificate(true);
    for (let one: PeerCertificate | undefined = peer; one?.raw; one = above(one)) {
      found.push(new Uint8Array(one.raw));
      // One more than anybody takes: it is refused.
      if (found.length > MOST_CERTIFICATES) break;
    }
    return found;
  }

  /** The key that the handshake has made (RFC 5216, section 2.3; RFC 9190, section 2.3). */
  masterSessionKey(): Uint8Array {
    const exporter: object = this.#socket;
    const keyingMaterial = this.isTls13
      ? (exporter as Exporter).exportKeyingMaterial(KEYING_MATERIAL_LENGTH, LABEL_TLS_1_3, Uint8Array.of(EAP_TLS_TYPE))
      // RFC 5216 knows no context, which is not the same as an empty one.
      : (exporter as Exporter).exportKeyingMaterial(KEYING_MATERIAL_LENGTH, LABEL_TLS_1_2);
    const msk = Uint8Array.from(keyingMaterial.subarray(0, MSK_LENGTH));
    wipe(keyingMaterial);
    return msk;
  }

  close(): void {
    this.#state = "failed";
    this.#socket.destroy();
    this.#stream.destroy();
  }
}

const NOTHING = new Uint8Array(0);

/** What the types of the runtimes say otherwise: the context may be left out, and be any octets. */
interface Exporter {
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array;
}

/** A certificate that is its own issuer is the last. */
function above(certificate: PeerCertificate): PeerCertificate | undefined {
  const { issuerCertificate } = certificate as { readonly issuerCertificate?: PeerCertificate };
  return issuerCertificate === certificate ? undefined : issuerCertificate;
}
