/**
 * EAP methods. What they are made of is loaded when they are asked for.
 *
 * @module
 */
import type { RandomSource } from "../crypto/key_exchange.ts";
import { systemRandom } from "../crypto/system_random.ts";
import type { EapPeerMethod, EapServerMethod } from "../ike/authentication/eap/eap_method.ts";
import type { PasswordLookup } from "./mschapv2_server.ts";

export type { PasswordLookup } from "./mschapv2_server.ts";

/** EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02; RFC 2759). Made by {@link loadMschapv2}. */
export interface Mschapv2 {
  /**
   * A conversation of a gateway's, for `methodFor`. The identity that it authenticates is the user's name: a mailbox if it has a realm, else a key ID
   * (RFC 4718, section 3.4). Gateways should prove themselves by a certificate: what a client answers lets whoever asks it try passwords at home.
   *
   * @param passwordOf may answer by a promise.
   */
  server(passwordOf: PasswordLookup, name?: string): EapServerMethod;
  /** A conversation of a client's, for `method`. */
  peer(name: string, password: string): EapPeerMethod;
}

export async function loadMschapv2(random: RandomSource = systemRandom): Promise<Mschapv2> {
  const [{ Mschapv2Server }, { Mschapv2Peer }] = await Promise.all([
    import("./mschapv2_server.ts"),
    import("./mschapv2_peer.ts"),
  ]);
  return {
    server: (passwordOf, name = "gateway") => new Mschapv2Server({ random, passwordOf, name }),
    peer: (name, password) => new Mschapv2Peer({ random, name, password }),
  };
}
