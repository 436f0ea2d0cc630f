/**
 * Suites, one object for all IKE SAs with the same algorithms: what is decoded from a message or a ticket would take more room
 * than all else that a half-open IKE SA keeps, and there may be tens of thousands.
 *
 * @module
 */
import { TransformAttributeType } from "../../wire/constants.ts";
import type { Proposal, Transform } from "../../wire/payload.ts";
import { type IkeSuite, ikeSuiteOf } from "./suite.ts";

/** A peer chooses the number of its proposal, and policy the algorithms in it: honest peers make few combinations. */
const MOST_SUITES = 256;

const suites = new Map<string, IkeSuite>();

/** Suites by proposal: many tickets share one object, whose name need not be made again. */
const ofProposal = new WeakMap<Proposal, IkeSuite>();

/** As {@link ikeSuiteOf}; its proposal is equal to the one that is given, and shares no octets with it. */
export function sharedIkeSuiteOf(proposal: Proposal): IkeSuite | undefined {
  let suite = ofProposal.get(proposal);
  if (suite === undefined) {
    suite = suiteByName(proposal);
    if (suite) ofProposal.set(proposal, suite);
  }
  return suite;
}

function suiteByName(proposal: Proposal): IkeSuite | undefined {
  const name = nameOf(proposal);
  const known = name === undefined ? undefined : suites.get(name);
  if (known) return known;
  const suite = ikeSuiteOf(name === undefined ? proposal : ownCopy(proposal));
  if (name === undefined || suite === undefined) return suite;
  if (suites.size >= MOST_SUITES) suites.clear();
  suites.set(name, suite);
  return suite;
}

/** A name for all that stands in a proposal; `undefined` where it is not of the plain form that every known algorithm has. */
function nameOf({ number, protocolId, spi, transforms }: Proposal): string | undefined {
  if (spi.length !== 0 || transforms.length > MOST_TRANSFORMS) return undefined;
  let name = `${number} ${protocolId}`;
  for (const { transformType, transformId, attributes } of transforms) {
    name += ` ${transformType}:${transformId}`;
    if (attributes.length === 0) continue;
    const [{ attributeType, value }] = attributes;
    if (attributes.length > 1 || attributeType !== TransformAttributeType.KEY_LENGTH || typeof value !== "number") {
      return undefined;
    }
    name += `/${value}`;
  }
  return name;
}

/** One transform of each type. */
const MOST_TRANSFORMS = 12;

function ownCopy({ number, protocolId, transforms }: Proposal): Proposal {
  return { number, protocolId, spi: new Uint8Array(0), transforms: transforms.map(copyTransform) };
}

function copyTransform({ transformType, transformId, attributes }: Transform): Transform {
  return { transformType, transformId, attributes: attributes.map((attribute) => ({ ...attribute })) };
}
