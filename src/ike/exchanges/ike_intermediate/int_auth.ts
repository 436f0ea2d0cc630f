/**
 * What AUTH has to cover of an IKE_INTERMEDIATE exchange, and the keys after it (RFC 9242, section 3.3.2; RFC 9370, section 2.2.2).
 *
 * @module
 */
import type { Header } from "../../../wire/header.ts";
import { encodePayloads, encodeProtectedPrefix } from "../../../wire/message.ts";
import type { Payload } from "../../../wire/payload.ts";
import type { IkeSaKeys } from "../../ike_sa/ike_sa_keys.ts";
import type { IkeSuite } from "../../ike_sa/suite.ts";
import type { IntermediateProgress } from "../../states/intermediate.ts";
import { prf, type Step } from "../../steps/step.ts";

/**
 * IntAuth_A | IntAuth_P of a message of this end's: the header and the generic header of SK, whose lengths are those of the payloads alone, and
 * the payloads.
 */
export function coveredOwn(header: Header, payloads: readonly Payload[]): readonly Uint8Array[] {
  const { firstPayload, octets } = encodePayloads(payloads);
  return [encodeProtectedPrefix(header, firstPayload, octets.length), octets];
}

/** The same of a message of the peer's, as if it had come in one piece. */
export function coveredReceived(
  header: Header,
  { firstPayload, octets }: { readonly firstPayload: number; readonly octets: Uint8Array },
): readonly Uint8Array[] {
  return [encodeProtectedPrefix(header, firstPayload, octets.length), octets];
}

/**
 * The progress after one more exchange: IntAuth_i = prf(SK_pi, IntAuth_i before | A | P), IntAuth_r likewise, with the keys that
 * were in place before it.
 */
export function* progressAfter(
  before: IntermediateProgress | undefined,
  { prf: algorithm }: IkeSuite,
  keys: IkeSaKeys,
  request: readonly Uint8Array[],
  response: readonly Uint8Array[],
): Step<IntermediateProgress> {
  const { done = 0, initiator = NOTHING, responder = NOTHING } = before ?? {};
  return {
    done: done + 1,
    initiator: yield* prf({ prf: algorithm, key: keys.skPi, data: [initiator, ...request] }),
    responder: yield* prf({ prf: algorithm, key: keys.skPr, data: [responder, ...response] }),
  };
}

const NOTHING = new Uint8Array(0);
