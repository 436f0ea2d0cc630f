/**
 * A Child SA that CREATE_CHILD_SA makes: what both ends of the exchange make alike.
 *
 * @module
 */
import type { RandomSource } from "../../../crypto/key_exchange.ts";
import { wipe } from "../../../crypto/wipe.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import { childSaKeys } from "../../child_sa/child_sa_keys.ts";
import { newEspSpi } from "../../ike_sa/spi.ts";
import type { Established } from "../../states/established.ts";
import type { ChildSaInMaking } from "../../states/followup.ts";
import { encapsulatesEspOf } from "../../states/peer_path.ts";
import type { Step } from "../../steps/step.ts";

/** @param secrets g^ir, with PFS, and those of additional key exchanges; wiped. */
export function* newChildSa(
  state: Established,
  { role, inboundSpi, outboundSpi, suite, nonces, localSelectors, remoteSelectors, traits }: ChildSaInMaking,
  secrets: readonly Uint8Array[],
): Step<ChildSa> {
  const [sharedSecret, ...further] = secrets;
  const { inbound, outbound } = yield* childSaKeys(state.suite, state.keys.skD, nonces, suite, role, sharedSecret, further);
  wipe(...secrets);
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
export function newChildSpi({ childSas, sendWindow: { outstanding }, followups }: Established, random: RandomSource): number {
  const { child } = outstanding ?? {};
  for (;;) {
    const spi = newEspSpi(random);
    const isTaken = childSas.some(({ inboundSpi }) => inboundSpi === spi) ||
      child?.kind === "creation" && child.inboundSpi === spi ||
      followups?.some(({ making }) => making.kind === "child" && making.inboundSpi === spi);
    if (!isTaken) return spi;
  }
}
