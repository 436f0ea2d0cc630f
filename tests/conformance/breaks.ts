/**
 * Breaks of the source, each in one place, under which a test that claims the row has to fail: `deno task conformance --break` tries them in a
 * copy. A test that passes under the break of its row does not prove the row.
 *
 * @module
 */
import { AUTHENTICATION_BREAKS } from "./breaks/authentication.ts";
import type { Break } from "./breaks/break.ts";
import { CHILD_SA_BREAKS } from "./breaks/child_sas.ts";
import { CLIENT_BREAKS } from "./breaks/clients.ts";
import { IKE_SA_BREAKS } from "./breaks/ike_sa.ts";
import { PEER_BREAKS } from "./breaks/peers.ts";
import { PROFILE_BREAKS } from "./breaks/profiles.ts";
import { RESUMPTION_BREAKS } from "./breaks/resumption.ts";
import { TICKET_RULE_BREAKS } from "./breaks/ticket_rules.ts";
import { TICKET_BREAKS } from "./breaks/tickets.ts";

export const BREAKS: readonly Break[] = [
  ...RESUMPTION_BREAKS,
  ...TICKET_BREAKS,
  ...TICKET_RULE_BREAKS,
  ...IKE_SA_BREAKS,
  ...CLIENT_BREAKS,
  ...CHILD_SA_BREAKS,
  ...PEER_BREAKS,
  ...AUTHENTICATION_BREAKS,
  ...PROFILE_BREAKS,
];
