/**
 * What an idle IKE SA has in common with nearly all others of its gateway: one object for all of them.
 *
 * @module
 */
import type { Identity } from "../../../ticket/identity.ts";
import type { ChildSa } from "../../child_sa/child_sa.ts";
import type { IkeSuite } from "../../ike_sa/suite.ts";
import type { FragmentBuffer } from "../../message/fragments.ts";
import type { Endpoint } from "../../steps/datagram.ts";
import type { Established } from "../established.ts";

export interface CommonParts {
  readonly suite: IkeSuite;
  readonly responderId: Identity;
  readonly local: Endpoint;
  readonly encapsulated: boolean;
  readonly peerBehindNat: boolean;
  /** An empty one, where the ends have agreed on fragmentation: those of the IKE SAs are made after it, which send messages as long. */
  readonly fragments: FragmentBuffer | undefined;
  /** Of its Child SA, if it has one. */
  readonly child: CommonChildParts | undefined;
}

export type CommonChildParts = Omit<ChildSa, OwnChildPart>;
type OwnChildPart = "inboundSpi" | "outboundSpi" | "inbound" | "outbound" | "remoteSelectors";

/** Clients of one configuration differ in few things. Where they do not, each has parts of its own, which takes memory and nothing else. */
const MOST_KNOWN = 16;

export class KnownParts {
  #known: CommonParts[] = [];

  /** Those of an IKE SA: one object for all that are equal. */
  of(state: Established): CommonParts {
    for (const known of this.#known) if (areOf(known, state)) return known;
    if (this.#known.length === MOST_KNOWN) this.#known = [];
    const { suite, responderId, path: { local, encapsulated }, peerBehindNat, fragments, childSas: [childSa] } = state;
    const child = childSa && childPartsOf(childSa);
    const parts = { suite, responderId, local, encapsulated, peerBehindNat, fragments: fragments?.another(), child };
    this.#known.push(parts);
    return parts;
  }
}

function childPartsOf(childSa: ChildSa): CommonChildParts {
  const { inboundSpi: _, outboundSpi: __, inbound: ___, outbound: ____, remoteSelectors: _____, ...parts } = childSa;
  return parts;
}

function areOf(
  { suite, responderId, local, encapsulated, peerBehindNat, fragments, child }: CommonParts,
  state: Established,
): boolean {
  const { path, childSas: [childSa] } = state;
  return suite === state.suite && responderId === state.responderId && local.address === path.local.address &&
    local.port === path.local.port && encapsulated === path.encapsulated && peerBehindNat === state.peerBehindNat &&
    fragments?.longestMessage === state.fragments?.longestMessage &&
    (child === undefined || childSa === undefined ? child === childSa : areOfChild(child, childSa));
}

/**
 * One by one: a loop over names would take as long as all else that is compared. Whoever adds something to `ChildSa` puts it
 * here, or into the record.
 */
function areOfChild(known: CommonChildParts, childSa: ChildSa): boolean {
  const {
    protection,
    extendedSequenceNumbers,
    localSelectors,
    udpEncapsulation,
    transportMode,
    peerRefusesTfcPadding,
    nonFirstFragments,
  } = known satisfies
    & { readonly [Name in Compared]?: unknown }
    & { readonly [Name in Exclude<keyof CommonChildParts, Compared>]: never };
  return protection === childSa.protection && extendedSequenceNumbers === childSa.extendedSequenceNumbers &&
    localSelectors === childSa.localSelectors && udpEncapsulation === childSa.udpEncapsulation &&
    transportMode === childSa.transportMode && peerRefusesTfcPadding === childSa.peerRefusesTfcPadding &&
    nonFirstFragments === childSa.nonFirstFragments;
}

/** What is compared: the compiler asks for each new part of a Child SA where it belongs. */
type Compared =
  | "protection"
  | "extendedSequenceNumbers"
  | "localSelectors"
  | "udpEncapsulation"
  | "transportMode"
  | "peerRefusesTfcPadding"
  | "nonFirstFragments";
