/**
 * The requirements, by identifier: each an observable behaviour. A test that proves one carries the identifier in its title
 * (`[R-4.1-2] …`). The words MUST and SHOULD are the documents' own; where several identifiers have one text, each stands for itself.
 *
 * @module
 */
import { DRAFT_FAILOVER_03 } from "./requirements/draft_failover_03.ts";
import { DRAFT_RESUMPTION_00 } from "./requirements/draft_resumption_00.ts";
import { RFC_4718 } from "./requirements/rfc_4718.ts";
import { RFC_5723 } from "./requirements/rfc_5723.ts";

export interface Requirement {
  readonly id: string;
  readonly text: string;
}

/** The documents, by the first letter of the identifiers. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  R: "RFC 5723, the standard",
  A: "draft-sheffer-ike-session-resumption-00 of 2007",
  B: "draft-sheffer-ipsec-failover-03 of 2008",
  C: "RFC 4718, base IKEv2, by its section numbers",
};

export const REQUIREMENTS: readonly Requirement[] = [...RFC_5723, ...DRAFT_RESUMPTION_00, ...DRAFT_FAILOVER_03, ...RFC_4718]
  .flatMap(({ ids, text }) => ids.map((id) => ({ id, text })));
