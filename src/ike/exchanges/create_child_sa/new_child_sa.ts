/**
 * A Child SA that CREATE_CHILD_SA makes: what both ends of the exchange make alike.
 *
 * @module
 */
import type { RandomSource } from "../../../crypto/key_exchange.ts";
import { wipe } from "../../../crypto/wipe.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { childSaKeys } from "../../child_sa/child_sa_keys.ts";
import type { ChildSaTraits } from "../../child_sa/child_sa_traits.ts";
import type { NoncePair } from "../../ike_sa/ike_sa_keys.ts";
import { newEspSpi } from "../../ike_sa/spi.ts";
import type { EspSuite } from "../../ike_sa/suite.ts";
import type { Role } from "../../message/protected_message.ts";
import type { WantedTraffic } from "../../states/child_affairs.ts";
import type { Established } from "../../states/established.ts";
import { encapsulatesEspOf } from "../../states/peer_path.ts";
import type { Step } from "../../steps/step.ts";

export interface ChildSaParts extends WantedTraffic {
  /** In the exchange that makes it. */
  readonly role: Role;
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly suite: EspSuite;
  readonly nonces: NoncePair;
  /** g^ir, with PFS; wiped. */
  readonly sharedSecret?: Uint8Array;
  readonly traits: ChildSaTraits;
}

export function* newChildSa(
  state: Established,
  { role, inboundSpi, outboundSpi, suite, nonces, sharedSecret, localSelectors, remoteSelectors, traits }: ChildSaParts,
): Step<ChildSa> {
  const { inbound, outbound } = yield* childSaKeys(state.suite, state.keys.skD, nonces, suite, role, sharedSecret);
  if (sharedSecret) wipe(sharedSecret);
  return {
    inboundSpi,
    outboundSpi,
    protection: suite.protection,
    extendedSequenceNumbers: suite.extendedSequenceNumbers,
    inbound,
    outbound,
    localSelectors,
    remoteSelectors,
    udpEncapsulation: encapsulatesEspOf(state),
    ...traits,
  };
}

/** An SPI that no other Child SA of the IKE SA has: by it a DELETE names the pair. */
export function newChildSpi({ childSas, sendWindow: { outstanding } }: Established, random: RandomSource): number {
  const { child } = outstanding ?? {};
  for (;;) {
    const spi = newEspSpi(random);
    const isTaken = childSas.some(({ inboundSpi }) => inboundSpi === spi) ||
      child?.kind === "creation" && child.inboundSpi === spi;
    if (!isTaken) return spi;
  }
}
