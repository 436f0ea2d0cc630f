/**
 * Where each option of `ike-resume gateway` stands in its configuration file.
 *
 * What a value may be, the option says: the file has no rules of its own.
 *
 * @module
 */

/** Options by the keys of a table. Paths that a key names are those from the folder that the file is in. */
export interface FileTable {
  /** For people. */
  readonly about: string;
  /** Keys, and the flags of their options. */
  readonly options: { readonly [key: string]: string };
  /** Those keys of `options` whose values are paths of files. */
  readonly paths?: readonly string[];
}

export const FILE_TABLES: { readonly [table: string]: FileTable } = {
  listen: {
    about: "Where the gateway listens, and how it reads and writes",
    options: {
      addresses: "--address",
      port: "--port",
      nat_port: "--nat-port",
      transport: "--transport",
      workers: "--workers",
      steering: "--steering",
      fragment_size: "--fragment-size",
      lane: "--no-lane",
      user: "--user",
    },
  },
  identity: {
    about: "Who the gateway is, and what it proves that with",
    options: {
      id: "--identity",
      psk_file: "--psk-file",
      certificate: "--cert",
      certificate_key: "--cert-key",
      certificate_key_passphrase_file: "--cert-key-passphrase-file",
    },
    paths: ["psk_file", "certificate", "certificate_key", "certificate_key_passphrase_file"],
  },
  clients: {
    about: "Whose certificates are trusted, and who else may come",
    options: {
      authorities: "--ca",
      intermediates: "--intermediate",
      revocation_lists: "--crl",
      require_revocation_lists: "--require-crl",
      ocsp_responses: "--ocsp",
      require_ocsp: "--require-ocsp",
      ask_ocsp: "--ask-ocsp",
      allow_sha1: "--allow-sha1",
      eap_users_file: "--eap-users",
      eap_only: "--eap-only",
      eap_tls: "--eap-tls",
      eap_rounds: "--eap-rounds",
      radius: "--radius",
      radius_secret_file: "--radius-secret",
      unique: "--unique",
      only_users: "--only-users",
      resumption_authentication: "--resumption-authentication",
    },
    paths: ["authorities", "intermediates", "revocation_lists", "ocsp_responses", "eap_users_file", "radius_secret_file"],
  },
  policy: {
    about: "Who keeps users elsewhere, and is asked about each client that is none of those here",
    options: {
      command: "--policy-command",
      url: "--policy-url",
      token_file: "--policy-token",
      timeout: "--policy-timeout",
      concurrency: "--policy-concurrency",
      cache_seconds: "--policy-cache",
      cache_refusals_seconds: "--policy-cache-refusals",
      cache_size: "--policy-cache-size",
    },
    paths: ["command", "token_file"],
  },
  algorithms: {
    about: "What is accepted of clients' proposals, and what computes it",
    options: { ike: "--ike", esp: "--esp", provider: "--provider" },
  },
  traffic: {
    about: "What lies behind the ends",
    options: { local: "--local-ts", remote: "--remote-ts", remote_of: "--remote-ts-of" },
  },
  inner_addresses: {
    about: "Addresses for clients to have in their tunnels",
    options: {
      ranges: "--inner-addresses",
      netmask: "--inner-netmask",
      prefix_length: "--inner-prefix-length",
      dns: "--inner-dns",
      domains: "--inner-domain",
      subnets: "--inner-subnets",
      optional: "--inner-optional",
      pools: "--inner-pool",
    },
  },
  ike_sas: {
    about: "How long IKE SAs live",
    options: {
      lifetime: "--ike-lifetime",
      rekey: "--no-ike-rekey",
      reauthentication: "--reauthentication",
      liveness: "--liveness",
      liveness_rate: "--liveness-rate",
      lifetime_jitter: "--lifetime-jitter",
      half_open_lifetime: "--half-open-lifetime",
      childless: "--no-childless",
      mobike: "--no-mobike",
      also_at: "--also-at",
    },
  },
  child_sas: {
    about: "Child SAs, and who carries their traffic",
    options: {
      lifetime: "--child-lifetime",
      lifetime_octets: "--child-lifetime-octets",
      lifetime_packets: "--child-lifetime-packets",
      renewal: "--child-renewal",
      limit: "--child-sa-limit",
      transport_mode: "--transport-mode",
      tfc_padding: "--no-tfc-padding",
      non_first_fragments: "--non-first-fragments",
      xfrm: "--xfrm",
      xfrm_mark: "--xfrm-mark",
      xfrm_if_id: "--xfrm-if-id",
      xfrm_reqid: "--xfrm-reqid",
      xfrm_use_interval: "--xfrm-use-interval",
      updown: "--updown",
      updown_timeout: "--updown-timeout",
    },
    paths: ["updown"],
  },
  tickets: {
    about: "Tickets, their keys, and what is remembered of them",
    options: {
      kind: "--tickets",
      profile: "--profile",
      gateway_list: "--gateway-list",
      issue: "--no-issue-tickets",
      lifetime: "--ticket-lifetime",
      most_octets: "--most-ticket-octets",
      most_response_octets: "--most-response-octets",
      refuse_changed_address: "--refuse-changed-address",
      per_ike_sa: "--tickets-per-ike-sa",
      per_identity: "--tickets-per-identity",
      bind_to_shared_key: "--no-bind-tickets-to-shared-key",
      with_any_algorithms: "--resume-with-any-algorithms",
      reauthenticate: "--resumption-reauthenticates",
      revocation: "--revocation",
      store: "--store",
      store_failure: "--store-failure",
      store_timeout: "--store-timeout",
      keys_file: "--ticket-keys",
      key_rotation: "--ticket-key-rotation",
      key_algorithm: "--ticket-key-algorithm",
      master_file: "--ticket-master",
      epoch: "--ticket-epoch",
    },
    paths: ["keys_file", "master_file"],
  },
  retransmission: {
    about: "Requests of the gateway's own that get no answer",
    options: {
      first: "--retransmission-first",
      factor: "--retransmission-factor",
      longest: "--retransmission-longest",
      attempts: "--retransmission-attempts",
      jitter: "--retransmission-jitter",
    },
  },
  limits: {
    about: "How much the gateway takes upon itself",
    options: {
      ike_sas: "--ike-sa-limit",
      half_open: "--half-open-limit",
      fragment_octets: "--most-fragment-octets",
      cookie_threshold: "--cookie-threshold",
      resumption_cookie_threshold: "--resumption-cookie-threshold",
    },
  },
  redirect: {
    about: "Clients that are sent to another gateway",
    options: {
      to: "--redirect-to",
      at: "--redirect-at",
      drain_to: "--drain-to",
      drain_seconds: "--drain-seconds",
      rate: "--redirect-rate",
    },
  },
  http: {
    about: "Metrics for Prometheus, whether the gateway lives and is ready, and a page for people",
    options: {
      listen: "--http",
      hosts: "--http-host",
      page: "--http-page",
      page_token_file: "--http-page-token",
      page_remote: "--http-page-remote",
    },
    paths: ["page_token_file"],
  },
  control: {
    about: "Commands for a gateway that runs",
    options: { socket: "--control-socket" },
    paths: ["socket"],
  },
  log: {
    about: "What the gateway tells",
    options: {
      format: "--log-format",
      level: "--log-level",
      redact: "--log-redact",
      json: "--json",
      key_log_file: "--key-log",
    },
    paths: ["key_log_file"],
  },
};

/** Options that make sense on a command line alone. */
export const COMMAND_LINE_ALONE: readonly string[] = ["--control", "--help"];
