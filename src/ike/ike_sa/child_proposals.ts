/**
 * Proposals of CREATE_CHILD_SA for a Child SA: those of ESP, with groups for perfect forward secrecy (RFC 7296, sections 1.3.1 and 1.3.3).
 *
 * @module
 */
import { ProtocolId, TransformType } from "../../wire/constants.ts";
import type { Proposal, Transform } from "../../wire/payload.ts";
import type { AdditionalChoice } from "./additional_key_exchange.ts";
import { additionalTransforms, espTransforms } from "./proposal_transforms.ts";
import { chooseEsp, chooseEspFrom, type EspProposal, offerEsp } from "./proposals.ts";
import { NONE } from "./suite.ts";

/** The proposals as this end offers them, with its inbound SPI. */
export function offerChild(proposals: readonly EspProposal[], spi: Uint8Array): Proposal[] {
  return offerEsp(proposals, spi).map((offered, index) => ({
    ...offered,
    transforms: [
      ...offered.transforms,
      ...(proposals[index].groups ?? []).map(({ id }) => groupTransform(id)),
      ...(proposals[index].additional ?? []).flatMap(additionalTransforms),
    ],
  }));
}

/** The groups on offer, in order of preference; none: without perfect forward secrecy. */
export function offeredChildGroups(proposals: readonly EspProposal[]): number[] {
  return proposals.flatMap(({ groups = [] }) => groups.map(({ id }) => id));
}

/** Key exchanges that the peer may choose for a Child SA, where this end's own proposal names none. */
export interface AcceptedExchanges {
  readonly groups: readonly number[];
  /** Each of them optional. */
  readonly additional: readonly AdditionalChoice[];
}

/** The responder's choice. */
export interface ChildProposalChoice {
  readonly proposal: Proposal;
  /** The group of its key exchange; `undefined`: there is none. */
  readonly group: number | undefined;
}

/**
 * Chooses among the initiator's proposals: those with the group that it sent a value for come first, then those with another group, for which it is
 * to be asked, then those without any.
 *
 * @param keyExchangeGroup of its KE payload; `undefined`: it sent none.
 * @param accepted where an own proposal names none.
 */
export function chooseChild(
  offered: readonly Proposal[],
  ours: readonly EspProposal[],
  spi: Uint8Array,
  keyExchangeGroup: number | undefined,
  accepted: AcceptedExchanges,
): ChildProposalChoice | undefined {
  const accepts = (own: EspProposal, group: number) =>
    own.groups ? own.groups.some(({ id }) => id === group) : accepted.groups.includes(group);
  const acceptable = (own: EspProposal) => [
    ...espTransforms(own),
    ...(own.groups ? own.additional ?? [] : accepted.additional).flatMap(additionalTransforms),
  ];
  const wanted = keyExchangeGroup === undefined
    ? []
    : [keyExchangeGroup, ...offered.flatMap(groupsOf).filter((group) => group !== keyExchangeGroup)];
  for (const group of new Set(wanted)) {
    const candidates = ours.filter((own) => accepts(own, group)).map(acceptable);
    const proposal = chooseEspFrom(withGroup(offered, group), candidates, spi);
    if (proposal) return { proposal: { ...proposal, transforms: [...proposal.transforms, groupTransform(group)] }, group };
  }
  const proposal = chooseEsp(offered, ours.filter((own) => own.groups === undefined), spi);
  return proposal && { proposal, group: undefined };
}

/** The group in a proposal that was chosen; `undefined`: none. */
export function groupOf(proposal: Proposal): number | undefined {
  return groupsOf(proposal)[0];
}

function groupsOf({ transforms }: Proposal): number[] {
  return transforms.filter((transform) => transform.transformType === TransformType.KE && transform.transformId !== NONE)
    .map(({ transformId }) => transformId);
}

/** The same proposals as if there were no key exchange; one that does not offer the group is nobody's choice, but keeps its number. */
function withGroup(offered: readonly Proposal[], group: number): Proposal[] {
  return offered.map((proposal) => {
    const isOffered = proposal.transforms.some((transform) =>
      transform.transformType === TransformType.KE && transform.transformId === group && transform.attributes.length === 0
    );
    return isOffered
      ? { ...proposal, transforms: proposal.transforms.filter(({ transformType }) => transformType !== TransformType.KE) }
      : { ...proposal, protocolId: ProtocolId.NONE };
  });
}

function groupTransform(transformId: number): Transform {
  return { transformType: TransformType.KE, transformId, attributes: [] };
}
