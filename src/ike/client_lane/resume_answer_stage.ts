/**
 * The lane's second stage: plain answers to IKE_SESSION_RESUME of a wave. What `exchanges/ike_session_resume/initiator.ts` and
 * `exchanges/ike_auth/initiator.ts` say of one, a column at a time of all: keys in one call (RFC 5723, section 5.1), AUTH of both ends in two, and the
 * IKE_AUTH requests sealed in one (section 4.3.3).
 *
 * @module
 */
import { sealLaidOut } from "../../crypto/laid_out.ts";
import type { LaidOutMessage } from "../../crypto/provider.ts";
import { wipe } from "../../crypto/wipe.ts";
import { u64 } from "../../wire/numbers_in_place.ts";
import { OctetChunks } from "../../wire/octet_chunks.ts";
import { newEspSpi } from "../ike_sa/spi.ts";
import { isEndpointHash } from "../message/nat_detection.ts";
import { firstSent } from "../message/retransmission.ts";
import { send } from "../states/effect.ts";
import { isNonceLongEnough } from "../states/first_exchange.ts";
import { serveBatch } from "../steps/batch.ts";
import type { Datagram } from "../steps/datagram.ts";
import { authRequest } from "./auth_request.ts";
import { derivation, type Proof, proofsOf } from "./key_requests.ts";
import type { ClientLaneContext, LaneAnswers, LaneMember } from "./lane_context.ts";
import { NO_OCTETS, type PlainClient } from "./plain_client.ts";
import { type PlainResumeAnswer, plainResumeAnswer } from "./plain_resume_answer.ts";

/** Ni | Nr of clients under way. */
const nonces = new OctetChunks(4_096);

interface ResumeMember extends LaneMember {
  readonly answer: PlainResumeAnswer;
}

export class ResumeAnswerStage {
  readonly #context: ClientLaneContext;
  readonly #members: ResumeMember[] = [];

  constructor(context: ClientLaneContext) {
    this.#context = context;
  }

  /** Takes in a datagram, if it is plain. What is, is decided here, before anything has happened. */
  takes(place: number, client: PlainClient, datagram: Datagram): boolean {
    const answer = plainResumeAnswer(datagram.octets, client.spis.initiatorSpi);
    if (answer === undefined || !isNonceLongEnough(answer.nonceEnd - answer.nonceStart, client.suite)) return false;
    if (this.#context.now.monotonicMs >= client.answersUntilMs || isNatBetween(answer, datagram)) return false;
    this.#members.push({ place, client, datagram, answer });
    return true;
  }

  /** Serves what was taken in: the requests that follow. A fault leaves its client as it was. */
  serve(answers: LaneAnswers): void {
    const { provider, whenFaulty } = this.#context;
    const isFaulty = new Set<PlainClient>();
    const fail = (client: PlainClient, fault: unknown) => {
      if (!isFaulty.has(client)) whenFaulty(fault);
      isFaulty.add(client);
      putBack(client);
    };
    serveBatch(this.#members, {
      requestOf: (member) => derivation(takeAnswer(member)),
      call: (requests) => provider.deriveKeys(requests),
      onResult: ({ client }, keyingMaterial) => client.keyingMaterial = keyingMaterial,
      onFault: ({ client }, fault) => fail(client, fault),
    });
    const deriving = this.#members.filter(({ client }) => !isFaulty.has(client));
    const proofs = deriving.flatMap(({ client }) => proofsOf(client));
    serveBatch(proofs, {
      requestOf: (proof) => proof.identityRequest,
      call: (requests) => provider.prf(requests),
      onResult: (proof, mac) => proof.identityMac = mac,
      onFault: ({ client }, fault) => fail(client, fault),
    });
    serveBatch(proofs.filter(({ client }) => !isFaulty.has(client)), {
      requestOf: (proof) => proof.request,
      call: (requests) => provider.prf(requests),
      onResult: (proof, auth) => proof.auth = auth,
      onFault: ({ client }, fault) => fail(client, fault),
    });
    const sealing: Sealing[] = [];
    for (let index = 0; index < deriving.length; index++) {
      const { client, place } = deriving[index];
      const [ours, theirs] = [proofs[2 * index], proofs[2 * index + 1]];
      try {
        if (!isFaulty.has(client)) sealing.push({ place, client, message: this.#layOut(client, ours, theirs) });
      } catch (fault) {
        fail(client, fault);
      } finally {
        ours.wipe();
        theirs.wipe();
      }
    }
    this.#seal(sealing, answers, fail);
  }

  #layOut(client: PlainClient, ours: Proof, theirs: Proof): LaidOutMessage {
    client.expectedAuth = theirs.takeAuth();
    client.inboundSpi = newEspSpi(client.random);
    return authRequest(client, ours.auth, this.#context.messages);
  }

  #seal(sealing: readonly Sealing[], answers: LaneAnswers, fail: (client: PlainClient, fault: unknown) => void): void {
    const { provider, now } = this.#context;
    if (sealing.length === 0) return;
    try {
      sealLaidOut(provider, sealing.map(({ message }) => message));
    } catch (fault) {
      // It has written over what it was given.
      for (const { client, message } of sealing) {
        wipe(message.octets);
        fail(client, fault);
      }
      return;
    }
    for (const { place, client, message: { octets } } of sealing) {
      try {
        client.authDueAtMs = firstSent(octets, client.configuration.retransmission, now.monotonicMs, client.random).dueAtMs;
        client.authRequest = octets;
        client.stage = "IKE_AUTH response";
        answers[place] = [send(octets, client.path)];
      } catch (fault) {
        fail(client, fault);
      }
    }
  }
}

interface Sealing {
  readonly place: number;
  readonly client: PlainClient;
  readonly message: LaidOutMessage;
}

/** Where one is found, messages go another way, and more than that (RFC 7296, section 2.23). */
function isNatBetween({ sourceHash, destinationHash }: PlainResumeAnswer, { octets, local, remote }: Datagram): boolean {
  if (sourceHash === 0) return false;
  const spis = { initiatorSpi: u64(octets, 0), responderSpi: u64(octets, 8) };
  return !isEndpointHash(octets, sourceHash, spis, remote) || !isEndpointHash(octets, destinationHash, spis, local);
}

/** What keys are made of; its client can go back to what it was. */
function takeAnswer({ client, datagram: { octets }, answer }: ResumeMember): PlainClient {
  const { nonceStart, nonceEnd, sourceHash, knowsFragments } = answer;
  const initiatorNonce = client.nonces;
  const joined = nonces.take(client.initiatorNonceLength + nonceEnd - nonceStart);
  for (let at = 0; at < client.initiatorNonceLength; at++) joined[at] = initiatorNonce[at];
  for (let from = nonceStart, at = client.initiatorNonceLength; from < nonceEnd; from++) joined[at++] = octets[from];
  client.nonces = joined;
  client.spis = { initiatorSpi: client.spis.initiatorSpi, responderSpi: u64(octets, 8) };
  client.response = octets;
  client.knowsFragments = knowsFragments;
  client.looksForNats = sourceHash !== 0;
  return client;
}

/** As before the answer: another one may come. */
function putBack(client: PlainClient): void {
  wipe(client.keyingMaterial, client.expectedAuth);
  client.keyingMaterial = client.expectedAuth = client.response = NO_OCTETS;
  client.nonces = client.nonces.subarray(0, client.initiatorNonceLength);
  client.spis = { initiatorSpi: client.spis.initiatorSpi, responderSpi: 0n };
}
