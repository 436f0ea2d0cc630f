/**
 * Program: the project's client, as a user would embed it, telling its effects in JSON lines. Argument: {@link OurClientOptions}.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../../src/client/client.ts";
import type { Session } from "../../src/client/session.ts";
import { initiatorConfiguration } from "../../src/ike/policy/initiator_configuration.ts";
import { defaultIkeProposals, offerIke } from "../../src/ike/ike_sa/proposals.ts";
import type { ClientTicket } from "../../src/ticket/client_ticket.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { AuthenticationMethod } from "../../src/wire/constants.ts";
import { parseSelectors } from "../../src/configuration/mod.ts";
import { certificatesOf } from "./our_certificates.ts";
import { commands } from "./commands.ts";
import { eventOf, otherEvent, type OurCommand, tell } from "./our_event.ts";
import { IMPATIENT, livesOf } from "./our_lives.ts";
import { clientEap } from "./our_eap.ts";
import type { OurClientOptions } from "./our_options.ts";
import { fqdn, networkSelector } from "./peer_words.ts";

/** Networks that charon has no use for. */
const MUCH = Array.from({ length: 100 }, (_, index) => networkSelector(`172.16.${index}.0/24`));

const ANY = parseSelectors("0.0.0.0/0, ::/0");

const options = JSON.parse(process.argv[2]) as OurClientOptions;

try {
  const session = await connect({
    configuration: initiatorConfiguration({
      identity: fqdn(options.identity),
      peerIdentity: fqdn(options.gatewayIdentity),
      ...await clientEap(options),
      ...(options.certificates
        ? { certificates: await certificatesOf(options.certificates, options.eap !== undefined) }
        : { presharedKey: new TextEncoder().encode(options.presharedKey) }),
      localSelectors: options.inner ? ANY : [networkSelector(options.localNetwork), ...(options.offersMuch ? MUCH : [])],
      remoteSelectors: options.inner ? ANY : [networkSelector(options.remoteNetwork)],
      requestInnerAddress: options.inner ?? false,
      innerAddressRequired: true,
      mobike: options.mobike ?? false,
      childless: options.childless ?? false,
      retransmission: IMPATIENT,
      ...livesOf(options),
    }),
    gateway: { address: options.gatewayAddress },
    ticket: options.inventedTicket ? inventedTicket(options) : undefined,
    reconnect: options.reconnect ? { initialMs: 200, maximumMs: 1_000 } : false,
    onReconnection: (event) => {
      if (event.type === "connection-lost") tell({ type: event.type, reason: event.reason });
      if (event.type === "connection-back") tell({ type: event.type, resumed: event.resumed });
    },
    onEffect: (effect) => tell(eventOf(effect)),
    onOther: (kind, octets) => tell(otherEvent(kind, octets)),
  });
  tell({ type: "ready" });
  for await (const command of commands()) {
    if (command.command === "close") await session.close();
    else if (command.command === "check-liveness") await session.checkLiveness();
    else if (command.command === "rekey") await session.rekey();
    else if (command.command === "move") tell({ type: "moved", moved: await session.move(command.address) });
    else if (command.command === "child-sa") ask(session, command);
    else await session.requestTicket();
  }
} catch (error) {
  tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}

function ask(session: Session, { kind, inboundSpi }: Extract<OurCommand, { command: "child-sa" }>): void {
  if (kind === "create") void session.createChildSa(session.childSa);
  else if (kind === "rekey") session.rekeyChildSa({ inboundSpi });
  else session.deleteChildSa({ inboundSpi });
}

/** Looks like one that a gateway with the extension issued yesterday: only its issuer could tell. */
function inventedTicket({ identity, gatewayIdentity }: OurClientOptions): ClientTicket {
  const [offer] = offerIke(defaultIkeProposals());
  const chosenTypes = new Set<number>();
  return {
    ticket: systemRandom(256),
    expiresAtEpochSeconds: Math.floor(Date.now() / 1000) + 3_600,
    initiatorId: fqdn(identity),
    responderId: fqdn(gatewayIdentity),
    authenticationMethod: AuthenticationMethod.SHARED_KEY_MESSAGE_INTEGRITY_CODE,
    proposal: {
      ...offer,
      transforms: offer.transforms.filter(({ transformType: type }) => !chosenTypes.has(type) && chosenTypes.add(type)),
    },
    skD: systemRandom(32),
  };
}
