/**
 * What a peer sent beside its own certificate. Reading X.509 takes longer than checking a signature, and a peer may send much that nobody needs: each is
 * read when a certificate of its name is looked for, and few are.
 *
 * @module
 */
import { sameOctets } from "../wire/octets.ts";
import { type Certificate, readCertificate } from "./certificate.ts";

/** As many as stand between a peer and an authority in the longest chain. */
const MOST_READ = 4;
/** Octets of a name that is looked for. A name that repeats itself makes the search long: that of a thousand octets is over in some milliseconds. */
const LONGEST_NAME = 1_024;

export class PresentedCertificates {
  readonly #unread: Set<Uint8Array>;
  readonly #read: Certificate[] = [];
  #readsLeft = MOST_READ;

  /** @param certificates DER; hostile. */
  constructor(certificates: readonly Uint8Array[]) {
    this.#unread = new Set(certificates);
  }

  /** Those whose subject is this name, DER. What cannot be read is passed over. */
  of(subject: Uint8Array): readonly Certificate[] {
    if (subject.length > LONGEST_NAME) return [];
    for (const der of this.#unread) {
      if (this.#readsLeft === 0) break;
      if (!holds(der, subject)) continue;
      this.#unread.delete(der);
      this.#readsLeft--;
      try {
        this.#read.push(readCertificate(der));
      } catch {
        // It helps nobody, and harms no chain that does without it.
      }
    }
    return this.#read.filter((certificate) => sameOctets(certificate.subject, subject));
  }
}

function holds(octets: Uint8Array, part: Uint8Array): boolean {
  for (let start = octets.indexOf(part[0]); start !== -1; start = octets.indexOf(part[0], start + 1)) {
    if (sameOctets(octets.subarray(start, start + part.length), part)) return true;
  }
  return false;
}
