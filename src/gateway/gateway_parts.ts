/**
 * What a gateway works with, made of its options.
 *
 * @module
 */
import { HookFaults } from "../ike/steps/hook_faults.ts";
import type { WaveServices } from "../ike/steps/wave.ts";
import type { GuardedStore } from "../store/guarded_store.ts";
import { faultWarning } from "../transport/fault_warning.ts";
import { type Clock, systemClock } from "../transport/system_clock.ts";
import { Domain } from "./domain/domain.ts";
import { MeasuredDurations } from "./gateway_histograms.ts";
import { type GatewayOptions, guardedStoreOf, servicesOf } from "./gateway_options.ts";

export interface GatewayParts {
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => unknown;
  readonly hooks: HookFaults;
  readonly store: GuardedStore;
  readonly services: WaveServices;
  readonly domain: Domain;
  readonly durations: MeasuredDurations;
}

/**
 * @throws {RangeError} `revocation` is out of range.
 * @throws {ProviderError} no provider was given and none loads.
 */
export async function partsOf(options: GatewayOptions): Promise<GatewayParts> {
  const { clock = systemClock, onFault = faultWarning("ike-resume gateway"), onStoreChange } = options;
  const hooks = new HookFaults(onFault, () => clock().monotonicMs);
  const durations = new MeasuredDurations(options.configuration.profiles, clock);
  const store = guardedStoreOf(options, clock, {
    onChange: (change) => hooks.call("onStoreChange", () => onStoreChange?.(change)),
    onCall: durations.storeCalled,
  });
  const services = await servicesOf(options, store, clock);
  return {
    clock,
    onFault,
    hooks,
    store,
    services,
    durations,
    domain: new Domain(options.store, store, (fault) => hooks.take("domain", fault)),
  };
}
