/**
 * What the lane asks of a provider for one member: each part is read where it stands, and a view of it is made only for a provider that wants one.
 *
 * @module
 */
import type { PrfAlgorithm, Protection } from "../../crypto/algorithms.ts";
import { encryptionKeyLength, integrityKeyLength } from "../../crypto/algorithms.ts";
import type {
  AuthenticateInPlace,
  AuthenticateRequest,
  DeriveAndOpenInPlace,
  DeriveAndOpenRequest,
  DeriveKeysRequest,
  IdentityOctets,
  SignedOctets,
} from "../../crypto/provider.ts";
import { authenticateRequest } from "../authentication/signed_content.ts";
import { keymatRequest } from "../child_sa/child_sa_keys.ts";
import { initiatorContent, responderContent } from "../exchanges/ike_auth/auth_content.ts";
import { deriveAndOpenRequest, keyingMaterialLength, RESUMPTION_LABEL } from "../ike_sa/ike_sa_keys.ts";
import type { AuthMember, OpenedMember } from "./auth_member.ts";
import { endOf, PREFIX_LENGTH, TYPED_HEADER_LENGTH, typedContent } from "./plain_auth_request.ts";

/** Keys from a ticket, and the message under them (RFC 5723, section 5.1). */
export class KeysAndMessage implements DeriveAndOpenRequest, DeriveAndOpenInPlace {
  readonly #member: AuthMember;

  constructor(member: AuthMember) {
    this.#member = member;
  }

  get inPlace(): DeriveAndOpenInPlace {
    return this;
  }

  get derivation(): DeriveKeysRequest {
    const { state: { first }, oldSkD } = this.#member;
    return deriveAndOpenRequest(first.suite, oldSkD, first.nonces, first.spis, this).derivation;
  }

  get prf(): PrfAlgorithm {
    return this.#member.state.first.suite.prf;
  }

  get protection(): Protection {
    return this.#member.state.first.suite.protection;
  }

  get key(): Uint8Array {
    return this.#member.oldSkD;
  }

  get label(): Uint8Array {
    return RESUMPTION_LABEL;
  }

  get nonces(): Uint8Array {
    return this.#member.state.first.nonces.joined;
  }

  get initiatorSpi(): bigint {
    return this.#member.state.first.spis.initiatorSpi;
  }

  get responderSpi(): bigint {
    return this.#member.state.first.spis.responderSpi;
  }

  get length(): number {
    return keyingMaterialLength(this.#member.state.first.suite);
  }

  get encryptionKeyOffset(): number {
    return this.prf.outputLength + 2 * integrityKeyLength(this.protection);
  }

  get integrityKeyOffset(): number {
    return this.prf.outputLength;
  }

  get sealed(): Uint8Array {
    return this.#member.datagram.octets;
  }

  get associatedDataLength(): number {
    return PREFIX_LENGTH;
  }
}

/** Both ends' AUTH, and KEYMAT of the Child SA that is chosen (RFC 7296, sections 2.15 and 2.17). */
export class Proof implements AuthenticateRequest, AuthenticateInPlace {
  readonly #member: OpenedMember;

  constructor(member: OpenedMember) {
    this.#member = member;
  }

  get inPlace(): AuthenticateInPlace {
    return this;
  }

  get prf(): PrfAlgorithm {
    return this.#member.state.first.suite.prf;
  }

  get theirs(): SignedOctets {
    return this.#inViews.theirs;
  }

  get ours(): SignedOctets {
    return this.#inViews.ours;
  }

  get theirAuth(): Uint8Array {
    return typedContent(this.#member.plaintext, this.#member.request.auth);
  }

  get expansion(): AuthenticateRequest["expansion"] {
    return this.#inViews.expansion;
  }

  get keyingMaterial(): Uint8Array {
    return this.#member.keys.keyingMaterial;
  }

  get nonces(): Uint8Array {
    return this.#member.state.first.nonces.joined;
  }

  get initiatorNonceLength(): number {
    return this.#member.state.first.nonces.initiatorLength;
  }

  get theirMessage(): Uint8Array {
    return this.#member.state.first.initiatorMessage;
  }

  get ourMessage(): Uint8Array {
    return this.#member.state.first.responderMessage;
  }

  get theirId(): IdentityOctets {
    return this.#member.initiatorId;
  }

  get ourId(): IdentityOctets {
    return this.#member.presented.state.responderId;
  }

  get plaintext(): Uint8Array {
    return this.#member.plaintext;
  }

  get authStart(): number {
    return this.#member.request.auth + TYPED_HEADER_LENGTH;
  }

  get authEnd(): number {
    return endOf(this.#member.plaintext, this.#member.request.auth);
  }

  get expansionLength(): number {
    const { choice } = this.#member;
    return choice ? 2 * (encryptionKeyLength(choice.suite.protection) + integrityKeyLength(choice.suite.protection)) : 0;
  }

  get #inViews(): AuthenticateRequest {
    const { state: { first }, presented, keys, initiatorId, choice } = this.#member;
    return authenticateRequest(
      initiatorContent(first, keys, initiatorId),
      this.theirAuth,
      responderContent(first, keys, presented.state.responderId),
      choice && keymatRequest(first.suite, keys.skD, first.nonces, choice.suite),
    );
  }
}
