/**
 * The error of a gateway's process, apart: the program tells it in one line, and starts no process for most of its commands.
 *
 * @module
 */

/** The gateway's process could not be started, or ended when it should not have. */
export class GatewayProcessError extends Error {
  override readonly name = "GatewayProcessError";
}
