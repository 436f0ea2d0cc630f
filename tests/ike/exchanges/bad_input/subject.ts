/**
 * An end that waits for a message of one exchange, and what it makes of a wrong one.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import type { Effect } from "../../../../src/ike/states/effect.ts";
import { anyDisorder, type AnyPayload, disordersOf } from "./disorders.ts";

export interface Subject {
  /** The payloads that it waits for. */
  readonly right: readonly AnyPayload[];
  /** A payload that has no place among them. */
  readonly stray: AnyPayload;
  /** These come in their place. */
  deliver(payloads: readonly AnyPayload[]): Promise<Outcome>;
  /** What was right comes after all, or the end is used in another way: whether all goes on as if nothing had come. */
  goesOn(): Promise<boolean>;
}

export interface Outcome {
  readonly effects: readonly Effect[];
  /** Whether it was taken as what is right. */
  readonly isTaken: boolean;
}

export interface Expectations {
  /** What looks wrong, but is for the peer to choose. */
  readonly passes?: readonly string[];
  /** What looks right, and is wrong all the same. */
  readonly fails?: readonly string[];
  /** Anything is as good: what counts is that it came. */
  readonly takesAll?: boolean;
  /** Most messages that it sends because of it. Default 1. */
  readonly mostSent?: number;
  /** Effects that it may have beside messages. */
  readonly mayTell: readonly Effect["type"][];
  /** How many messages are put together by chance. */
  readonly numRuns?: number;
}

/** Every disorder of the table by itself, then many by chance. */
export function testDisorders(title: string, subjectOf: () => Promise<Subject>, expected: Expectations): void {
  const { passes = [], fails = [], takesAll = false, mostSent = 1, mayTell, numRuns = 40 } = expected;
  const assertBounded = (what: string, { effects }: Outcome) => {
    assert.ok(effects.filter(({ type }) => type === "send").length <= mostSent, `${what}: answers`);
    const told = effects.map(({ type }) => type).filter((type) => type !== "send" && !mayTell.includes(type));
    assert.deepEqual(told, [], what);
  };

  test(`${title}: each payload missing, doubled, out of place, too long, of wrong length and criticality`, async () => {
    const { right, stray } = await subjectOf();
    const disorders = disordersOf(right, stray);
    for (const name of [...passes, ...fails]) assert.ok(disorders.some(({ what }) => what === name), `no disorder is: ${name}`);
    for (const [index, { what, isRight }] of disorders.entries()) {
      const subject = await subjectOf();
      const { payloads } = disordersOf(subject.right, subject.stray)[index];
      const outcome = await subject.deliver(payloads);
      assert.equal(outcome.isTaken, takesAll || isRight && !fails.includes(what) || passes.includes(what), what);
      if (outcome.isTaken && !takesAll) continue;
      assertBounded(what, outcome);
      assert.ok(await subject.goesOn(), `${what}: it goes on`);
    }
  });

  test(`${title}: whatever is put together`, async () => {
    const { right, stray } = await subjectOf();
    await fc.assert(
      fc.asyncProperty(anyDisorder(right, stray), async (payloads) => {
        const subject = await subjectOf();
        const outcome = await subject.deliver(payloads);
        if (outcome.isTaken && !takesAll) return;
        assertBounded("by chance", outcome);
        assert.ok(await subject.goesOn());
      }),
      { numRuns },
    );
  });
}
