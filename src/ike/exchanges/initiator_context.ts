/**
 * What the exchanges of a client need from their end.
 *
 * @module
 */
import type { RandomSource } from "../../crypto/key_exchange.ts";
import { narrow } from "../child_sa/traffic_selectors.ts";
import type { InitiatorConfiguration, InitiatorPath } from "../policy/initiator_configuration.ts";
import type { Instant } from "../steps/instant.ts";
import { acceptedExchanges, type ChildSaContext, type EstablishedContext } from "./established_context.ts";

/** What every exchange of the initiator needs. */
export interface InitiatorContext {
  readonly configuration: InitiatorConfiguration;
  readonly path: InitiatorPath;
  readonly random: RandomSource;
  readonly now: Instant;
  /**
   * An attempt seems to have failed because of a cookie: this time one is answered only if nothing better comes for a while.
   */
  readonly cautious: boolean;
  /** The gateway that sent this client here, in text form (RFC 5685). */
  readonly redirectedFrom?: string;
  /** Say that this is the only IKE SA with the gateway. */
  readonly initialContact: boolean;
}

/** What exchanges on an IKE SA that is up need of a client. */
export function establishedContextOf(configuration: InitiatorConfiguration, random: RandomSource): EstablishedContext {
  const { retransmission, ikeProposals, exposeKeys, refuseNats, espProposals, localSelectors, remoteSelectors } = configuration;
  const childSas: ChildSaContext = {
    rules: configuration.childSas,
    espProposals,
    accepted: acceptedExchanges(ikeProposals),
    localSelectors,
    remotePolicy: remoteSelectors,
    // deno-lint-ignore require-yield -- nothing is asked for.
    *peerSelectors(_state, offered) {
      return narrow(offered, remoteSelectors);
    },
  };
  return {
    random,
    retransmission,
    ikeProposals,
    exposeKeys,
    refuseNats,
    followRedirects: configuration.followRedirects,
    childSas,
    tickets: configuration,
    servedProfiles: [],
  };
}
