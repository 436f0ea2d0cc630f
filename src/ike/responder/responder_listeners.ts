/**
 * What a responder tells its driver beside its effects.
 *
 * @module
 */
import type { CameUp } from "../exchanges/half_open_states.ts";
import type { HookFaultListener } from "../policy/guarded_hooks.ts";

/** None of them may throw. */
export interface ResponderListeners {
  /** A function of the configuration has thrown, and refused its client. */
  readonly onHookFault?: HookFaultListener;
  /** An IKE SA is established that a first message began. */
  readonly cameUp?: CameUp;
}
