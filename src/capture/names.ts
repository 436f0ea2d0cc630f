/**
 * Names of the protocol's numbers, as IANA's registry has them.
 *
 * @module
 */
import { encapsulationById, encryptionById, groupById, integrityById, prfById } from "../crypto/registry.ts";
import {
  AuthenticationMethod,
  CertificateEncoding,
  ConfigurationAttributeType,
  ConfigurationType,
  EapCode,
  ExchangeType,
  ExtendedSequenceNumbers,
  IdType,
  NotifyType,
  ProtocolId,
  TransformType,
} from "../wire/constants.ts";

/** What has a number and a name. */
export type NameTable =
  | "exchange"
  | "notify"
  | "identity"
  | "authentication"
  | "certificate"
  | "protocol"
  | "configuration"
  | "attribute"
  | "eap"
  | "sequenceNumbers";

const TABLES: Readonly<Record<NameTable, ReadonlyMap<number, string>>> = {
  exchange: named(ExchangeType),
  notify: named(NotifyType),
  identity: named(IdType),
  authentication: named(AuthenticationMethod),
  certificate: named(CertificateEncoding),
  protocol: named(ProtocolId),
  configuration: named(ConfigurationType),
  attribute: named(ConfigurationAttributeType),
  eap: named(EapCode),
  sequenceNumbers: named(ExtendedSequenceNumbers),
};

/** The name of a number, or the number where it has none here. */
export function nameOf(table: NameTable, number: number): string {
  return TABLES[table].get(number) ?? `${number}`;
}

/** A transform without attributes, such as `ENCR AES-GCM-16`; numbers where there are no names here. */
export function transformName(type: number, id: number): string {
  switch (type) {
    case TransformType.ENCR:
      return `ENCR ${encryptionById(id)?.name ?? id}`;
    case TransformType.PRF:
      return `PRF ${prfById(id)?.name ?? id}`;
    case TransformType.INTEG:
      return `INTEG ${integrityById(id)?.name ?? id}`;
    case TransformType.KE:
      return `KE ${keyExchangeName(id)}`;
    case TransformType.ESN:
      return `ESN ${nameOf("sequenceNumbers", id)}`;
  }
  const isAdditional = type >= TransformType.ADDKE1 && type <= TransformType.ADDKE7;
  return isAdditional ? `ADDKE${type - TransformType.ADDKE1 + 1} ${keyExchangeName(id)}` : `${type} ${id}`;
}

/** A method of key exchange: a Diffie-Hellman group, or key encapsulation. 0: none. */
export function keyExchangeName(id: number): string {
  return groupById(id)?.name ?? encapsulationById(id)?.name ?? (id === 0 ? "NONE" : `${id}`);
}

function named(numbers: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
}
