/** A thread with a core of its own: seals and derives what it is told to, again and again, and answers with the results. */
import { parentPort, workerData } from "node:worker_threads";
import { loadWasmProvider } from "../../bindings/mod.ts";
import { AES_256_GCM, deriveKeysRequest, sealRequest, upTo } from "./requests.ts";

const { first, count, times } = workerData as { first: number; count: number; times: number };
const provider = await loadWasmProvider();
const results = Array.from({ length: times }, () => [
  ...provider.deriveKeys(upTo(count, (i) => deriveKeysRequest(first + i))),
  ...provider.seal(upTo(count, (i) => sealRequest(first + i, AES_256_GCM))),
]);
parentPort?.postMessage(results.map((octets) => octets.map((result) => result.slice())));
