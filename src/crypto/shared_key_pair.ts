/**
 * One key pair for several exchanges: making one costs most of what answering a first message takes, and a responder may use it
 * again (RFC 7296, section 2.12), since every exchange has nonces of its own, and no invalid public value is accepted (RFC
 * 6989).
 *
 * @module
 */
import { type KeyPair, type PrivateValue, wipeKeyPair } from "./key_exchange.ts";

/** A key pair that several IKE SAs use for a while (RFC 7296, section 2.12), and that is wiped when the last of them has let go of it. */
export class SharedKeyPair {
  readonly #pair: KeyPair;
  #sharers = 0;
  #timesShared = 0;
  #isWiped = false;

  /** The pair is wiped here from now on. */
  constructor(pair: KeyPair) {
    this.#pair = pair;
  }

  /** How many times it was shared. */
  get timesShared(): number {
    return this.#timesShared;
  }

  /** Whether all who shared the pair have wiped it, so that it is gone. */
  get isWiped(): boolean {
    return this.#isWiped;
  }

  /**
   * The pair for one more exchange, to be wiped after it like any other. When all are wiped, the secret is.
   *
   * @throws {Error} it is gone.
   */
  share(): KeyPair {
    if (this.#isWiped) throw new Error("the shared key pair has been wiped");
    this.#sharers++;
    this.#timesShared++;
    const { group, publicValue, privateValue } = this.#pair;
    return { group, publicValue, privateValue: new Share(privateValue, this.#leave) };
  }

  readonly #leave = (): void => {
    if (--this.#sharers > 0) return;
    wipeKeyPair(this.#pair);
    this.#isWiped = true;
  };
}

/** What one exchange holds of the secret: there may be tens of thousands. */
class Share implements PrivateValue {
  readonly #secret: PrivateValue;
  #leave: (() => void) | undefined;

  constructor(secret: PrivateValue, leave: () => void) {
    this.#secret = secret;
    this.#leave = leave;
  }

  agree(peerPublicValue: Uint8Array): Uint8Array | undefined {
    if (this.#leave === undefined) throw new Error("the key pair has been wiped");
    return this.#secret.agree(peerPublicValue);
  }

  wipe(): void {
    this.#leave?.();
    this.#leave = undefined;
  }
}
