/**
 * Until every provider has them: the calls that do several operations at once, composed of the basic ones.
 *
 * @module
 */
import type { CryptoProvider } from "../../src/crypto/provider.ts";

export function composed(provider: CryptoProvider): CryptoProvider {
  if (typeof provider.deriveAndOpen === "function") return provider;
  return Object.assign(provider, compositionOf(provider));
}

function compositionOf(provider: CryptoProvider): Pick<CryptoProvider, "deriveAndOpen" | "authenticate" | "sealWithTicket"> {
  return {
    deriveAndOpen(batch) {
      const derived = provider.deriveKeys(batch.map(({ derivation }) => derivation));
      const opened = provider.open(batch.map((request, index) => {
        const { protection, encryptionKeyOffset: start, sealed, associatedDataLength } = request;
        const end = start + protection.keyLength + protection.encryption.saltLength;
        const encryptionKey = derived[index].subarray(start, end);
        return { protection, encryptionKey, integrityKey: new Uint8Array(0), sealed, associatedDataLength };
      }));
      return derived.map((keyingMaterial, index) => ({ keyingMaterial, plaintext: opened[index] }));
    },
    authenticate(batch) {
      const ends = batch.flatMap(({ prf, theirs, ours }) => [{ prf, ...theirs }, { prf, ...ours }]);
      const macedIds = provider.prf(ends.map(({ prf, key, restOfIdPayload }) => ({ prf, key, data: [restOfIdPayload] })));
      const auths = provider.prf(ends.map(({ prf, key, realMessage, peerNonce }, index) => ({
        prf,
        key,
        data: [realMessage, peerNonce, macedIds[index]],
      })));
      const keys = provider.prfPlus(batch.map(({ prf, expansion }) => ({ prf, ...expansion })));
      return batch.map(({ theirAuth }, index) =>
        auths[2 * index].every((octet, at) => octet === theirAuth[at])
          ? { auth: auths[2 * index + 1], keyingMaterial: keys[index] }
          : undefined
      );
    },
    sealWithTicket(batch) {
      const tickets = provider.sealTickets(batch.map(({ ticket }) => ticket));
      return provider.seal(batch.map(({ message, ticketOffset }, index) => {
        const plaintext = message.plaintext.slice();
        plaintext.set(tickets[index], ticketOffset);
        return { ...message, plaintext };
      }));
    },
  };
}
