/**
 * The lane's last stage: plain answers to IKE_AUTH of a wave. What `exchanges/ike_auth/initiator.ts` and `initiator_establish.ts` say of one, a column at a
 * time of all: messages opened in one call, AUTH compared, KEYMAT in one, and the IKE SAs are up (RFC 5723, section 4.3.3; RFC 7296, section 1.2).
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../../crypto/algorithms.ts";
import { equalInConstantTime } from "../../crypto/constant_time.ts";
import { wipe } from "../../crypto/wipe.ts";
import type { EspSuite } from "../ike_sa/suite.ts";
import type { TrafficSelector } from "../../wire/payload.ts";
import { HEADER_LENGTH } from "../../wire/header.ts";
import { cutKeymat } from "../child_sa/child_sa_keys.ts";
import { cutKeys } from "../ike_sa/ike_sa_keys.ts";
import { FIRST_ESP_SPI } from "../ike_sa/spi.ts";
import { serveBatch } from "../steps/batch.ts";
import type { Datagram } from "../steps/datagram.ts";
import { answeredSpi } from "./auth_offer.ts";
import { PREFIX_LENGTH } from "./auth_request.ts";
import { comeUp } from "./come_up.ts";
import type { ClientLaneContext, LaneAnswers, LaneMember } from "./lane_context.ts";
import { isPlainAuthAnswer, plainAuthAnswer, type Span, TYPED_HEADER_LENGTH } from "./plain_auth_answer.ts";
import type { PlainClient } from "./plain_client.ts";
import { GENERIC_HEADER_LENGTH } from "../../wire/payload_header.ts";

/** One whose gateway has proven itself. */
export interface ProvenMember extends LaneMember {
  readonly plaintext: Uint8Array;
  readonly ticket: Span;
  readonly esp: EspSuite;
  readonly outboundSpi: number;
  readonly localSelectors: readonly TrafficSelector[];
  readonly remoteSelectors: readonly TrafficSelector[];
}

export class AuthAnswerStage {
  readonly #context: ClientLaneContext;
  readonly #members: LaneMember[] = [];

  constructor(context: ClientLaneContext) {
    this.#context = context;
  }

  /** Takes in a datagram that is plain on the outside. */
  takes(place: number, client: PlainClient, datagram: Datagram): boolean {
    if (!isPlainAuthAnswer(datagram.octets, client.spis)) return false;
    this.#members.push({ place, client, datagram });
    return true;
  }

  /** Serves what was taken in. What is not plain inside, or proves nobody, is put to `left`: nothing has happened to it. */
  serve(answers: LaneAnswers, left: number[]): void {
    const { provider, whenFaulty } = this.#context;
    const proven: ProvenMember[] = [];
    serveBatch(this.#members, {
      requestOf: ({ client: { suite, keyingMaterial }, datagram: { octets } }) => {
        const keys = cutKeys(keyingMaterial, suite);
        return {
          protection: suite.protection,
          encryptionKey: keys.skEr,
          integrityKey: keys.skAr,
          sealed: octets,
          associatedDataLength: PREFIX_LENGTH,
        };
      },
      call: (requests) => provider.open(requests),
      onResult: (member, plaintext) => {
        const one = plaintext && provenMember(member, plaintext);
        if (one) proven.push(one);
        else left.push(member.place);
      },
      onFault: (_, fault) => whenFaulty(fault),
    });
    serveBatch(proven, {
      requestOf: ({ client: { suite, keyingMaterial, nonces }, esp: { protection } }) => ({
        prf: suite.prf,
        key: keyingMaterial.subarray(0, suite.prf.outputLength),
        seed: [nonces],
        length: 2 * (encryptionKeyLength(protection) + integrityKeyLength(protection)),
      }),
      call: (requests) => provider.prfPlus(requests),
      onResult: (member, keymat) => {
        answers[member.place] = comeUp(member, cutKeymat(keymat, member.esp, "initiator"), this.#context);
      },
      onFault: (_, fault, keymat) => {
        if (keymat) wipe(keymat);
        whenFaulty(fault);
      },
    });
  }
}

/** `undefined`: it is not plain, the gateway has not proven itself, or the Child SA is not what was offered. */
function provenMember(member: LaneMember, plaintext: Uint8Array): ProvenMember | undefined {
  const { client, datagram: { octets } } = member;
  const { offer, expectedAuth } = client;
  const answer = plainAuthAnswer(octets[HEADER_LENGTH], plaintext);
  if (answer === undefined) return undefined;
  const { idR, auth, sa, ticket } = answer;
  if (!isSameBody(offer.responderIdBody, plaintext, idR)) return undefined;
  if (!equalInConstantTime(plaintext.subarray(auth.start + TYPED_HEADER_LENGTH, auth.end), expectedAuth)) return undefined;
  const esp = offer.suiteOf(plaintext, sa);
  const localSelectors = offer.localSelectorsOf(plaintext, answer.localSelectors);
  const remoteSelectors = offer.remoteSelectorsOf(plaintext, answer.remoteSelectors);
  if (esp === undefined || localSelectors === undefined || remoteSelectors === undefined) return undefined;
  const outboundSpi = answeredSpi(plaintext, sa);
  if (outboundSpi < FIRST_ESP_SPI) return undefined;
  return { ...member, plaintext, ticket, esp, outboundSpi, localSelectors, remoteSelectors };
}

/** Whether IDr is the one that the ticket names, in every octet that AUTH covers (RFC 5723, section 4.3.3). */
function isSameBody(body: Uint8Array, plaintext: Uint8Array, { start, end }: Span): boolean {
  const from = end - body.length;
  if (from !== start + GENERIC_HEADER_LENGTH) return false;
  for (let at = 0; at < body.length; at++) if (body[at] !== plaintext[from + at]) return false;
  return true;
}
