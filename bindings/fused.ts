/**
 * What one step of a resumption asks for, put together from the operations of the core: each is one call for all members.
 *
 * @module
 */
import { encryptionKeyLength, integrityKeyLength } from "../src/crypto/algorithms.ts";
import { assertAuthenticate, assertDeriveAndOpen, assertSealWithTicket } from "../src/crypto/guards.ts";
import type {
  Authenticated,
  AuthenticateRequest,
  CryptoProvider,
  DeriveAndOpenRequest,
  DerivedAndOpened,
  PrfRequest,
  SealWithTicketRequest,
  SignedOctets,
} from "../src/crypto/provider.ts";

export function deriveAndOpen(batch: readonly DeriveAndOpenRequest[], core: CryptoProvider): DerivedAndOpened[] {
  batch.forEach(assertDeriveAndOpen);
  const derived = core.deriveKeys(batch.map(({ derivation }) => derivation));
  const opened = core.open(batch.map((request, i) => {
    const { protection, encryptionKeyOffset, integrityKeyOffset, sealed, associatedDataLength } = request;
    const keyAt = (offset: number, length: number) => derived[i].subarray(offset, offset + length);
    return {
      protection,
      encryptionKey: keyAt(encryptionKeyOffset, encryptionKeyLength(protection)),
      integrityKey: keyAt(integrityKeyOffset, integrityKeyLength(protection)),
      sealed,
      associatedDataLength,
    };
  }));
  return derived.map((keyingMaterial, i) => ({ keyingMaterial, plaintext: opened[i] }));
}

export function authenticate(batch: readonly AuthenticateRequest[], core: CryptoProvider): (Authenticated | undefined)[] {
  batch.forEach(assertAuthenticate);
  const theirIds = core.prf(batch.map(({ prf, theirs }) => identityRequest(prf, theirs)));
  const proven = core.verifyMac(
    batch.map(({ prf, theirs, theirAuth }, i) => ({ ...authRequest(prf, theirs, theirIds[i]), mac: theirAuth })),
  );
  theirIds.forEach(wipe);
  const good = batch.filter((_, i) => proven[i]);
  const ourIds = core.prf(good.map(({ prf, ours }) => identityRequest(prf, ours)));
  const auths = core.prf(good.map(({ prf, ours }, i) => authRequest(prf, ours, ourIds[i])));
  ourIds.forEach(wipe);
  const expanded = core.prfPlus(good.flatMap(({ prf, expansion }) => expansion ? [{ prf, ...expansion }] : []));
  let nextGood = 0;
  let nextExpanded = 0;
  return batch.map(({ expansion }, i) => {
    if (!proven[i]) return undefined;
    return { auth: auths[nextGood++], keyingMaterial: expansion ? expanded[nextExpanded++] : new Uint8Array(0) };
  });
}

export function sealWithTicket(batch: readonly SealWithTicketRequest[], core: CryptoProvider): Uint8Array[] {
  batch.forEach(assertSealWithTicket);
  const tickets = core.sealTickets(batch.map(({ ticket }) => ticket));
  const messages = batch.map(({ message, ticketOffset }, i) => {
    const plaintext = message.plaintext.slice();
    plaintext.set(tickets[i], ticketOffset);
    return { ...message, plaintext };
  });
  const sealed = core.seal(messages);
  for (const { plaintext } of messages) wipe(plaintext);
  return sealed;
}

function identityRequest(prf: PrfRequest["prf"], { key, restOfIdPayload }: SignedOctets): PrfRequest {
  return { prf, key, data: [restOfIdPayload] };
}

function authRequest(prf: PrfRequest["prf"], { key, realMessage, peerNonce }: SignedOctets, macedId: Uint8Array): PrfRequest {
  return { prf, key, data: [realMessage, peerNonce, macedId] };
}

function wipe(octets: Uint8Array): void {
  octets.fill(0);
}
