/**
 * The error of a load's worker, apart: the program tells it in one line, and starts no worker for most of its commands.
 *
 * @module
 */

/** A worker could not be started, or ended before it had begun; `status`: by this one. */
export class LoadWorkerError extends Error {
  override readonly name = "LoadWorkerError";
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}
