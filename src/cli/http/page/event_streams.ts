/**
 * Server-sent events to all who look, a bounded number of them. Who reads too slowly misses some; who reads nothing is given up.
 *
 * @module
 */
import type { ServerResponse } from "node:http";
import { clearTimeout, setTimeout } from "node:timers";

/** Who may look at once. */
const MOST_STREAMS = 8;
/** How long a reader may take nothing, in milliseconds. */
const READ_PATIENCE_MS = 10_000;

export class EventStreams {
  readonly #patienceMs: number;
  readonly #streams = new Set<Stream>();

  /** @param readPatienceMs how long a reader may take nothing; default: 10 s */
  constructor(readPatienceMs: number = READ_PATIENCE_MS) {
    this.#patienceMs = readPatienceMs;
  }

  /** How many look. */
  get size(): number {
    return this.#streams.size;
  }

  /** Whether one more may look. */
  get hasRoom(): boolean {
    return this.#streams.size < MOST_STREAMS;
  }

  /** Adds one whose head is written; `first` is what it has missed. */
  add(response: ServerResponse, first: string): void {
    const stream: Stream = { response, timer: undefined };
    this.#streams.add(stream);
    response.once("close", () => this.#remove(stream));
    response.on("error", () => this.#remove(stream));
    response.on("drain", () => {
      clearTimeout(stream.timer);
      stream.timer = undefined;
    });
    this.#write(stream, eventText(first));
  }

  /** The same to all, but those who have not read what came before. */
  say(data: string): void {
    const text = eventText(data);
    for (const stream of this.#streams) if (stream.timer === undefined) this.#write(stream, text);
  }

  close(): void {
    for (const { response } of this.#streams) response.destroy();
  }

  #write(stream: Stream, text: string): void {
    if (stream.response.write(text)) return;
    stream.timer = setTimeout(() => stream.response.destroy(), this.#patienceMs);
  }

  #remove(stream: Stream): void {
    clearTimeout(stream.timer);
    this.#streams.delete(stream);
  }
}

interface Stream {
  readonly response: ServerResponse;
  /** Runs while what was written waits to be read. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** @param data one line */
function eventText(data: string): string {
  return `data: ${data}\n\n`;
}
