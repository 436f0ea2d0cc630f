/**
 * Why a client is not connected.
 *
 * @module
 */
import type { DownReason } from "../ike/states/effect.ts";

/** The IKE SA could not be made, or its first Child SA could not. */
export class ConnectionError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in logs. */
  override readonly name = "ConnectionError";
  /** Why, in a word for programs; `message` is for people. */
  readonly reason: DownReason | "child-sa-failed";

  /** With the reason "redirected": the address or host name of the gateway to go to. */
  readonly redirectedTo?: string;

  /** `redirectedTo`: with the reason "redirected" alone. */
  constructor(reason: DownReason | "child-sa-failed", message: string, redirectedTo?: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    if (redirectedTo !== undefined) this.redirectedTo = redirectedTo;
  }
}
