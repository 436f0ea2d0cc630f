/**
 * Why a client is not connected.
 *
 * @module
 */
import type { DownReason } from "../ike/states/effect.ts";

/** The IKE SA could not be made, or its first Child SA could not. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** Why, in a word for programs; `message` is for people. */
  readonly reason: DownReason | "child-sa-failed";

  constructor(reason: DownReason | "child-sa-failed", message: string) {
    super(message);
    this.reason = reason;
  }
}
