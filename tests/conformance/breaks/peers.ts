/** Breaks of what other peers are met with: configuration payloads and what is told in them. @module */
import type { Break } from "./break.ts";

export const PEER_BREAKS: readonly Break[] = [
  {
    rows: ["C-7.6"],
    within: "src/ike/states/initiator_state.ts",
    before: "return startOnNatPort ? encapsulatedPath(path) : plainPath(path);",
    after: "return startOnNatPort && path.local.port < 0 ? encapsulatedPath(path) : plainPath(path);",
    what: "a client that is to start on port 4500 starts on port 500",
  },
  {
    rows: ["C-6.1"],
    within: "src/ike/exchanges/ike_auth/configuration_request.ts",
    before: "if (reply?.configurationType !== ConfigurationType.CFG_REPLY) return undefined;",
    after: 'if (reply?.configurationType !== ConfigurationType.CFG_REPLY) return { address: "10.0.0.9", dns: [] };',
    what: "the client takes an address that nobody assigned",
  },
  {
    rows: ["C-6.2"],
    within: "src/ike/policy/inner_address_wishes.ts",
    before: "wishes[familyOf(selector)] = new Uint8Array(0);",
    after: "wishes[familyOf(selector)] = new Uint8Array(4);",
    what: "a client that wants any address asks for 0.0.0.0",
  },
  {
    rows: ["C-6.3"],
    within: "src/ike/policy/inner_address_attributes.ts",
    before: "return Number.isInteger(bits) ? ",
    after: "return bits >= 0 ? ",
    what: "the client takes a netmask with holes",
  },
  {
    rows: ["C-6.4"],
    within: "src/ike/exchanges/ike_auth/configuration_reply.ts",
    before: "if (netmask !== undefined && has(4) && wants(INTERNAL_IP4_NETMASK)) {",
    after: "if (netmask !== undefined && wants(INTERNAL_IP4_NETMASK)) {",
    what: "a netmask comes without an address",
  },
  {
    rows: ["C-6.5"],
    within: "src/ike/policy/inner_address_attributes.ts",
    before: "attributeType: INTERNAL_IP6_ADDRESS, value: withPrefixLength(address, ipv6PrefixLength)",
    after: "attributeType: INTERNAL_IP6_ADDRESS, value: address",
    what: "an IPv6 address comes without the length of its prefix",
  },
  {
    rows: ["C-6.6"],
    within: "src/wire/constants.ts",
    before: "INTERNAL_IP6_DNS: 10,",
    after: "INTERNAL_IP6_DNS: 11,",
    what: "IPv6 name servers go by the number of INTERNAL_IP6_NBNS",
  },
  {
    rows: ["C-6.7"],
    within: "src/ike/initiator/schedule.ts",
    before: "this.#due.expiry = monotonicMs + expirySeconds * MS_PER_SECOND;",
    after: "",
    what: "an address is used beyond its time",
  },
  {
    rows: ["C-6.8"],
    within: "src/ike/exchanges/ike_auth/configuration_reply.ts",
    before: "if (addresses.length === 0) {",
    after: "if (addresses.length < (wantsBoth(asked) ? 2 : 1)) {",
    what: "one address of two is none",
    and: [{
      within: "src/ike/exchanges/ike_auth/configuration_reply.ts",
      before: "/** Addresses first.",
      after:
        "const wantsBoth = (asked: readonly ConfigurationAttribute[]) =>\n  [1, 8].every((type) => asked.some(({ attributeType }) => attributeType === type));\n\n/** Addresses first.",
    }],
  },
];
