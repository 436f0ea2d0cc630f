/**
 * What the bench and a measured process say to each other: an object as JSON, and octets behind it.
 *
 * The measured process reads and writes without an event loop, which is the gateway's alone: nothing of the bench's stands in it.
 *
 * @module
 */
import { readSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";

export interface Frame<Header> {
  readonly header: Header;
  readonly octets: Uint8Array;
}

/** Two lengths of four octets. */
const LENGTHS_OCTETS = 8;
const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;
const RETRY_MS = 1;

export function encodeFrame({ header, octets }: Frame<unknown>): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(LENGTHS_OCTETS + json.length + octets.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, json.length);
  view.setUint32(4, octets.length);
  frame.set(json, LENGTHS_OCTETS);
  frame.set(octets, LENGTHS_OCTETS + json.length);
  return frame;
}

/** Waits for a frame on standard input. `undefined`: it has ended. */
export function readFrame<Header>(): Frame<Header> | undefined {
  const lengths = readExactly(LENGTHS_OCTETS);
  if (lengths === undefined) return undefined;
  const [json, octets] = lengthsOf(lengths).map(readExactly);
  return json && octets && { header: headerOf(json), octets };
}

export function writeFrame(frame: Frame<unknown>): void {
  const encoded = encodeFrame(frame);
  for (let written = 0; written < encoded.length;) {
    written += orRetried(() => writeSync(STANDARD_OUTPUT, encoded, written));
  }
}

/** Tells of each frame that a stream brings. */
export function readFrames<Header>(stream: Readable, onFrame: (frame: Frame<Header>) => void): void {
  let received: Uint8Array = new Uint8Array(0);
  stream.on("data", (more: Uint8Array) => {
    received = joined(received, more);
    for (;;) {
      if (received.length < LENGTHS_OCTETS) return;
      const [json, octets] = lengthsOf(received);
      const end = LENGTHS_OCTETS + json + octets;
      if (received.length < end) return;
      const frame = received.subarray(LENGTHS_OCTETS, end);
      received = received.slice(end);
      onFrame({ header: headerOf(frame.subarray(0, json)), octets: frame.subarray(json) });
    }
  });
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function lengthsOf(octets: Uint8Array): [json: number, octets: number] {
  const view = new DataView(octets.buffer, octets.byteOffset);
  return [view.getUint32(0), view.getUint32(4)];
}

function headerOf<Header>(json: Uint8Array): Header {
  return JSON.parse(new TextDecoder().decode(json)) as Header;
}

function readExactly(length: number): Uint8Array | undefined {
  const octets = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const read = orRetried(() => readSync(STANDARD_INPUT, octets, filled, length - filled, null));
    if (read === 0) return undefined;
    filled += read;
  }
  return octets;
}

/** A pipe that a runtime has made one that does not wait is asked again. */
function orRetried(transfer: () => number): number {
  for (;;) {
    try {
      return transfer();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
