/**
 * What decoding and encoding cost, on the recorded messages of a resumption: nanoseconds each, the least of several rounds.
 * Every message is compared after a round trip before its time counts. Prints one JSON object.
 *
 * @module
 */
import { cpus } from "node:os";
import process from "node:process";
import { decodeMessage, decodePayloads, encodeMessage, encodePayloads } from "../src/wire/message.ts";
import { peekHeader } from "../src/wire/header.ts";
import { checkRules } from "../src/wire/rules.ts";
import { recordedResumption } from "../tests/vectors/recorded_resumption.ts";
import { fromHex, toHex } from "../tests/vectors/vectors.ts";

const ROUNDS = 15;
const REPETITIONS = 20_000;

interface Result {
  readonly what: string;
  readonly octets: number;
  readonly decode_ns: number;
  readonly rules_ns: number;
  readonly encode_ns: number;
}

const resumption = recordedResumption().sas[1].messages;
const results = [
  ...resumption.slice(0, 4).map(({ from, exchange, raw }) => measureMessage(`${from} ${exchange}`, fromHex(raw))),
  ...resumption.slice(2, 4).map(({ from, exchange, inner_np, inner_plain }) =>
    measureInside(`${from} ${exchange} inside SK`, exchange, from === "responder", inner_np ?? 0, fromHex(inner_plain ?? ""))
  ),
];
const first = fromHex(resumption[0].raw);
const cut = first.subarray(0, 40);
console.log(JSON.stringify({
  runtime: "deno" in process.versions ? `deno ${process.versions.deno}` : `node ${process.versions.node}`,
  cpu: cpus()[0]?.model,
  results,
  peek_header_ns: leastNanoseconds(() => peekHeader(first)?.messageId ?? 0),
  refuse_cut_message_ns: leastNanoseconds(() => decodeMessage(cut).ok ? 1 : 0),
}));

function measureMessage(what: string, octets: Uint8Array): Result {
  const decoded = decodeMessage(octets);
  if (!decoded.ok || toHex(encodeMessage(decoded.value.header, decoded.value.payloads)) !== toHex(octets)) {
    throw new Error(`${what} does not survive a round trip`);
  }
  const { header, payloads } = decoded.value;
  return {
    what,
    octets: octets.length,
    decode_ns: leastNanoseconds(() => decodeMessage(octets).ok ? 1 : 0),
    rules_ns: leastNanoseconds(() => checkRules(header.exchangeType, header.isResponse, false, payloads) === undefined ? 1 : 0),
    encode_ns: leastNanoseconds(() => encodeMessage(header, payloads).length),
  };
}

function measureInside(what: string, exchange: number, isResponse: boolean, firstPayload: number, octets: Uint8Array): Result {
  const decoded = decodePayloads(firstPayload, octets);
  if (!decoded.ok || toHex(encodePayloads(decoded.value).octets) !== toHex(octets)) {
    throw new Error(`${what} does not survive a round trip`);
  }
  const payloads = decoded.value;
  return {
    what,
    octets: octets.length,
    decode_ns: leastNanoseconds(() => decodePayloads(firstPayload, octets).ok ? 1 : 0),
    rules_ns: leastNanoseconds(() => checkRules(exchange, isResponse, true, payloads) === undefined ? 1 : 0),
    encode_ns: leastNanoseconds(() => encodePayloads(payloads).octets.length),
  };
}

/** @param run returns a number that depends on its work, so that the work is not left out */
function leastNanoseconds(run: () => number): number {
  let least = Infinity;
  let sum = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < REPETITIONS; i++) sum += run();
    least = Math.min(least, (performance.now() - start) * 1e6 / REPETITIONS);
  }
  if (!Number.isFinite(sum)) throw new Error("the work gave no number");
  return Math.round(least);
}
