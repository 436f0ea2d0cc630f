/**
 * EAP-TLS at a client (RFC 5216; RFC 9190).
 *
 * @module
 */
import type { CertificateAuthentication } from "../../ike/authentication/certificate_authentication.ts";
import type { EapPeerMethod } from "../../ike/authentication/eap/eap_method.ts";
import { outcomeOf, type Step } from "../../ike/steps/step.ts";
import type { Identity } from "../../ticket/identity.ts";
import { TlsFragments } from "./tls_fragments.ts";
import { EAP_TLS_TYPE, emptyPacket, isEmpty, readTlsPacket, type TlsPacket } from "./tls_packet.ts";
import type { TlsPlaces } from "./tls_places.ts";
import { type OpenTls, TlsSession } from "./tls_session.ts";

export interface EapTlsPeerOptions {
  readonly certificates: Pick<CertificateAuthentication, "judge">;
  readonly open: OpenTls;
  readonly places: TlsPlaces;
  readonly nowEpochSeconds: () => number;
  /** Whom the server's certificate has to name. */
  readonly serverIdentity: Identity;
}

export class EapTlsPeer implements EapPeerMethod {
  readonly type: number = EAP_TLS_TYPE;
  readonly #options: EapTlsPeerOptions;
  readonly #fragments = new TlsFragments();
  #session: TlsSession | undefined;
  /** The server's certificate is right, and this is the key. */
  #msk: Uint8Array | undefined;
  /** TLS 1.3: the server has said that it has no more to say. TLS 1.2 says so by its Finished. */
  #isCommitted = false;

  constructor(options: EapTlsPeerOptions) {
    this.#options = options;
  }

  *respond(typeData: Uint8Array): Step<Uint8Array | undefined> {
    let answer: Uint8Array | undefined;
    try {
      return answer = yield* this.#answer(typeData);
    } finally {
      // Over, or waited for no longer.
      if (answer === undefined) this.#close();
    }
  }

  finish(): { readonly msk?: Uint8Array } | undefined {
    const msk = this.#isCommitted ? this.#msk : undefined;
    this.#close();
    return msk && { msk };
  }

  *#answer(typeData: Uint8Array): Step<Uint8Array | undefined> {
    const packet = readTlsPacket(typeData);
    if (packet === undefined) return undefined;
    if (packet.isStart) return this.#session ? undefined : yield* this.#start(packet);
    if (this.#session === undefined) return undefined;
    const taken = this.#fragments.take(packet);
    if (taken === undefined || "packet" in taken) return taken?.packet;
    // The server has to say something: an empty packet is no answer to a whole message.
    if (taken.whole.length === 0) return undefined;
    return yield* this.#said(this.#handshake(this.#session, taken.whole));
  }

  *#start(packet: TlsPacket): Step<Uint8Array | undefined> {
    if (!isEmpty({ ...packet, isStart: false })) return undefined;
    const session = this.#options.places.take(() => new TlsSession(this.#options.open));
    this.#session = session;
    return yield* this.#said(session.turn());
  }

  *#said(answer: Promise<Uint8Array | undefined>): Step<Uint8Array | undefined> {
    const said = yield* outcomeOf("EAP-TLS", answer);
    if (said.kind === "failed" || said.value === undefined) return undefined;
    return said.value.length > 0 ? this.#fragments.say(said.value) : emptyPacket();
  }

  /** What is said to a message of the server's; `undefined`: it has not proven itself, and is told nothing more. */
  async #handshake(session: TlsSession, message: Uint8Array): Promise<Uint8Array | undefined> {
    const said = await session.turn(message);
    if (session.state === "handshake") return said;
    if (session.state === "failed") {
      // This end's alert, or nothing to the server's: it says Failure then, and Success is not believed (RFC 5216, section 2.1.3).
      this.#msk = undefined;
      this.#isCommitted = false;
      return said;
    }
    if (this.#msk === undefined) {
      if (!session.isFull || !await this.#isRight(session) || session.state !== "up") return undefined;
      this.#msk = session.masterSessionKey();
      this.#isCommitted = !session.isTls13;
    }
    if (session.isTls13 && session.data.length > 0) this.#isCommitted = session.data.length === 1 && session.data[0] === 0;
    return said;
  }

  /** Before this end's certificate and its last word are sent, in TLS 1.3. */
  async #isRight(session: TlsSession): Promise<boolean> {
    const verdict = await this.#options.certificates.judge({
      identity: this.#options.serverIdentity,
      certificates: session.certificates(),
      nowEpochSeconds: this.#options.nowEpochSeconds(),
    });
    return !("refusal" in verdict) && verdict.namesIdentity;
  }

  #close(): void {
    if (this.#session) this.#options.places.leave(this.#session);
  }
}
