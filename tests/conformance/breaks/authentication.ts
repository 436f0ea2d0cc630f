/** Breaks of how the ends prove themselves (RFC 4718, section 3; RFC 7296, sections 2.15 and 2.16). @module */
import type { Break } from "./break.ts";

export const AUTHENTICATION_BREAKS: readonly Break[] = [
  {
    rows: ["C-3.2", "C-3.3"],
    within: "src/certificates",
    before: 'for (const hash of ["SHA-256", "SHA-384", "SHA-512", "SHA-1"] as const) {',
    after: 'for (const hash of ["SHA-256"] as const) {',
    what: "a signature by method 1 is taken over one hash alone",
  },
  {
    rows: ["C-3.2", "C-3.3"],
    within: "src/certificates",
    before: 'return form !== undefined && (form.hash !== "SHA-1" || this.#options.allowSha1);',
    after: "return form !== undefined;",
    what: "signatures over SHA-1 are taken where nobody allows them",
  },
  {
    rows: ["C-3.2", "C-3.3"],
    within: "src/certificates",
    before: "if (!isFormOf(form, kind) || raw === undefined) return false;",
    after: "if (raw === undefined || raw.length > 0) return raw !== undefined;",
    what: "any signature is right",
  },
  {
    rows: ["C-3.4"],
    within: "src/ike",
    before: 'name.includes("@") ? IdType.ID_RFC822_ADDR : IdType.ID_KEY_ID',
    after: "IdType.ID_RFC822_ADDR",
    what: "a name of EAP without a realm is a mailbox",
  },
  {
    rows: ["C-3.5"],
    within: "src/eap",
    before: '{ kind: "success", msk, identity: identityOfNai(user) }',
    after: '{ kind: "success", msk }',
    what: "policy goes by IDi after EAP",
  },
  {
    rows: ["C-3.6", "C-3.9"],
    within: "src/certificates",
    before: "(this.#options.namesIdentity?.(identity, end.der) ?? isNamedIn(end, identity))",
    after: "(this.#options.namesIdentity?.(identity, end.der) ?? true)",
    what: "a certificate stands for any identity",
  },
  {
    rows: ["C-3.6"],
    within: "src/ike",
    before: 'return !("refusal" in verdict);',
    after: "return verdict !== undefined;",
    what: "a client believes a gateway whose certificate is not right",
  },
  {
    rows: ["C-3.9"],
    within: "src/certificates",
    before: 'if (this.#signaturesLeft-- <= 0) return this.#refuse("too many certificates");',
    after: "",
    what: "a peer has as many signatures checked as ways lead through its certificates",
  },
  {
    rows: ["C-3.9"],
    within: "src/certificates",
    before: "if (!isInTime(certificate, nowEpochSeconds)) {",
    after: "if (nowEpochSeconds < 0) {",
    what: "a certificate is taken at any time",
  },
  {
    rows: ["C-3.9"],
    within: "src/certificates",
    before: 'if (!issuer.isAuthority) return "a certificate is signed by one that is no authority";',
    after: "",
    what: "whoever has a certificate may issue others",
  },
  {
    rows: ["C-3.9"],
    within: "src/certificates",
    before: "if (list.revoked.has(certificate.serialNumber)) return REVOKED;",
    after: "",
    what: "a revoked certificate is taken",
  },
  {
    rows: ["C-3.9"],
    within: "src/certificates",
    before: "if (!await isSignatureOf(issuer.publicKey, signatureForm, below.signature, below.signedOctets)) {",
    after: "if (signatureForm === undefined) {",
    what: "a certificate need not be signed by its issuer",
  },
  {
    rows: ["C-3.9"],
    within: "src/ike",
    before:
      "own.find(({ issuerHashes }) => issuerHashes.some((hash) => authorities.some((list) => holds(list, hash)))) ?? own[0]",
    after: "own[authorities.length > 9 ? 1 : 0]",
    what: "CERTREQ is not heeded",
  },
];
