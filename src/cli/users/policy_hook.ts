/**
 * A hook that says who may come in and by which rules: asked about one identity once, bounded in time and number, and its answers kept for a while.
 * Where there is no answer, or none that does, its client is refused, and nobody else notices.
 *
 * @module
 */
import { formatIdentity } from "../../configuration/mod.ts";
import { type Identity, identityKey } from "../../ticket/identity.ts";
import { messageOf } from "../../store/owners_file.ts";
import { type EventObject, seenText } from "../effect_event.ts";
import { type Decision, KeptDecisions } from "./kept_decisions.ts";
import { parseAnswer, questionText } from "./policy_answer.ts";
import type { Ask } from "./policy_command.ts";
import type { StatedRules } from "./user_rules.ts";

export interface PolicyHookOptions {
  readonly ask: Ask;
  /** Milliseconds that an answer may take, those of waiting for its turn among them. */
  readonly timeoutMs: number;
  /** Questions at once. */
  readonly concurrency: number;
  /** How long an answer counts that allows, and one that refuses, in milliseconds. */
  readonly allowedMs: number;
  readonly refusedMs: number;
  /** Identities whose answers are kept. */
  readonly cacheSize: number;
  /** `undefined`: who has such rules may not come in. */
  readonly rulesOf: (stated: StatedRules & { readonly group?: string }, whose: string) => Decision;
  readonly now: () => number;
  readonly tell: (event: EventObject) => void;
  readonly complain: (line: string) => void;
}

export interface PolicyCounters {
  policy_questions_total: number;
  policy_refusals_total: number;
  policy_faults_total: number;
}

/** Those that wait for their turn; beyond, a client is refused at once. */
const MOST_WAITING = 1_000;
/** After a fault nobody is asked about the same identity for so long. */
const FAULT_MS = 1_000;
const COMPLAINT_INTERVAL_MS = 10_000;

export class PolicyHook {
  readonly #options: PolicyHookOptions;
  /** Answers that allow, and those that refuse: whoever is refused under many names drives out nobody who is up. */
  readonly #allowed: KeptDecisions;
  readonly #refused: KeptDecisions;
  readonly #asked = new Map<string, Promise<Decision>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** How often all was forgotten. */
  #epoch = 0;
  #complainedAtMs = -Infinity;
  readonly counters: PolicyCounters = { policy_questions_total: 0, policy_refusals_total: 0, policy_faults_total: 0 };

  constructor(options: PolicyHookOptions) {
    this.#options = options;
    this.#allowed = new KeptDecisions(options.cacheSize);
    this.#refused = new KeptDecisions(options.cacheSize);
  }

  /** At once, where it is known. Never rejects. */
  decide(identity: Identity): Decision | Promise<Decision> {
    const key = identityKey(identity);
    const kept = this.#allowed.used(key) ?? this.#refused.used(key);
    if (kept !== undefined && this.#options.now() < kept.untilMs) return kept.decision;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const decision = this.#decide(identity, key).finally(() => {
      if (this.#asked.get(key) === decision) this.#asked.delete(key);
    });
    this.#asked.set(key, decision);
    return decision;
  }

  /** What was decided last; `undefined` also where that is not known any more. */
  known(identity: Identity): Decision {
    return this.#allowed.used(identityKey(identity))?.decision;
  }

  /** The next question about each identity is asked anew; what has been asked before counts for those that wait for it, and nobody else. */
  forget(): void {
    this.#epoch++;
    this.#asked.clear();
    this.#allowed.expire();
    this.#refused.expire();
  }

  async #decide(identity: Identity, key: string): Promise<Decision> {
    const { allowedMs, refusedMs, rulesOf, tell } = this.#options;
    const epoch = this.#epoch;
    const name = formatIdentity(identity);
    try {
      const answer = parseAnswer(await this.#answerOf(identity));
      const { allow, reason, ...stated } = answer;
      const rules = allow ? rulesOf(stated, "the policy's answer") : undefined;
      if (rules !== undefined) return this.#keep(key, rules, epoch, allowedMs);
      this.counters.policy_refusals_total++;
      tell({ event: "policy-refused", identity: name, ...(reason !== undefined && { reason: printable(reason) }) });
      return this.#keep(key, undefined, epoch, refusedMs);
    } catch (error) {
      this.counters.policy_faults_total++;
      const reason = printable(messageOf(error));
      tell({ event: "policy-fault", identity: name, reason });
      this.#complain(reason);
      return this.#keep(key, undefined, epoch, FAULT_MS);
    }
  }

  #keep(key: string, decision: Decision, epoch: number, ms: number): Decision {
    const isLate = epoch !== this.#epoch;
    const stands = this.#allowed.used(key) ?? this.#refused.used(key);
    if (isLate && stands !== undefined && stands.untilMs > -Infinity) return decision;
    this.#allowed.delete(key);
    this.#refused.delete(key);
    const untilMs = isLate ? -Infinity : this.#options.now() + ms;
    (decision ? this.#allowed : this.#refused).add(key, { decision, untilMs });
    return decision;
  }

  async #answerOf(identity: Identity): Promise<Uint8Array> {
    const { ask, timeoutMs, concurrency } = this.#options;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      if (this.#running < concurrency) this.#running++;
      else await this.#turn(controller.signal);
      try {
        this.counters.policy_questions_total++;
        return await ask(questionText(identity), controller.signal);
      } finally {
        // Whoever waits takes this one's place: nobody else comes between.
        const next = this.#waiting.shift();
        if (next === undefined) this.#running--;
        else next();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) throw new Error(`${MOST_WAITING} questions wait already`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    signal.addEventListener("abort", () => {
      const at = this.#waiting.indexOf(resolve);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(new Error("its turn did not come in time"));
    });
    await promise;
  }

  /** Events tell each one; people are told that something is wrong. */
  #complain(reason: string): void {
    const { now, complain } = this.#options;
    if (now() - this.#complainedAtMs < COMPLAINT_INTERVAL_MS) return;
    this.#complainedAtMs = now();
    complain(`policy: ${reason}: the client is refused (${this.counters.policy_faults_total} such faults so far)`);
  }
}

/** Text of others for a log and a terminal: one line, and not without end. */
function printable(text: string): string {
  return seenText(text.slice(0, LONGEST_TOLD));
}

const LONGEST_TOLD = 300;
