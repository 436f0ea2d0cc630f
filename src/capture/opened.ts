/**
 * Opens the SK and SKF payloads of recorded messages with the keys of a key log.
 *
 * @module
 */
import type { CryptoProvider } from "../crypto/provider.ts";
import { FragmentBudget, FragmentBuffer } from "../ike/message/fragments.ts";
import { openedPayloads } from "../ike/message/protected_message.ts";
import { ikeSpiDigits } from "../wire/hexadecimal.ts";
import type { Message } from "../wire/message.ts";
import type { EncryptedFragmentPayload, EncryptedPayload, Payload } from "../wire/payload.ts";
import { describeWireError } from "../wire/wire_error.ts";
import { type LoggedKeys, type LoggedKeysFound, spisName } from "./key_log_lines.ts";

/** What came of opening a payload. */
export interface Opened {
  /** It was authentic under keys of the log. */
  readonly isOpened: boolean;
  /** What is inside, of a message in fragments with its last one; not given: nothing can be said of it. */
  readonly payloads?: readonly Payload[];
  /** Why there are none, where it is not because other fragments are missing yet. */
  readonly fault?: string;
}

/** Octets of incomplete messages that are kept, of all IKE SAs together. */
const MOST_FRAGMENT_OCTETS = 16_777_216;
/** IKE SAs whose fragments are kept at once. */
const MOST_BUFFERS = 4_096;
/** Nothing is sent from here. */
const LONGEST_MESSAGE = 65_535;

/** Opens what stands in the messages of a capture, in their order. */
export class Opener {
  readonly #keys: LoggedKeysFound["keys"];
  readonly #provider: Pick<CryptoProvider, "open">;
  readonly #budget = new FragmentBudget(MOST_FRAGMENT_OCTETS);
  /** By sender: the one that was used last stands last. */
  readonly #buffers = new Map<string, FragmentBuffer>();

  /** `keys`: of a key log. */
  constructor(keys: LoggedKeysFound["keys"], provider: Pick<CryptoProvider, "open">) {
    this.#keys = keys;
    this.#provider = provider;
  }

  /** Opens the SK or SKF payload of a message. Never throws. */
  open(message: Message, encrypted: EncryptedPayload | EncryptedFragmentPayload): Opened {
    const { initiatorSpi, responderSpi, fromInitiator } = message.header;
    const name = spisName(ikeSpiDigits(initiatorSpi), ikeSpiDigits(responderSpi));
    const candidates = this.#keys.get(name);
    if (candidates === undefined) return { isOpened: false, fault: "no keys for these SPIs" };
    const plaintext = this.#plaintextOf(message, encrypted.offset, candidates);
    if (plaintext === undefined) return { isOpened: false, fault: "not authentic under the keys for these SPIs" };
    const payloads = openedPayloads(encrypted, plaintext, message, this.#bufferOf(`${name},${fromInitiator}`));
    if (payloads === undefined) return { isOpened: true };
    return payloads.ok
      ? { isOpened: true, payloads: payloads.value }
      : { isOpened: true, fault: describeWireError(payloads.error) };
  }

  /** Keys change within an IKE SA by IKE_INTERMEDIATE (RFC 9370): the latest are tried first. */
  #plaintextOf({ header, octets }: Message, offset: number, candidates: readonly LoggedKeys[]): Uint8Array | undefined {
    const sender = header.fromInitiator ? "initiator" : "responder";
    for (const { protection, encryption, integrity } of candidates.toReversed()) {
      const request = {
        protection,
        encryptionKey: encryption[sender],
        integrityKey: integrity[sender],
        sealed: octets,
        associatedDataLength: offset,
      };
      const [plaintext] = this.#provider.open([request]);
      if (plaintext) return plaintext;
    }
    return undefined;
  }

  #bufferOf(sender: string): FragmentBuffer {
    const buffer = this.#buffers.get(sender) ?? new FragmentBuffer(LONGEST_MESSAGE, this.#budget);
    this.#buffers.delete(sender);
    this.#buffers.set(sender, buffer);
    for (const [oldest, held] of this.#buffers) {
      if (this.#buffers.size <= MOST_BUFFERS) break;
      held.giveUp();
      this.#buffers.delete(oldest);
    }
    return buffer;
  }
}
