/**
 * Ticket keys that are the same in all workers: the main thread has the ring, and sends its keys whenever they change.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { type TicketKey, ticketKeyName } from "../../ticket/ticket_key.ts";
import { TicketKeyRing } from "../../ticket/ticket_key_ring.ts";
import type { SharedTicketKeys } from "./messages.ts";

/** How often the main thread looks whether its ring's keys are others, in milliseconds. */
const LOOK_INTERVAL_MS = 250;

/** The main thread's side. */
export class SharedTicketKeyRing {
  readonly #ring: TicketKeyRing;
  readonly #random: RandomSource;
  readonly #nowEpochSeconds: () => number;
  readonly #onChange: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #names: string;

  /** `onChange` is called when the keys are others than they were. It must not throw. */
  constructor(ring: TicketKeyRing, random: RandomSource, nowEpochSeconds: () => number, onChange: () => void) {
    this.#ring = ring;
    this.#random = random;
    this.#nowEpochSeconds = nowEpochSeconds;
    this.#onChange = onChange;
    ring.advance(nowEpochSeconds());
    this.#names = namesOf(ring);
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
  }

  /** For one worker of so many: its own copies, whose buffers may be transferred. */
  copies(workers: number): SharedTicketKeys {
    const { ticketLifetimeSeconds, sealLimit } = this.#ring.policy;
    return {
      keys: this.#ring.keys.map((key) => ({ ...key, key: key.key.slice(), keyId: key.keyId.slice() })),
      ticketLifetimeSeconds,
      sealLimit: Math.max(1, Math.floor(sealLimit / workers)),
    };
  }

  /** Tells the ring the time, and the workers its keys if they are others now. */
  look(): void {
    this.#ring.advance(this.#nowEpochSeconds());
    const names = namesOf(this.#ring);
    if (names === this.#names) return;
    this.#names = names;
    this.#onChange();
  }

  /** A worker may seal no more under a key, its current one: a ring that makes keys makes one. Several workers may say so of one key. */
  exhausted(keyId: Uint8Array): void {
    const isReplaced = ticketKeyName(keyId) !== ticketKeyName(this.#ring.current.keyId);
    if (isReplaced || !this.#ring.policy.makesKeys) return;
    this.#ring.rotate(this.#random, this.#nowEpochSeconds());
    try {
      this.#ring.onKeyMade?.();
    } catch (fault) {
      this.#ring.onKeyMadeFault?.(fault);
    }
    this.look();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** A change of what a key may do is none of its name. */
function namesOf(ring: TicketKeyRing): string {
  return ring.keys.map(({ keyId, activeFromEpochSeconds }) => `${ticketKeyName(keyId)}:${activeFromEpochSeconds}`).join();
}

/** A worker's side: a ring that makes no keys. */
export class TicketKeyRingCopy extends TicketKeyRing {
  readonly #onExhausted: (keyId: Uint8Array) => void;
  #exhausted: TicketKey | undefined;

  /** `onExhausted`: no key may seal any more, the current one neither. Told once for each. */
  constructor(
    { keys, ticketLifetimeSeconds, sealLimit }: SharedTicketKeys,
    random: RandomSource,
    onExhausted: (keyId: Uint8Array) => void,
  ) {
    super(keys, random, { makesKeys: false, ticketLifetimeSeconds, sealLimit });
    this.#onExhausted = onExhausted;
  }

  override keyForSealing(): TicketKey | undefined {
    const key = super.keyForSealing();
    if (key === undefined && this.#exhausted !== this.current) {
      this.#exhausted = this.current;
      this.#onExhausted(this.current.keyId);
    }
    return key;
  }
}
