/**
 * What a gateway and its clients prove themselves with, which may be read anew while the gateway runs.
 *
 * @module
 */
import type { CertificateAuthentication } from "../ike/authentication/certificate_authentication.ts";
import { UsageError } from "./exit_status.ts";
import type { Proofs } from "./certificate_options.ts";

export class LiveProofs {
  #current: Proofs;

  constructor(proofs: Proofs) {
    this.#current = proofs;
  }

  /**
   * Counts from the next proof on. A proof that is being checked goes on with what it began with.
   *
   * @throws {UsageError} a means of proof came or went: clients were told at the start which there are
   */
  replace(proofs: Proofs): void {
    for (const means of ["certificates", "eap"] as const) {
      if ((proofs[means] === undefined) === (this.#current[means] === undefined)) continue;
      throw new UsageError(`${means === "eap" ? "EAP" : "certificates"} came or went: that takes a restart`);
    }
    this.#current = proofs;
  }

  /** The same as they were made of, but that each look at them finds what is current. */
  get proofs(): Proofs {
    const current = () => this.#current;
    return {
      get presharedKey() {
        return current().presharedKey;
      },
      get eapUsers() {
        return current().eapUsers;
      },
      certificates: this.#current.certificates && this.#certificates(),
      eap: this.#current.eap && {
        ...this.#current.eap,
        methodFor: (identity) => current().eap!.methodFor(identity),
        admits: (identity, type) => current().eap!.admits(identity, type),
      },
    };
  }

  #certificates(): CertificateAuthentication {
    const current = () => this.#current.certificates!;
    // Whatever it has by now or will have: none of it is left behind.
    return new Proxy(current(), {
      get: (_, name) => {
        const value: unknown = Reflect.get(current(), name);
        return typeof value === "function" ? value.bind(current()) : value;
      },
      has: (_, name) => Reflect.has(current(), name),
    });
  }
}
