/**
 * Every IKEv2 payload (RFC 7296, section 3.2 to 3.16; RFC 7383 for SKF) as one discriminated union.
 *
 * The octets inside a decoded payload are views of the datagram: nothing is copied. A caller that keeps a payload longer than
 * the datagram copies what it keeps.
 *
 * @module
 */

/** One transform attribute (RFC 7296, section 3.3.5). A number is the short form (AF = 1), octets the long form (AF = 0). */
export interface TransformAttribute {
  /** 15 bits. */
  readonly attributeType: number;
  /** As its form has it: 16 bits, or octets of any length. */
  readonly value: number | Uint8Array;
}

/** One transform substructure (RFC 7296, section 3.3.2). */
export interface Transform {
  /** A `TransformType`, or any octet. */
  readonly transformType: number;
  /** IANA number of the algorithm among those of its type: 16 bits. */
  readonly transformId: number;
  /** At most `MAXIMUM_TRANSFORM_ATTRIBUTES`. */
  readonly attributes: readonly TransformAttribute[];
}

/** One proposal substructure (RFC 7296, section 3.3.1). */
export interface Proposal {
  /** From 1, in the order of the initiator's preference; an answer repeats that of the proposal chosen. One octet. */
  readonly number: number;
  /** A `ProtocolId`, or any octet. */
  readonly protocolId: number;
  /** Empty, 4 octets (ESP, AH) or 8 octets (IKE rekey). */
  readonly spi: Uint8Array;
  /** At most `MAXIMUM_TRANSFORMS`. */
  readonly transforms: readonly Transform[];
}

/** One traffic selector (RFC 7296, section 3.13.1). */
export interface TrafficSelector {
  /** 7 = TS_IPV4_ADDR_RANGE, 8 = TS_IPV6_ADDR_RANGE. */
  readonly selectorType: number;
  /** 0 = any. */
  readonly ipProtocol: number;
  /** 16 bits; with `endPort`, 0 to 65535 is any port, 65535 to 0 is OPAQUE. */
  readonly startPort: number;
  /** 16 bits, included. */
  readonly endPort: number;
  /** 4 octets for type 7, 16 for type 8. */
  readonly startAddress: Uint8Array;
  /** As long, included. */
  readonly endAddress: Uint8Array;
}

/** One configuration attribute (RFC 7296, section 3.15.1). */
export interface ConfigurationAttribute {
  /** A `ConfigurationAttributeType`, or any 15 bits. */
  readonly attributeType: number;
  /** Empty where a value is asked for. */
  readonly value: Uint8Array;
}

/** SA (RFC 7296, section 3.3): 1 to `MAXIMUM_PROPOSALS` proposals; one in an answer. */
export interface SecurityAssociationPayload {
  /** Tells it from other payloads. */
  readonly type: "SA";
  /** In the order of preference. */
  readonly proposals: readonly Proposal[];
}
/** KE (RFC 7296, section 3.4): group by its IANA number, and the public value in the form that the group has. */
export interface KeyExchangePayload {
  /** Tells it from other payloads. */
  readonly type: "KE";
  /** IANA transform ID of type 4, 16 bits. */
  readonly group: number;
  /** The public value, not checked yet. */
  readonly keyExchangeData: Uint8Array;
}
/** IDi and IDr (RFC 7296, section 3.5): type of `IdType`, and the identity in the form that the type has. */
export interface IdentificationPayload {
  /** Whose identity it is. */
  readonly type: "IDi" | "IDr";
  /** An `IdType`, or any octet. */
  readonly idType: number;
  /** In the form that the type has. */
  readonly identification: Uint8Array;
}
/** CERT (RFC 7296, section 3.6): encoding of `CertificateEncoding`. */
export interface CertificatePayload {
  /** Tells it from other payloads. */
  readonly type: "CERT";
  /** A `CertificateEncoding`, or any octet. */
  readonly encoding: number;
  /** As it came: with X.509, one certificate in DER. */
  readonly certificate: Uint8Array;
}
/** CERTREQ (RFC 7296, section 3.7): encoding of `CertificateEncoding`, and for X.509 the SHA-1 hashes of the authorities' keys. */
export interface CertificateRequestPayload {
  /** Tells it from other payloads. */
  readonly type: "CERTREQ";
  /** A `CertificateEncoding`, or any octet. */
  readonly encoding: number;
  /** With X.509, hashes of 20 octets each, one after the other. */
  readonly certificationAuthority: Uint8Array;
}
/** AUTH (RFC 7296, section 3.8): method of `AuthenticationMethod`. */
export interface AuthenticationPayload {
  /** Tells it from other payloads. */
  readonly type: "AUTH";
  /** An `AuthenticationMethod`, or any octet. */
  readonly method: number;
  /** MAC, signature, or what the method has. */
  readonly data: Uint8Array;
}
/** Ni or Nr (RFC 7296, section 3.9), 16 to 256 octets: which of the two follows from the message's direction. */
export interface NoncePayload {
  /** Tells it from other payloads. */
  readonly type: "Nonce";
  /** 16 to 256 octets. */
  readonly nonce: Uint8Array;
}
/** N (RFC 7296, section 3.10). */
export interface NotifyPayload {
  /** Tells it from other payloads. */
  readonly type: "N";
  /** A `ProtocolId`: 0 unless `spi` names a Child SA. */
  readonly protocolId: number;
  /** Empty, or that of the SA that is meant. */
  readonly spi: Uint8Array;
  /** A `NotifyType`, or any 16 bits. */
  readonly notifyType: number;
  /** In the form that the type has; often empty. */
  readonly data: Uint8Array;
}
/** D (RFC 7296, section 3.11). */
export interface DeletePayload {
  /** Tells it from other payloads. */
  readonly type: "D";
  /** A `ProtocolId`: IKE, AH or ESP. */
  readonly protocolId: number;
  /** Each `spiSize` octets long; none for an IKE SA. */
  readonly spiSize: number;
  /** Of the sender's inbound direction, each of `spiSize` octets. */
  readonly spis: readonly Uint8Array[];
}
/** V (RFC 7296, section 3.12). */
export interface VendorIdPayload {
  /** Tells it from other payloads. */
  readonly type: "V";
  /** Any octets. */
  readonly vendorId: Uint8Array;
}
/** TSi and TSr (RFC 7296, section 3.13): at most `MAXIMUM_SELECTORS`. */
export interface TrafficSelectorPayload {
  /** Whose end of the traffic it is. */
  readonly type: "TSi" | "TSr";
  /** Each a range of addresses, ports and protocol; any of them will do. */
  readonly selectors: readonly TrafficSelector[];
}
/** SK as it stands on the wire: still protected. Always the last payload of its message. */
export interface EncryptedPayload {
  /** Tells it from other payloads. */
  readonly type: "SK";
  /** Type number of the first payload inside; 0 if there is none. */
  readonly firstPayload: number;
  /** IV, ciphertext and ICV. */
  readonly protectedOctets: Uint8Array;
  /** Where `protectedOctets` begins in the message: all before it is associated data. */
  readonly offset: number;
}
/** SKF (RFC 7383, section 2.5) as it stands on the wire. */
export interface EncryptedFragmentPayload {
  /** Tells it from other payloads. */
  readonly type: "SKF";
  /** Type number of the first payload inside the reassembled message; 0 in every fragment but the first. */
  readonly firstPayload: number;
  /** From 1. */
  readonly fragmentNumber: number;
  /** At least `fragmentNumber`, 16 bits. */
  readonly totalFragments: number;
  /** IV, ciphertext and ICV. */
  readonly protectedOctets: Uint8Array;
  /** Where `protectedOctets` begins in the message: all before it is associated data. */
  readonly offset: number;
}
/** CP (RFC 7296, section 3.15): type of `ConfigurationType`, at most `MAXIMUM_CONFIGURATION_ATTRIBUTES`. */
export interface ConfigurationPayload {
  /** Tells it from other payloads. */
  readonly type: "CP";
  /** A `ConfigurationType`, or any octet. */
  readonly configurationType: number;
  /** What is asked for, answered, set or confirmed. */
  readonly attributes: readonly ConfigurationAttribute[];
}
/** EAP (RFC 7296, section 3.16): the message as it is, its own length field checked. */
export interface EapPayload {
  /** Tells it from other payloads. */
  readonly type: "EAP";
  /** Code, identifier, length, and what the code has (RFC 3748, section 4). */
  readonly message: Uint8Array;
}
/** A payload of a type that this codec does not know; a critical one makes the message unacceptable (section 2.5). */
export interface UnknownPayload {
  /** Tells it from other payloads. */
  readonly type: "unknown";
  /** The octet that came before it. */
  readonly payloadType: number;
  /** The critical bit. */
  readonly critical: boolean;
  /** All behind the generic header. */
  readonly body: Uint8Array;
}

/** Any payload; `type` tells which. */
export type Payload =
  | SecurityAssociationPayload
  | KeyExchangePayload
  | IdentificationPayload
  | CertificatePayload
  | CertificateRequestPayload
  | AuthenticationPayload
  | NoncePayload
  | NotifyPayload
  | DeletePayload
  | VendorIdPayload
  | TrafficSelectorPayload
  | EncryptedPayload
  | EncryptedFragmentPayload
  | ConfigurationPayload
  | EapPayload
  | UnknownPayload;

/** The payload types by the name that discriminates them. */
export type PayloadType = Payload["type"];

/** The payload that a type name stands for. */
export type PayloadOf<Type extends PayloadType> = { [P in Payload as P["type"]]: P }[Type];
