/**
 * Cryptography of many members in one call. A fault is the member's whose request or result it is, and no other notices.
 *
 * @module
 */

/** What becomes of the members of a batch. */
export interface Batch<Member, Request, Result> {
  readonly requestOf: (member: Member) => Request;
  readonly call: (requests: readonly Request[]) => readonly Result[];
  /** What it throws goes to `onFault`. */
  readonly onResult: (member: Member, result: Result) => void;
  /** `result`: where there is one, which may be secret. Must not throw. */
  readonly onFault: (member: Member, fault: unknown, result: Result | undefined) => void;
}

/** Serves all in one call, or, where that throws, each alone, as `steps/wave.ts` does. */
export function serveBatch<Member, Request, Result>(
  members: readonly Member[],
  batch: Batch<Member, Request, Result>,
): void {
  if (members.length === 0) return;
  let results: readonly Result[];
  try {
    results = batch.call(members.map(batch.requestOf));
  } catch (fault) {
    if (members.length === 1) return batch.onFault(members[0], fault, undefined);
    for (const member of members) serveBatch([member], batch);
    return;
  }
  for (let index = 0; index < members.length; index++) {
    try {
      batch.onResult(members[index], results[index]);
    } catch (fault) {
      batch.onFault(members[index], fault, results[index]);
    }
  }
}
