/**
 * EAP-TLS at a gateway (RFC 5216; RFC 9190): the client proves itself in a TLS handshake, which this carries.
 *
 * @module
 */
import type { CertificateAuthentication, NamedCertificate } from "../../ike/authentication/certificate_authentication.ts";
import type { EapServerMethod, EapServerOutcome } from "../../ike/authentication/eap/eap_method.ts";
import { outcomeOf, type Step } from "../../ike/steps/step.ts";
import { type Identity, sameIdentity } from "../../ticket/identity.ts";
import { TlsFragments } from "./tls_fragments.ts";
import { EAP_TLS_TYPE, isEmpty, readTlsPacket, startPacket } from "./tls_packet.ts";
import type { TlsPlaces } from "./tls_places.ts";
import { type OpenTls, TlsSession } from "./tls_session.ts";

export interface EapTlsServerOptions {
  readonly certificates: Pick<CertificateAuthentication, "judge">;
  readonly open: OpenTls;
  readonly places: TlsPlaces;
  readonly nowEpochSeconds: () => number;
  /** Whom the client says it is: its identity, where its certificate names it. */
  readonly initiatorId?: Identity;
}

/** What the handshake has come to, once all of it is said. */
type End =
  | { readonly kind: "failed" }
  | { readonly kind: "proven"; readonly msk: Uint8Array; readonly client: NamedCertificate };

/** Says that the server has no more to say, and is content (RFC 9190, section 2.5). */
const COMMITMENT = Uint8Array.of(0);

export class EapTlsServer implements EapServerMethod {
  readonly type: number = EAP_TLS_TYPE;
  readonly #options: EapTlsServerOptions;
  readonly #fragments = new TlsFragments();
  #session: TlsSession | undefined;
  #end: End | undefined;

  constructor(options: EapTlsServerOptions) {
    this.#options = options;
  }

  // deno-lint-ignore require-yield -- the start waits for nothing.
  *begin(): Step<EapServerOutcome> {
    return { kind: "request", typeData: startPacket() };
  }

  *respond(typeData: Uint8Array): Step<EapServerOutcome> {
    let outcome: EapServerOutcome | undefined;
    try {
      return outcome = yield* this.#answer(typeData);
    } finally {
      // Over, failed by a fault, or waited for no longer.
      if (outcome?.kind !== "request") this.#close();
    }
  }

  *#answer(typeData: Uint8Array): Step<EapServerOutcome> {
    const packet = readTlsPacket(typeData);
    if (packet === undefined || packet.isStart) return FAILURE;
    const taken = this.#fragments.take(packet);
    if (taken === undefined) return FAILURE;
    if ("packet" in taken) return { kind: "request", typeData: taken.packet };
    if (this.#end) return isEmpty(packet) ? outcomeOfEnd(this.#end, this.#options.initiatorId) : FAILURE;
    if (taken.whole.length === 0) return FAILURE;
    this.#session ??= this.#options.places.take(() => new TlsSession(this.#options.open));
    const said = yield* outcomeOf("EAP-TLS", this.#handshake(this.#session, taken.whole));
    // Told to the gateway's owner as a fault of the method.
    if (said.kind === "failed") throw said.fault;
    return said.value && said.value.length > 0 ? { kind: "request", typeData: this.#fragments.say(said.value) } : FAILURE;
  }

  /** What TLS says to a message; `undefined`: the client has not proven itself. */
  async #handshake(session: TlsSession, message: Uint8Array): Promise<Uint8Array | undefined> {
    const said = await session.turn(message);
    if (session.state === "handshake") return said;
    if (session.state === "failed") {
      // An alert, perhaps, which the client acknowledges (RFC 5216, section 2.1.3).
      this.#end = { kind: "failed" };
      return said;
    }
    if (!session.isFull) return undefined;
    const client = await this.#options.certificates.judge({
      identity: this.#options.initiatorId,
      certificates: session.certificates(),
      nowEpochSeconds: this.#options.nowEpochSeconds(),
    });
    // Another may have taken its place meanwhile.
    if ("refusal" in client || session.state !== "up") return undefined;
    this.#end = { kind: "proven", msk: session.masterSessionKey(), client };
    if (!session.isTls13) return said;
    session.write(COMMITMENT);
    const committed = await session.turn();
    return Uint8Array.of(...said, ...committed);
  }

  #close(): void {
    if (this.#session) this.#options.places.leave(this.#session);
    this.#session = undefined;
  }
}

const FAILURE: EapServerOutcome = { kind: "failure" };

/** The identity is IDi where the certificate names it, else the first name in it. */
function outcomeOfEnd(end: End, initiatorId: Identity | undefined): EapServerOutcome {
  if (end.kind === "failed") return FAILURE;
  const { chain, endsAtEpochSeconds, ticketNames, names: [first], namesIdentity } = end.client;
  const isOther = !namesIdentity && (initiatorId === undefined || !sameIdentity(first, initiatorId));
  return {
    kind: "success",
    msk: end.msk,
    certificates: chain,
    certificatesEndAtEpochSeconds: endsAtEpochSeconds,
    certificateNames: ticketNames,
    ...(isOther && { identity: first }),
  };
}
