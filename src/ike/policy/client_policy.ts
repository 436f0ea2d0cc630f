/**
 * Whether a client may come in: by a full exchange, and again by a ticket (RFC 5723, section 5, notes 1 to 3, and section 4.3.2).
 *
 * @module
 */
import { type Identity, sameIdentity } from "../../ticket/identity.ts";
import type { TicketItems } from "../../ticket/ticket_items.ts";
import type { TicketState } from "../../ticket/ticket_state.ts";
import { CertificateEncoding } from "../../wire/constants.ts";
import { sameOctets } from "../../wire/octets.ts";
import type { Payload } from "../../wire/payload.ts";
import { isSharedKeyMethod } from "../authentication/auth_payload.ts";
import type { IkeProposal } from "../ike_sa/proposals.ts";
import type { IkeSuite } from "../ike_sa/suite.ts";
import { addressOctets } from "../message/address.ts";
import type { Endpoint } from "../steps/datagram.ts";
import type { Instant } from "../steps/instant.ts";
import type { AuthenticatedClient } from "./authorization.ts";
import { reauthenticationOf, secondsUntil } from "./reauthentication.ts";
import type { ResponderConfiguration } from "./responder_configuration.ts";

/** What a client's tickets are to say about it; `undefined`: policy does not let it in. */
export function authorize(client: AuthenticatedClient, configuration: ResponderConfiguration): TicketItems | undefined {
  const { identity, initiatorId, eapType, remote, certificatesEndAtEpochSeconds, certificateNames } = client;
  if (!isKnown(identity, eapType, client.authenticationMethod, configuration)) return undefined;
  const granted = configuration.authorize ? configuration.authorize(client) : {};
  if (granted === undefined) return undefined;
  const permittedAddresses = granted.permittedAddresses?.map(addressOctets);
  if (!isPermitted(remote, permittedAddresses)) return undefined;
  return {
    authenticatedAtEpochSeconds: Math.floor(client.authenticatedAtEpochSeconds),
    ...(eapType === undefined ? {} : { eapType }),
    ...(sameIdentity(identity, initiatorId) ? {} : { eapIdentity: identity }),
    ...(certificatesEndAtEpochSeconds === undefined ? {} : { certificatesEndAtEpochSeconds }),
    ...(certificateNames?.length ? { certificateNames } : {}),
    ...(granted.certificates?.length ? { certificates: granted.certificates } : {}),
    ...(permittedAddresses ? { permittedAddresses } : {}),
    ...issuedTo(remote, configuration),
  };
}

/** Why a client may not come back with its ticket, or from its address, in a word; `undefined`: it may. */
export function refusalOfResumption(
  state: TicketState,
  remote: Endpoint,
  now: Instant,
  configuration: ResponderConfiguration,
): string | undefined {
  const { initiatorId, authenticationMethod, eapType } = state;
  const identity = state.eapIdentity ?? initiatorId;
  // A client that may no longer come by a full exchange may not come by a ticket either.
  if (!isKnown(identity, eapType, authenticationMethod, configuration)) return "identity-unknown";
  const { certificatesEndAtEpochSeconds = Infinity } = state;
  if (now.epochSeconds >= certificatesEndAtEpochSeconds) return "certificate-expired";
  const { certificateNames } = state;
  const isByCertificate = certificateNames !== undefined || !isSharedKeyMethod(authenticationMethod);
  if (isByCertificate && configuration.certificates?.isRevoked?.(certificateNames)) return "certificate-revoked";
  const reauthenticateByMs = reauthenticationOf(configuration, now, state);
  if (reauthenticateByMs !== undefined && secondsUntil(reauthenticateByMs, now) < 1) return "reauthentication-due";
  if (!isPermitted(remote, state.permittedAddresses)) return "address-not-permitted";
  if (configuration.refuseChangedAddress) {
    const before = state.issuedToAddress;
    if (before === undefined || !isPermitted(remote, [before])) return "address-changed";
  }
  if (configuration.authorizeResumption === undefined) return undefined;
  const { responderId, authenticatedAtEpochSeconds, certificates = [] } = state;
  const client = {
    identity,
    initiatorId,
    responderId,
    authenticationMethod,
    eapType,
    authenticatedAtEpochSeconds,
    certificates,
    remote,
  };
  return configuration.authorizeResumption(client) === false ? "not-authorized" : undefined;
}

/** Whether policy still allows the algorithms of a ticket (RFC 5723, section 5), each of them and together. */
export function isSuiteAllowed(suite: IkeSuite, { resumeWithAnyAlgorithms, ikeProposals }: ResponderConfiguration): boolean {
  if (resumeWithAnyAlgorithms) return true;
  let judged = judgedBy.get(ikeProposals);
  if (judged === undefined) judgedBy.set(ikeProposals, judged = new WeakMap());
  let isAllowed = judged.get(suite);
  if (isAllowed === undefined) judged.set(suite, isAllowed = isAmong(suite, ikeProposals));
  return isAllowed;
}

/** Nearly all tickets are of one suite, which is one object. */
const judgedBy = new WeakMap<readonly IkeProposal[], WeakMap<IkeSuite, boolean>>();

function isAmong({ prf, protection, group, additional }: IkeSuite, proposals: readonly IkeProposal[]): boolean {
  const { encryption, keyLength, integrity } = protection;
  return proposals.some((proposal) =>
    proposal.encryption.some((choice) => choice.algorithm.id === encryption.id && choice.keyLength === keyLength) &&
    proposal.prfs.some(({ id }) => id === prf.id) && proposal.groups.some(({ id }) => id === group.id) &&
    areAdditionalAllowed(additional, proposal) &&
    (integrity ? proposal.integrity.some(({ id }) => id === integrity.id) : proposal.integrity.length === 0)
  );
}

/** Whether nothing that a proposal demands is missing (RFC 9370). */
function areAdditionalAllowed(additional: IkeSuite["additional"], { additional: choices = [] }: IkeProposal): boolean {
  return choices.every(({ methods, optional }) => optional || methods.some((method) => additional.includes(method)));
}

/** What the next ticket of a resumed client tells: the same as the one before, and where the client is now. */
export function itemsAfterResumption(state: TicketState, remote: Endpoint, configuration: ResponderConfiguration): TicketItems {
  const { authenticatedAtEpochSeconds, eapType, eapIdentity, certificates, certificatesEndAtEpochSeconds, permittedAddresses } =
    state;
  const { certificateNames } = state;
  const items: { -readonly [Name in keyof TicketItems]: TicketItems[Name] } = issuedTo(remote, configuration);
  if (authenticatedAtEpochSeconds !== undefined) items.authenticatedAtEpochSeconds = authenticatedAtEpochSeconds;
  if (eapType !== undefined) items.eapType = eapType;
  if (eapIdentity) items.eapIdentity = eapIdentity;
  if (certificates) items.certificates = certificates;
  if (certificatesEndAtEpochSeconds !== undefined) items.certificatesEndAtEpochSeconds = certificatesEndAtEpochSeconds;
  if (certificateNames) items.certificateNames = certificateNames;
  if (permittedAddresses) items.permittedAddresses = permittedAddresses;
  return items;
}

/** X.509 certificates among the payloads; copies. */
export function certificatesOf(payloads: readonly Payload[]): Uint8Array[] {
  const certificates: Uint8Array[] = [];
  for (const payload of payloads) {
    const isX509 = payload.type === "CERT" && payload.encoding === CertificateEncoding.X509_CERTIFICATE_SIGNATURE;
    if (isX509 && payload.certificate.length > 0) certificates.push(payload.certificate.slice());
  }
  return certificates;
}

/**
 * A client with a shared key is known by that key, if not empty; one that came by EAP, by the identity EAP authenticated; one with a certificate by
 * its authority, as long as the gateway takes certificates.
 */
function isKnown(
  identity: Identity,
  eapType: number | undefined,
  authenticationMethod: number,
  configuration: ResponderConfiguration,
): boolean {
  if (!isSharedKeyMethod(authenticationMethod)) return configuration.certificates !== undefined;
  if (eapType === undefined) return (configuration.presharedKeyOf(identity)?.length ?? 0) > 0;
  return configuration.eap?.admits(identity, eapType) === true;
}

function isPermitted({ address }: Endpoint, permitted: readonly Uint8Array[] | undefined): boolean {
  if (permitted === undefined) return true;
  const octets = addressOctets(address);
  return permitted.some((one) => sameOctets(one, octets));
}

/** An address stays in tickets only as long as somebody looks at it. */
function issuedTo({ address }: Endpoint, { refuseChangedAddress }: ResponderConfiguration): TicketItems {
  return refuseChangedAddress ? { issuedToAddress: addressOctets(address) } : {};
}
