/**
 * A worker that says that it serves, and does nothing.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";

parentPort!.on("message", () => {});
parentPort!.postMessage({ type: "listening" });
