/**
 * The presented tickets are used now that their clients have proven themselves, and no earlier (RFC 5723, section 4.3.1): those by value claimed in
 * one call, those by reference, and where the next ticket is to be kept by a store, by the steps' own hand.
 *
 * @module
 */
import { isThenable } from "../steps/hook_faults.ts";
import type { ClaimRequest, ReplaceResult } from "../steps/step.ts";
import { claimUnrevoked } from "../steps/ticket_stores.ts";
import { isolated, runWave } from "../steps/wave.ts";
import { claimRequestOf } from "../tickets/ticket_kinds.ts";
import { useTicketFor } from "../tickets/ticket_request.ts";
import type { ProvenMember } from "./auth_member.ts";
import type { LaneContext } from "./lane_context.ts";

/** What came of it, or what a store threw: then the ticket counts as not used. */
export type Used = ReplaceResult | { readonly fault: unknown };

/** `answer` is told of all members, each once. Waits only where a store does, or has to keep something. */
export function useTickets(
  proven: readonly ProvenMember[],
  context: LaneContext,
  answer: (members: readonly ProvenMember[], used: readonly Used[]) => void,
): void | Promise<void> {
  const byValue = proven.filter(isByValue);
  const others = proven.filter((member) => !isByValue(member));
  const served = [claim(byValue, context, answer), use(others, context, answer)].filter(isThenable);
  if (served.length > 0) return Promise.all(served).then(() => {});
}

/** No store has to keep or to delete a state. */
function isByValue({ opened: { presented }, draft }: ProvenMember): boolean {
  return presented.kind === "value" && draft.ticket?.content.kind !== "reference";
}

function claim(
  members: readonly ProvenMember[],
  { services: { claims, revocations } }: LaneContext,
  answer: (members: readonly ProvenMember[], used: readonly Used[]) => void,
): void | Promise<void> {
  if (members.length === 0) return;
  const told = (claimed: readonly (boolean | undefined)[]) =>
    answer(members, members.map((_, index) => ({ used: claimed[index], kept: false })));
  const whenDown = (fault: unknown) => answer(members, members.map(() => ({ fault })));
  let claimed: ReturnType<typeof claimUnrevoked>;
  try {
    claimed = claimUnrevoked(members.map(claimOf), claims, revocations);
  } catch (fault) {
    return whenDown(fault);
  }
  // A promise of any kind, which need not have more than `then`.
  return isThenable(claimed) ? Promise.resolve(claimed).then(told, whenDown) : told(claimed);
}

function claimOf({ opened: { presented, state } }: ProvenMember): ClaimRequest {
  return claimRequestOf(presented, state.first.spis.responderSpi);
}

function use(
  members: readonly ProvenMember[],
  { services }: LaneContext,
  answer: (members: readonly ProvenMember[], used: readonly Used[]) => void,
): void | Promise<void> {
  if (members.length === 0) return;
  const steps = members.map(({ draft, opened: { presented, state } }) =>
    isolated<Used>(useTicketFor(draft, presented, state.first.spis.responderSpi), (fault) => ({ fault }))
  );
  return runWave(steps, services).then((used) => answer(members, used));
}
