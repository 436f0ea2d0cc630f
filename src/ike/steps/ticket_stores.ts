/**
 * Questions of a wave that go to two stores, or twice to one, are started together: stores over a network then take one round
 * trip.
 *
 * @module
 */
import type { RevocationStore } from "../../ticket/revocation_store.ts";
import type { TicketStateStore } from "../../ticket/ticket_state_store.ts";
import { isThenable } from "./hook_faults.ts";
import type { ClaimRequest, ReplaceRequest, ReplaceResult, TicketStanding } from "./step.ts";
import type { TicketClaims } from "./wave.ts";

/**
 * Whether each ticket that opened was used or revoked, or whether that cannot be told. A ticket that is both counts as used.
 */
export function standingsOf(
  batch: readonly ClaimRequest[],
  claims: TicketClaims,
  revocations: RevocationStore | undefined,
): readonly TicketStanding[] | Promise<readonly TicketStanding[]> {
  const claimed = claims.isClaimed(batch);
  const revoked = revocations ? revocations.has(batch) : batch.map(() => false);
  const standings = (areClaimed: readonly (boolean | "unknown")[], areRevoked: readonly (boolean | "unknown")[]) =>
    batch.map((_, index) => standingOf(areClaimed[index], areRevoked[index]));
  if (!isThenable(claimed) && !isThenable(revoked)) return standings(claimed, revoked);
  return Promise.all([claimed, revoked]).then(([areClaimed, areRevoked]) => standings(areClaimed, areRevoked));
}

/** Only `false` counts as no: a store of the user's may answer with less than was asked. */
function standingOf(isClaimed: boolean | "unknown" | undefined, isRevoked: boolean | "unknown" | undefined): TicketStanding {
  if (isClaimed === true) return "used";
  if (isRevoked === true) return "revoked";
  return isClaimed === false && isRevoked === false ? "good" : "store-down";
}

/**
 * Claims tickets whose clients have proven themselves. One that was revoked since it was presented, here or at another gateway, is not to
 * be used: it is claimed, and counts as if somebody else had. Throws or rejects when either store cannot be asked.
 */
export function claimUnrevoked(
  batch: readonly ClaimRequest[],
  claims: TicketClaims,
  revocations: RevocationStore | undefined,
): readonly (boolean | undefined)[] | Promise<readonly (boolean | undefined)[]> {
  const claimed = claims.claim(batch);
  if (revocations === undefined) return claimed;
  const revoked = revocations.has(batch);
  const usable = (areClaimed: readonly (boolean | undefined)[], areRevoked: readonly (boolean | "unknown")[]) =>
    batch.map((_, index) => areRevoked[index] === false ? areClaimed[index] : areRevoked[index] === true ? false : undefined);
  if (!isThenable(claimed) && !isThenable(revoked)) return usable(claimed, revoked);
  return Promise.all([claimed, revoked]).then(([areClaimed, areRevoked]) => usable(areClaimed, areRevoked));
}

/**
 * Deletes the states of used tickets and keeps those of the next ones. Throws or rejects when nothing can be deleted: then no
 * ticket counts as used. When only the keeping fails, the next tickets are not kept, and nothing throws.
 */
export function replaceStates(
  batch: readonly ReplaceRequest[],
  store: TicketStateStore,
): readonly ReplaceResult[] | Promise<readonly ReplaceResult[]> {
  const deleted = store.delete(batch.map(({ usedReference }) => usedReference));
  const next = batch.flatMap(({ next }) => next ?? []);
  const put = next.length === 0 ? [] : attempt(() => store.put(next));
  const results = (used: readonly (boolean | undefined)[], kept: readonly boolean[]) => {
    let at = 0;
    return batch.map(({ next }, index): ReplaceResult => ({
      used: used[index],
      kept: next !== undefined && kept[at++] === true,
    }));
  };
  if (!isThenable(deleted) && !isThenable(put)) return results(deleted, put);
  // A promise of any kind, which need not have more than `then`.
  const settled = Promise.resolve(put).catch((): readonly boolean[] => []);
  return Promise.all([deleted, settled]).then(([used, kept]) => results(used, kept));
}

function attempt<T>(call: () => readonly T[] | Promise<readonly T[]>): readonly T[] | Promise<readonly T[]> {
  try {
    return call();
  } catch {
    return [];
  }
}
