/**
 * All that is known of revoked certificates: lists and OCSP responses, those of the configuration, which may be replaced while it is in use, and those
 * that a peer brings or the program fetches.
 *
 * @module
 */
import { toHexadecimal } from "../wire/hexadecimal.ts";
import type { Certificate } from "./certificate.ts";
import { nameInTickets } from "./name_in_tickets.ts";
import type { OcspFetch } from "./ocsp_fetch.ts";
import { type OcspResponse, readOcspResponse, type StatedStatus } from "./ocsp_response.ts";
import { OcspSigners } from "./ocsp_status.ts";
import { type RevocationList, RevocationLists, REVOKED } from "./revocation_list.ts";

export interface RevocationRules {
  readonly requireLists: boolean;
  /** Of peers' own certificates. */
  readonly requireOcsp: boolean;
  /** Those of the configuration: what they signed is known to be good or bad before a peer comes. */
  readonly issuers: readonly Certificate[];
  readonly fetch: OcspFetch | undefined;
}

/** Names of revoked certificates that are remembered beside what the configuration says. */
const MOST_REMEMBERED = 10_000;

export class Revocations {
  readonly #rules: RevocationRules;
  readonly #signers = new OcspSigners();
  /** Names, in hexadecimal digits, of certificates that were found to be revoked by what peers brought or the program fetched. */
  readonly #remembered = new Set<string>();
  /** Likewise by the responses of the configuration. */
  #named: Set<string> = new Set();
  #lists: RevocationLists;
  #responses: readonly OcspResponse[] = [];

  constructor(rules: RevocationRules) {
    this.#rules = rules;
    this.#lists = new RevocationLists([], rules.requireLists);
  }

  get responses(): readonly OcspResponse[] {
    return this.#responses;
  }

  /** Takes the place of all that was given before. */
  async replace(lists: readonly RevocationList[], responses: readonly OcspResponse[], nowEpochSeconds: number): Promise<void> {
    const { requireLists, issuers } = this.#rules;
    const next = new RevocationLists(lists, requireLists);
    await next.checkBy(issuers);
    const named: string[] = [];
    for (const response of responses) {
      for (const issuer of issuers) named.push(...await this.#revokedBy(response, issuer, next, nowEpochSeconds));
    }
    [this.#lists, this.#responses, this.#named] = [next, responses, new Set(named)];
  }

  /**
   * What speaks against a chain, in a few words.
   *
   * @param presented OCSP responses, DER, that the peer brought.
   */
  async refusalOf(
    chain: readonly Certificate[],
    presented: readonly OcspResponse[],
    nowEpochSeconds: number,
  ): Promise<string | undefined> {
    for (let above = chain.length - 1; above > 0; above--) {
      const [certificate, issuer] = [chain[above - 1], chain[above]];
      const refusal = await this.#lists.refusalOf(certificate, issuer, nowEpochSeconds) ??
        await this.#refusalByOcsp(certificate, issuer, presented, nowEpochSeconds, above === 1);
      if (refusal) return refusal;
    }
    return undefined;
  }

  /**
   * Whether one of the certificates of a ticket was revoked since. It is answered at once, by what is known.
   *
   * @param names `undefined`: a ticket of before names were kept. It is good as long as nothing is ever revoked here.
   */
  isRevoked(names: readonly Uint8Array[] | undefined): boolean {
    const isByName = this.#named.size > 0 || this.#remembered.size > 0;
    if (names === undefined) return isByName || this.#lists.count > 0 || this.#responses.length > 0;
    return names.some((name) => this.#lists.names(name) || isByName && this.#isNamed(toHexadecimal(name)));
  }

  #isNamed(name: string): boolean {
    return this.#named.has(name) || this.#remembered.has(name);
  }

  /** @param isEnd The peer's own certificate, which alone the program is asked about, and has to be good. */
  async #refusalByOcsp(
    certificate: Certificate,
    issuer: Certificate,
    presented: readonly OcspResponse[],
    nowEpochSeconds: number,
    isEnd: boolean,
  ): Promise<string | undefined> {
    const statusIn = (responses: readonly OcspResponse[]) => this.#statusIn(responses, certificate, issuer, nowEpochSeconds);
    const name = toHexadecimal(nameInTickets(certificate));
    const given = await statusIn(this.#responses);
    if (given === "revoked") {
      // Its issuer may be known by the peer's word alone.
      this.#named.add(name);
      return REVOKED;
    }
    let status = mostTelling([given, await statusIn(presented)]);
    const { fetch, requireOcsp } = this.#rules;
    if (isEnd && fetch && status !== "revoked" && (status !== "good" || this.#remembered.has(name))) {
      const fetched = await fetch(certificate.der, issuer.der);
      const told = fetched && await statusIn([fetched]);
      // Only the program's word takes back what was found before: a peer may keep an earlier response.
      if (told === "good") this.#remembered.delete(name);
      status = told ?? status;
    }
    if (status === "revoked" || this.#remembered.has(name)) {
      this.#remember(name);
      return REVOKED;
    }
    if (status === "unknown") return "its issuer does not know a certificate, by OCSP";
    return isEnd && requireOcsp && status === undefined ? "there is no OCSP response in time for the certificate" : undefined;
  }

  async #statusIn(
    responses: readonly OcspResponse[],
    certificate: Certificate,
    issuer: Certificate,
    nowEpochSeconds: number,
  ): Promise<StatedStatus["status"] | undefined> {
    const isRevokedByList = async (one: Certificate, by: Certificate) =>
      await this.#lists.refusalOf(one, by, nowEpochSeconds) === REVOKED;
    const found: (StatedStatus["status"] | undefined)[] = [];
    for (const response of responses) {
      found.push(await this.#signers.statusOf(response, certificate, issuer, nowEpochSeconds, isRevokedByList));
    }
    return mostTelling(found);
  }

  /** Names of what a response revokes, if an issuer stands behind it. */
  async #revokedBy(response: OcspResponse, issuer: Certificate, lists: RevocationLists, now: number): Promise<string[]> {
    const names: string[] = [];
    for (const { serialNumber, status } of response.statuses) {
      if (status !== "revoked") continue;
      const certificate = { ...issuer, issuer: issuer.subject, serialNumber };
      const isRevokedByList = async (one: Certificate, by: Certificate) => await lists.refusalOf(one, by, now) === REVOKED;
      const stated = await this.#signers.statusOf(response, certificate, issuer, now, isRevokedByList);
      if (stated === "revoked") names.push(toHexadecimal(nameInTickets(certificate)));
    }
    return names;
  }

  /** The oldest make room: their peers are found out again by the next full exchange. */
  #remember(name: string): void {
    this.#remembered.add(name);
    for (const oldest of this.#remembered) {
      if (this.#remembered.size <= MOST_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
  }
}

/** One that was revoked is so, whatever others say; and what one knows, others need not. */
function mostTelling(found: readonly (StatedStatus["status"] | undefined)[]): StatedStatus["status"] | undefined {
  return (["revoked", "good", "unknown"] as const).find((status) => found.includes(status));
}

/** What a peer brought, as far as it can be read; the rest helps nobody. */
export function readPresented(responses: readonly Uint8Array[]): OcspResponse[] {
  return responses.flatMap((der) => {
    try {
      return [readOcspResponse(der)];
    } catch {
      return [];
    }
  });
}
