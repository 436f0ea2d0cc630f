/**
 * Whether a certificate names an identity (RFC 4945, section 3.1; RFC 4718, section 3.6).
 *
 * @module
 */
import { AsnConvert } from "@peculiar/asn1-schema";
import { type GeneralName, GeneralName as GeneralNameAsn } from "@peculiar/asn1-x509";
import { addressOctets } from "../ike/message/address.ts";
import { type Identity, sameIdentity } from "../ticket/identity.ts";
import { IdType } from "../wire/constants.ts";
import { sameOctets } from "../wire/octets.ts";
import type { Certificate } from "./certificate.ts";
import { parseHostile } from "./parse_der.ts";

/**
 * Host names, mail addresses and IP addresses stand in subjectAltName alone, whole and without wildcards; a distinguished name is the subject.
 * A key ID names no certificate.
 */
export function isNamedIn({ subject, alternativeNames }: Certificate, { idType, identification }: Identity): boolean {
  switch (idType) {
    case IdType.ID_FQDN: {
      const name = asciiOf(identification)?.toLowerCase();
      return name !== undefined && alternativeNames.some(({ dNSName }) => dNSName?.toLowerCase() === name);
    }
    case IdType.ID_RFC822_ADDR: {
      const address = asciiOf(identification);
      return address !== undefined &&
        alternativeNames.some(({ rfc822Name }) => rfc822Name && isSameMailbox(rfc822Name, address));
    }
    case IdType.ID_IPV4_ADDR:
    case IdType.ID_IPV6_ADDR:
      return alternativeNames.some(({ iPAddress }) => {
        const octets = iPAddress === undefined ? undefined : octetsOf(iPAddress);
        return octets !== undefined && sameOctets(octets, identification);
      });
    case IdType.ID_DER_ASN1_DN:
      return sameIdentity({ idType, identification: subject }, { idType, identification });
    case IdType.ID_DER_ASN1_GN:
      return alternativeNames.some((name) => isSameGeneralName(name, identification));
    default:
      return false;
  }
}

/** Whom a certificate names: mailboxes, host names, addresses, and its subject last. What is no name of these kinds is left out. */
export function namesIn({ subject, alternativeNames }: Certificate): readonly Identity[] {
  const text = (idType: number, name: string | undefined): Identity[] => {
    const octets = new TextEncoder().encode(name ?? "");
    return asciiOf(octets) === undefined ? [] : [{ idType, identification: octets }];
  };
  const address = (name: string | undefined): Identity[] => {
    const octets = name === undefined ? undefined : octetsOf(name);
    const idType = octets?.length === 4 ? IdType.ID_IPV4_ADDR : IdType.ID_IPV6_ADDR;
    return octets ? [{ idType, identification: octets }] : [];
  };
  return [
    ...alternativeNames.flatMap(({ rfc822Name }) => text(IdType.ID_RFC822_ADDR, rfc822Name)),
    ...alternativeNames.flatMap(({ dNSName }) => text(IdType.ID_FQDN, dNSName)),
    ...alternativeNames.flatMap(({ iPAddress }) => address(iPAddress)),
    { idType: IdType.ID_DER_ASN1_DN, identification: subject.slice() },
  ];
}

/** Host names are the same in any case, the part before `@` is not (RFC 5280, section 7.5). */
function isSameMailbox(one: string, other: string): boolean {
  const [[box, host], [otherBox, otherHost]] = [one, other].map((address) => {
    const at = address.lastIndexOf("@");
    return [address.slice(0, at), address.slice(at + 1).toLowerCase()];
  });
  return box === otherBox && host === otherHost;
}

/** `undefined`: it is none, but a network for example. */
function octetsOf(address: string): Uint8Array | undefined {
  try {
    return addressOctets(address);
  } catch {
    return undefined;
  }
}

function isSameGeneralName(name: GeneralName, der: Uint8Array): boolean {
  try {
    return sameOctets(new Uint8Array(AsnConvert.serialize(parseHostile(der, GeneralNameAsn))), der) &&
      sameOctets(new Uint8Array(AsnConvert.serialize(name)), der);
  } catch {
    return false;
  }
}

/** Nothing else stands in such a name: a peer's octet that is no character must not read as one. */
function asciiOf(octets: Uint8Array): string | undefined {
  return octets.length > 0 && octets.every((octet) => octet > 0x20 && octet < 0x7f)
    ? String.fromCharCode(...octets)
    : undefined;
}
