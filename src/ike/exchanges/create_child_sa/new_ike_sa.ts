/**
 * An IKE SA that an older one made: what it takes over, and how two that were made at once are told apart.
 *
 * @module
 */
import type { Proposal } from "../../../wire/payload.ts";
import { isAdditional } from "../../ike_sa/additional_key_exchange.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { NoncePair } from "../../ike_sa/nonces.ts";
import type { SpiPair } from "../../ike_sa/spi.ts";
import type { IkeSuite } from "../../ike_sa/suite.ts";
import type { Role } from "../../message/protected_message.ts";
import { NO_AFFAIRS } from "../../states/child_affairs.ts";
import { withRekeying } from "../../states/child_lives.ts";
import type { Established } from "../../states/established.ts";
import { inheritedMobility } from "../../states/mobility.ts";
import type { EstablishedContext } from "../established_context.ts";

/** A new IKE SA: message IDs from 0 and a window of 1 again, and all that does not depend on the exchange (RFC 4718, section 5.1). */
export function newIkeSa(
  old: Established,
  made: { readonly role: Role; readonly spis: SpiPair; readonly suite: IkeSuite; readonly keys: IkeSaKeys },
  { lifeLimitsOf }: EstablishedContext,
): Established {
  const { side, path, peerBehindNat, initiatorId, responderId, authentication, reauthenticateByMs, ticketSeries, heardAtMs } =
    old;
  const limits = lifeLimitsOf?.(made.role === "initiator" ? made.spis.initiatorSpi : made.spis.responderSpi);
  return {
    waitsFor: "requests",
    side,
    ...made,
    suite: restingOn(old.suite, made.suite),
    sealed: { next: 0n },
    fragments: old.fragments?.another(),
    initiatorId,
    responderId,
    authentication,
    heardAtMs,
    // The time that policy gives an IKE SA begins anew. The moment by which the client has to prove itself does not change.
    silenceMs: limits?.silenceMs,
    endsAtMs: limits?.endsAtMs,
    children: limits?.rekeyAtMs === undefined ? undefined : withRekeying(NO_AFFAIRS, limits.rekeyAtMs),
    reauthenticateByMs,
    ticketSeries,
    path,
    peerBehindNat,
    ...(old.espOutsideUdp && { espOutsideUdp: true }),
    ...(old.mobility && { mobility: inheritedMobility(old.mobility) }),
    ...(old.followsRedirects && { followsRedirects: true }),
    ...(old.upAtEpochSeconds !== undefined && { upAtEpochSeconds: old.upAtEpochSeconds }),
    ...(old.resumed && { resumed: true }),
    receiveWindow: { expectedId: 0 },
    sendWindow: { nextId: 0 },
    childSas: [],
  };
}

/**
 * The suite of an IKE SA whose keys rest on those of an older one, and so on its additional key exchanges, where none were made anew (RFC 9370): its
 * tickets say so.
 */
function restingOn(old: IkeSuite, suite: IkeSuite): IkeSuite {
  if (suite.additional.length > 0 || old.additional.length === 0) return suite;
  const inherited = old.proposal.transforms.filter(({ transformType }) => isAdditional(transformType));
  const { proposal } = suite;
  return {
    ...suite,
    additional: old.additional,
    proposal: { ...proposal, transforms: [...proposal.transforms, ...inherited] },
  };
}

/** The proposal as a suite and a ticket hold it: SPIs belong to one IKE SA, algorithms pass on to the next. */
export function withoutSpi(proposal: Proposal): Proposal {
  return { ...proposal, spi: new Uint8Array(0) };
}

/** The lower of both nonces of an exchange. */
export function lowestOf({ initiatorNonce, responderNonce }: NoncePair): Uint8Array {
  return lowerNonce(initiatorNonce, responderNonce);
}

/** The lower of two nonces: octet by octet, and of a nonce and its prefix the prefix (RFC 4718, section 5.10). */
export function lowerNonce(one: Uint8Array, other: Uint8Array): Uint8Array {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    if (one[index] !== other[index]) return one[index] < other[index] ? one : other;
  }
  return one.length <= other.length ? one : other;
}
