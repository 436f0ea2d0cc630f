/** The common part of the key exchanges: refusing unknown groups and wrong lengths, forgetting a secret. @module */
import type { KeyExchangeGroup } from "./algorithms.ts";
import type { KeyPair, PrivateValue } from "./key_exchange.ts";
import { groupById } from "./registry.ts";

/** @throws RangeError for a group that the registry does not carry. */
export function knownGroup(id: number): KeyExchangeGroup {
  const group = groupById(id);
  if (group === undefined) throw new RangeError(`key exchange group ${id} is not carried`);
  return group;
}

/** See `KeyExchange.agree`. */
export function agree(pair: KeyPair, peerPublicValue: Uint8Array): Uint8Array | undefined {
  if (peerPublicValue.length !== knownGroup(pair.group).publicValueLength) return undefined;
  return pair.privateValue.agree(peerPublicValue);
}

/** A private value around `secret`; wiping it drops the secret, and overwrites it by `overwrite` where that is possible. */
export function privateValueOf<Secret>(
  secret: Secret,
  agreeWith: (secret: Secret, peerPublicValue: Uint8Array) => Uint8Array | undefined,
  overwrite?: (secret: Secret) => void,
): PrivateValue {
  let kept: { readonly secret: Secret } | undefined = { secret };
  return {
    agree(peerPublicValue) {
      if (kept === undefined) throw new Error("the key pair has been wiped");
      return agreeWith(kept.secret, peerPublicValue);
    },
    wipe() {
      if (kept !== undefined) overwrite?.(kept.secret);
      kept = undefined;
    },
  };
}
