/**
 * What both ends agree on for one Child SA beside algorithms and selectors, each by a notify that stands before the SA payload: transport mode,
 * TFC padding, fragments (RFC 7296, sections 1.3.1 and 3.10.1; RFC 4718, sections 4.5 and 4.6).
 *
 * @module
 */
import { NotifyType } from "../../wire/constants.ts";
import type { Payload } from "../../wire/payload.ts";
import { findNotify, notify } from "../message/notify.ts";
import type { ChildSa } from "./child_sa.ts";

const { USE_TRANSPORT_MODE, ESP_TFC_PADDING_NOT_SUPPORTED, NON_FIRST_FRAGMENTS_ALSO } = NotifyType;

/** What this end wants, or grants. */
export interface WantedTraits {
  readonly transportMode: boolean;
  readonly tfcPadding: boolean;
  readonly nonFirstFragments: boolean;
}

/** What a Child SA then has. What is not there is as in most: tunnel mode, padding as one likes, first fragments alone. */
export type ChildSaTraits = Pick<ChildSa, "transportMode" | "peerRefusesTfcPadding" | "nonFirstFragments">;

/** What a gateway may grant: behind a NAT no transport mode, whose selectors would be the NAT's (RFC 7296, section 2.23.1). */
export function grantable({ transportMode, tfcPadding, nonFirstFragments }: WantedTraits, isNatBetween: boolean): WantedTraits {
  return { transportMode: transportMode && !isNatBetween, tfcPadding, nonFirstFragments };
}

/** Notifies of a request, in the order of RFC 7296, appendix C. */
export function offeredTraits({ transportMode, tfcPadding, nonFirstFragments }: WantedTraits): Payload[] {
  return [
    ...(transportMode ? [notify(USE_TRANSPORT_MODE)] : []),
    ...(tfcPadding ? [] : [notify(ESP_TFC_PADDING_NOT_SUPPORTED)]),
    ...(nonFirstFragments ? [notify(NON_FIRST_FRAGMENTS_ALSO)] : []),
  ];
}

/**
 * What is agreed on, by what the peer said in its half of the exchange. Transport mode and fragments need both halves; padding is each
 * direction's own affair.
 */
export function agreedTraits(payloads: readonly Payload[], wanted: WantedTraits): ChildSaTraits {
  const isSaid = (notifyType: number) => findNotify(payloads, notifyType) !== undefined;
  return {
    ...(wanted.transportMode && isSaid(USE_TRANSPORT_MODE) && { transportMode: true }),
    ...(isSaid(ESP_TFC_PADDING_NOT_SUPPORTED) && { peerRefusesTfcPadding: true }),
    ...(wanted.nonFirstFragments && isSaid(NON_FIRST_FRAGMENTS_ALSO) && { nonFirstFragments: true }),
  };
}

/** Notifies of a response. */
export function grantedTraits(
  { transportMode = false, nonFirstFragments = false }: ChildSaTraits,
  { tfcPadding }: WantedTraits,
): Payload[] {
  return offeredTraits({ transportMode, tfcPadding, nonFirstFragments });
}
