/**
 * What a gateway tells the others of its domain, and hears from them: a client of theirs came back here, so that its old IKE SA goes there
 * (RFC 5723, section 4.3.4); or it came up alone of its identity.
 *
 * @module
 */
import type { NewsOfWorkers, OtherWorkers, ReplacedIdentity, ResumedSa } from "../../ike/policy/other_workers.ts";
import type { StoreChannel } from "../../store/store_channel.ts";
import { toHexadecimal } from "../../wire/hexadecimal.ts";
import { decodeDomainMessage, encodeDomainMessage, MOST_MEMBERS } from "./domain_message.ts";
import { NewsOfWave } from "./news_of_wave.ts";

/** How long a gateway waits to hear itself, in milliseconds: then it takes what it has told for the latest. */
const ECHO_PATIENCE_MS = 1_000;

/** Identities of one message: each may be long. */
const MOST_REPLACED = 64;

/** Which of several workers told it; always 0 where there are none. */
export type Teller = number;

export interface DomainNewsOptions {
  readonly channel: StoreChannel;
  /** Hears what concerns IKE SAs here: `teller` where this gateway told it, which is heard again in the order of all gateways. */
  readonly hear: (news: NewsOfWorkers, teller?: Teller) => void;
  /** Identities were revoked elsewhere. */
  readonly hearOfRevoked: () => void;
}

/** What a gateway counts of what it tells others that share its store. */
export interface DomainNewsCounters {
  /** Messages that this gateway could not send to the others: they keep the old IKE SAs of its clients until these are silent for too long. */
  domain_messages_unsent_total: number;
  /** Messages of the domain that made no sense. */
  domain_messages_refused_total: number;
}

interface Unheard {
  readonly replaced: readonly ReplacedIdentity[];
  readonly teller: Teller;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class DomainNews implements OtherWorkers {
  readonly #options: DomainNewsOptions;
  readonly #from = toHexadecimal(crypto.getRandomValues(new Uint8Array(8)));
  readonly #ofWave = new NewsOfWave((resumed, replaced) => this.tell(resumed, replaced, 0));
  readonly #unheard = new Map<number, Unheard>();
  readonly counters: DomainNewsCounters = { domain_messages_unsent_total: 0, domain_messages_refused_total: 0 };
  #lastNumber = 0;

  constructor(options: DomainNewsOptions) {
    this.#options = options;
    options.channel.subscribe((message) => this.#receive(message));
  }

  resumed(old: ResumedSa): void {
    this.#ofWave.resumed(old);
  }

  replaced(others: ReplacedIdentity): void {
    this.#ofWave.replaced(others);
  }

  /** What of it concerns this gateway itself comes back to `hear`. */
  tell(resumed: readonly ResumedSa[], replaced: readonly ReplacedIdentity[], teller: Teller): void {
    for (let from = 0; from < resumed.length; from += MOST_MEMBERS) {
      this.#tellSome(resumed.slice(from, from + MOST_MEMBERS), [], teller);
    }
    for (let from = 0; from < replaced.length; from += MOST_REPLACED) {
      this.#tellSome([], replaced.slice(from, from + MOST_REPLACED), teller);
    }
  }

  tellOfRevoked(): Promise<void> {
    return this.#publish({ resumed: [], replaced: [], hasRevoked: true }, ++this.#lastNumber);
  }

  close(): void {
    for (const { timer } of this.#unheard.values()) clearTimeout(timer);
    this.#unheard.clear();
  }

  #tellSome(resumed: readonly ResumedSa[], replaced: readonly ReplacedIdentity[], teller: Teller): void {
    const number = ++this.#lastNumber;
    if (replaced.length > 0) {
      const timer = setTimeout(() => this.#hearOwn(number), ECHO_PATIENCE_MS);
      this.#unheard.set(number, { replaced, teller, timer });
    }
    void this.#publish({ resumed, replaced, hasRevoked: false }, number).catch(() => this.#hearOwn(number));
  }

  async #publish(
    content: { resumed: readonly ResumedSa[]; replaced: readonly ReplacedIdentity[]; hasRevoked: boolean },
    number: number,
  ): Promise<void> {
    try {
      await this.#options.channel.publish(encodeDomainMessage({ from: this.#from, number, ...content }));
    } catch (error) {
      this.counters.domain_messages_unsent_total++;
      throw error;
    }
  }

  #receive(octets: Uint8Array): void {
    const message = decodeDomainMessage(octets);
    if (message === undefined) {
      this.counters.domain_messages_refused_total++;
      return;
    }
    const { from, number, resumed, replaced, hasRevoked } = message;
    if (from === this.#from) return this.#hearOwn(number);
    if (resumed.length + replaced.length > 0) this.#options.hear({ resumed, replaced, isOwn: false });
    if (hasRevoked) this.#options.hearOfRevoked();
  }

  #hearOwn(number: number): void {
    const unheard = this.#unheard.get(number);
    if (unheard === undefined) return;
    this.#unheard.delete(number);
    clearTimeout(unheard.timer);
    this.#options.hear({ resumed: [], replaced: unheard.replaced, isOwn: true }, unheard.teller);
  }
}
