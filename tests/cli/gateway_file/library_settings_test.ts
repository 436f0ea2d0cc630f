import { Command } from "commander";
import assert from "node:assert/strict";
import { test } from "node:test";
import { addGatewayCommand } from "../../../src/cli/gateway_command.ts";
import { FILE_TABLES } from "../../../src/cli/gateway_file/tables.ts";
import type { GatewayOptions } from "../../../src/gateway/gateway_options.ts";
import type { GatewayWorkersOptions } from "../../../src/gateway/workers/gateway_workers_options.ts";
import type { EapOptions } from "../../../src/ike/policy/eap_configuration.ts";
import type { ChildSaRules } from "../../../src/ike/policy/child_sa_rules.ts";
import type { ClientRules } from "../../../src/ike/policy/client_rules.ts";
import type { InnerAddressPolicy } from "../../../src/ike/policy/inner_address.ts";
import type { RetransmissionPolicy } from "../../../src/ike/message/retransmission.ts";
import type { ResponderOptions } from "../../../src/ike/responder.ts";

/** The field of a configuration file that a setting of the library has, or why it has none. */
type Place = string | { readonly none: string };

const HOOK = { none: "a function: the program's own is made of fields" };
const PROGRAM = { none: "what a program is embedded with, which is no setting of an operator's" };
const INSIDE = { none: "the gateway sets it itself" };

/** The type checker refuses a setting that is missing here. */
const RESPONDER = {
  identity: "identity.id",
  presharedKeyOf: "identity.psk_file",
  certificates: "identity.certificate",
  ikeProposals: "algorithms.ike",
  espProposals: "algorithms.esp",
  localSelectors: "traffic.local",
  remoteSelectors: "traffic.remote",
  remoteSelectorsOf: "traffic.remote_of",
  rulesOf: { none: "users and policy" },
  childSas: { none: "child_sas" },
  profiles: "tickets.profile",
  gatewayList: "tickets.gateway_list",
  ticketKeys: "tickets.keys_file",
  ticketKind: "tickets.kind",
  issueTickets: "tickets.issue",
  ticketLifetimeSeconds: "tickets.lifetime",
  ticketsPerIkeSa: "tickets.per_ike_sa",
  ticketsPerIdentity: "tickets.per_identity",
  rekeyIkeSas: "ike_sas.rekey",
  ikeSaLifetimeSeconds: "ike_sas.lifetime",
  reauthenticationSeconds: "ike_sas.reauthentication",
  resumptionReauthenticates: "tickets.reauthenticate",
  bindTicketsToSharedKey: "tickets.bind_to_shared_key",
  resumeWithAnyAlgorithms: "tickets.with_any_algorithms",
  livenessSeconds: "ike_sas.liveness",
  livenessChecksPerSecond: "ike_sas.liveness_rate",
  lifetimeJitter: "ike_sas.lifetime_jitter",
  ikeSaLimit: "limits.ike_sas",
  uniqueIdentities: "clients.unique",
  maximumResponseLength: "tickets.most_response_octets",
  mostFragmentOctets: "limits.fragment_octets",
  fragmentSize: "listen.fragment_size",
  waitForStore: "tickets.store_failure",
  maximumTicketLength: "tickets.most_octets",
  cookieThreshold: "limits.cookie_threshold",
  resumptionCookieThreshold: "limits.resumption_cookie_threshold",
  halfOpenLimit: "limits.half_open",
  halfOpenLifetimeMs: "ike_sas.half_open_lifetime",
  retransmission: { none: "retransmission" },
  resumptionAuthenticationOf: "clients.resumption_authentication",
  eap: { none: "clients" },
  authorize: "policy.command",
  authorizeResumption: "policy.command",
  refuseChangedAddress: "tickets.refuse_changed_address",
  innerAddresses: "inner_addresses.ranges",
  spiWorker: INSIDE,
  otherWorkers: INSIDE,
  exposeKeys: "log.key_log_file",
  mobike: "ike_sas.mobike",
  additionalAddresses: "ike_sas.also_at",
  authorizeMove: HOOK,
  redirectFirst: "redirect.to",
  redirectClient: "redirect.to",
  redirectsPerSecond: "redirect.rate",
  leavesTo: INSIDE,
  childless: "ike_sas.childless",
} satisfies Record<keyof ResponderOptions, Place>;

const GATEWAY = {
  configuration: { none: "the other tables" },
  addresses: "listen.addresses",
  port: "listen.port",
  natPort: "listen.nat_port",
  signal: PROGRAM,
  transport: "listen.transport",
  openTransport: PROGRAM,
  provider: "algorithms.provider",
  lane: "listen.lane",
  keyExchange: PROGRAM,
  store: "tickets.store",
  storeFailure: "tickets.store_failure",
  storeTimeoutMs: "tickets.store_timeout",
  policyTimeoutMs: "policy.timeout",
  onStoreChange: HOOK,
  revocation: "tickets.revocation",
  claims: PROGRAM,
  random: PROGRAM,
  clock: PROGRAM,
  onEffect: HOOK,
  onOther: HOOK,
  onFault: HOOK,
} satisfies Record<keyof GatewayOptions, Place>;

const WORKERS = {
  workers: "listen.workers",
  steering: "listen.steering",
  report: HOOK,
  module: PROGRAM,
  argv: PROGRAM,
  data: PROGRAM,
  ticketKeys: "tickets.keys_file",
  onTold: HOOK,
  onWorkerChange: HOOK,
} satisfies Record<Exclude<keyof GatewayWorkersOptions, keyof GatewayOptions>, Place>;

const CHILD_SAS = {
  lifetimeSeconds: "child_sas.lifetime",
  lifetimeOctets: "child_sas.lifetime_octets",
  lifetimePackets: "child_sas.lifetime_packets",
  renewal: "child_sas.renewal",
  limit: "child_sas.limit",
  remake: { none: "a client's" },
  transportMode: "child_sas.transport_mode",
  tfcPadding: "child_sas.tfc_padding",
  nonFirstFragments: "child_sas.non_first_fragments",
} satisfies Record<keyof ChildSaRules, Place>;

const INNER_ADDRESSES = {
  ranges: "inner_addresses.ranges",
  netmask: "inner_addresses.netmask",
  ipv6PrefixLength: "inner_addresses.prefix_length",
  dns: "inner_addresses.dns",
  domains: "inner_addresses.domains",
  subnets: "inner_addresses.subnets",
  optional: "inner_addresses.optional",
  pools: "inner_addresses.pools",
  isReserved: { none: "users with an address of their own" },
  leases: INSIDE,
} satisfies Record<keyof InnerAddressPolicy, Place>;

const RETRANSMISSION = {
  initialMs: "retransmission.first",
  factor: "retransmission.factor",
  maximumMs: "retransmission.longest",
  attempts: "retransmission.attempts",
  jitter: "retransmission.jitter",
} satisfies Record<keyof RetransmissionPolicy, Place>;

const EAP = {
  methodFor: "clients.eap_users_file",
  admits: "clients.eap_users_file",
  eapOnly: "clients.eap_only",
  askIdentity: { none: "always, since it harms nobody, and Windows waits for it" },
  gatewayKey: { none: "it can be guessed offline by whoever asks: the program has a certificate, or EAP, prove the gateway" },
  exposeGatewayKeyToOfflineGuessing: { none: "it is for gatewayKey" },
  maximumRounds: "clients.eap_rounds",
  acceptMethodWithoutKey: { none: "it would let whoever can make a client run the method elsewhere come in as that client" },
} satisfies Record<keyof EapOptions, Place>;

const CLIENT_RULES = {
  uniqueIdentities: { none: "devices of a user" },
  innerAddress: { none: "address and pool of a user" },
  issueTickets: { none: "tickets of a user" },
} satisfies Record<keyof ClientRules, Place>;

const ALL: { readonly [of: string]: { readonly [setting: string]: Place } } = {
  RESPONDER,
  GATEWAY,
  WORKERS,
  CHILD_SAS,
  INNER_ADDRESSES,
  RETRANSMISSION,
  EAP,
  CLIENT_RULES,
};

test("every setting of the library has a field of the configuration file, or a reason why it has none", () => {
  const flags = addGatewayCommand(new Command()).options.map(({ long }) => long);
  for (const [of, settings] of Object.entries(ALL)) {
    for (const [setting, place] of Object.entries<Place>(settings)) {
      if (typeof place !== "string") {
        assert.ok(place.none.length > 0);
        continue;
      }
      const [table, key] = place.split(".");
      assert.ok(flags.includes(FILE_TABLES[table]?.options[key]), `${of}.${setting}: ${place} is no field`);
    }
  }
});
