/**
 * Secrets of half-open IKE SAs at the responder: wiped as soon as nobody can ask for them.
 *
 * @module
 */
import { wipe } from "../../crypto/wipe.ts";
import { wipeChildSaKeys } from "../child_sa/child_sa_keys.ts";
import { wipeIkeSaKeys } from "../ike_sa/ike_sa_keys.ts";
import { forgetKeySource } from "./first_exchange.ts";
import type { ResponderState } from "./responder_state.ts";

/** What a half-open IKE SA holds that nobody may read once it has come to an end. */
export function forgetSecrets(state: ResponderState): void {
  if (state.waitsFor === "confirmation") {
    const { keys, childSa, first } = state.comingUp;
    wipeIkeSaKeys(keys);
    if (childSa) wipeChildSaKeys(childSa);
    return forgetKeySource(first);
  }
  if (state.waitsFor !== "IKE_AUTH" && state.waitsFor !== "EAP") return;
  if (state.keys) wipeIkeSaKeys(state.keys);
  if (state.waitsFor === "IKE_AUTH" && state.intermediate) wipeIkeSaKeys(state.intermediate.keys);
  state.first.fragments?.giveUp();
  if (state.waitsFor === "EAP" && state.success?.msk) wipe(state.success.msk);
  forgetKeySource(state.first);
}
