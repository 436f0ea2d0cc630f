/**
 * The rooms of this project and what each may reach for: the arrows of ARCHITECTURE.md as a table.
 *
 * @module
 */

export interface Room {
  /** Folder or file, from the top of the checkout. The longest that matches a file is its room. */
  readonly path: string;
  /** Rooms, single files, or folders that are no room, that it may import from, besides itself. */
  readonly imports: readonly string[];
  /** npm packages it may import, by the prefix of their names. */
  readonly packages: readonly string[];
  /** Whether it may import `node:` modules. */
  readonly nodeModules: boolean;
  /** Sans-I/O, sans-clock, sans-random: the time, randomness, timers and sockets come in as arguments. */
  readonly pure: boolean;
}

const BELOW_IKE = ["src/wire", "src/crypto", "src/ticket"];

/** The rooms of `src/ike` in the order in which the RFC builds on them: each imports from those before it. */
const IKE_STREAM = [
  "src/ike/queues",
  "src/ike/steps",
  "src/ike/ike_sa",
  "src/ike/message",
  "src/ike/profiles",
  "src/ike/child_sa",
  "src/ike/authentication",
  "src/ike/policy",
  "src/ike/states",
  "src/ike/tickets",
  "src/ike/exchanges",
];
/** What one end does with all its IKE SAs: the two do not know each other. */
const IKE_ENDS = ["src/ike/initiator", "src/ike/responder"];
/** Where a datagram and a caller meet an end. */
const IKE_ENTRANCES = IKE_ENDS.map((end) => `${end}.ts`);
/** What a gateway does with a whole wave of resumptions: it knows the exchanges, and what its end does with IKE SAs. */
const IKE_LANE = "src/ike/lane";
/** The same of many clients in one process. */
const IKE_CLIENT_LANE = "src/ike/client_lane";
const IKE = [...IKE_STREAM, ...IKE_ENDS, IKE_LANE, IKE_CLIENT_LANE, ...IKE_ENTRANCES, "src/ike"];

const PROTOCOL = [...BELOW_IKE, ...IKE];
const SERVICES = [...PROTOCOL, "src/store", "src/providers", "src/transport"];
const ENDS = [
  ...SERVICES,
  "src/certificates",
  "src/eap",
  "src/esp",
  "src/gateway",
  "src/client",
  "src/configuration",
  "src/capture",
];

export const ROOMS: readonly Room[] = [
  { path: "src/wire", imports: [], packages: [], nodeModules: false, pure: true },
  { path: "src/crypto", imports: ["src/wire", "src/crypto/node"], packages: ["@noble/"], nodeModules: false, pure: false },
  // The node provider is the one place where protocol cryptography meets node:crypto.
  { path: "src/crypto/node", imports: ["src/crypto", "src/wire"], packages: [], nodeModules: true, pure: false },
  { path: "src/ticket", imports: ["src/wire", "src/crypto"], packages: [], nodeModules: false, pure: true },
  ...IKE_STREAM.map((path, index) => ikeRoom(path, IKE_STREAM.slice(0, index))),
  ...IKE_ENDS.map((path) => ikeRoom(path, IKE_STREAM)),
  ikeRoom(IKE_LANE, [...IKE_STREAM, "src/ike/responder"]),
  ikeRoom(IKE_CLIENT_LANE, [...IKE_STREAM, "src/ike/initiator"]),
  ikeRoom("src/ike/initiator.ts", [...IKE_STREAM, "src/ike/initiator", IKE_CLIENT_LANE]),
  ikeRoom("src/ike/responder.ts", [...IKE_STREAM, "src/ike/responder", IKE_LANE]),
  ikeRoom("src/ike", [...IKE_STREAM, ...IKE_ENDS, IKE_LANE, IKE_CLIENT_LANE, ...IKE_ENTRANCES]),
  { path: "src/configuration", imports: PROTOCOL, packages: [], nodeModules: false, pure: true },
  // What was recorded, for people. Of sockets it knows but how IKE and ESP share one; `Date` writes times, it is not asked for one.
  {
    path: "src/capture",
    imports: [...PROTOCOL, "src/configuration", "src/transport/non_esp_marker.ts"],
    packages: [],
    nodeModules: false,
    pure: false,
  },
  { path: "src/transport", imports: PROTOCOL, packages: [], nodeModules: true, pure: false },
  { path: "src/store", imports: PROTOCOL, packages: ["@redis/client"], nodeModules: true, pure: false },
  {
    path: "src/eap",
    imports: [...PROTOCOL, "src/eap/tls", "src/eap/radius"],
    packages: ["@noble/", "des.js", "js-md4"],
    nodeModules: false,
    pure: false,
  },
  // What EAP says to the outside: the runtime's TLS, and servers of RADIUS.
  { path: "src/eap/radius", imports: [...PROTOCOL, "src/eap"], packages: [], nodeModules: true, pure: false },
  { path: "src/eap/tls", imports: [...PROTOCOL, "src/eap"], packages: [], nodeModules: true, pure: false },
  { path: "src/esp", imports: [...PROTOCOL, "src/configuration"], packages: [], nodeModules: true, pure: false },
  { path: "src/certificates", imports: PROTOCOL, packages: ["@peculiar/"], nodeModules: true, pure: false },
  {
    path: "bindings",
    imports: ["src/crypto/algorithms.ts", "src/crypto/registry.ts", "src/crypto/provider.ts", "src/crypto/guards.ts"],
    packages: [],
    nodeModules: false,
    pure: false,
  },
  {
    path: "src/providers",
    imports: ["src/crypto", "src/crypto/node", "bindings"],
    packages: [],
    nodeModules: false,
    pure: false,
  },
  { path: "src/gateway", imports: SERVICES, packages: [], nodeModules: true, pure: false },
  { path: "src/client", imports: SERVICES, packages: [], nodeModules: true, pure: false },
  { path: "src/load", imports: ENDS, packages: ["@noble/", "@peculiar/", "hdr-histogram-js"], nodeModules: true, pure: false },
  // What was measured, for people: nothing here measures.
  {
    path: "src/load/report",
    imports: ["src/load"],
    packages: ["@valibot/", "valibot", "vega", "vega-lite"],
    nodeModules: true,
    pure: false,
  },
  // What the program prints of effects, and mod.ts hands on: of the program it knows nothing.
  {
    path: "src/cli/effect_event.ts",
    imports: [...PROTOCOL, "src/configuration"],
    packages: [],
    nodeModules: false,
    pure: true,
  },
  {
    path: "src/cli",
    imports: [...ENDS, "src/load", "src/load/report", "src/cli/effect_event.ts"],
    packages: [
      "commander",
      "cli-progress",
      "smol-toml",
      "valibot",
      "@valibot/",
      "fastest-levenshtein",
      "pino",
      "prom-client",
      "uplot",
    ],
    nodeModules: true,
    pure: false,
  },
  { path: "mod.ts", imports: [...ENDS, "src/cli/effect_event.ts"], packages: [], nodeModules: false, pure: false },
  {
    path: "bench",
    imports: [
      ...ENDS,
      "src/load",
      "src/load/report",
      "src/cli",
      "src/crypto/node",
      "bindings",
      "mod.ts",
      "tests/vectors",
      "tests/store",
      // charon, in namespaces.
      "tests/interop",
      "scripts/npm/project.ts",
    ],
    packages: ["@noble/", "commander", "esbuild"],
    nodeModules: true,
    pure: false,
  },
];

function ikeRoom(path: string, before: readonly string[]): Room {
  return { path, imports: [...BELOW_IKE, ...before], packages: [], nodeModules: false, pure: true };
}

/** The room that a file belongs to, or `undefined` for what the arrows do not cover (tests, scripts). */
export function roomOf(file: string): Room | undefined {
  let found: Room | undefined;
  for (const room of ROOMS) {
    const inside = file === room.path || file.startsWith(`${room.path}/`);
    if (inside && (found === undefined || room.path.length > found.path.length)) found = room;
  }
  return found;
}

/** Whether `room` may import `file`, which is not one of its own. */
export function mayImport(room: Room, file: string): boolean {
  if (room.imports.includes(file)) return true;
  const target = roomOf(file);
  if (target !== undefined) return room.imports.includes(target.path);
  return room.imports.some((folder) => file.startsWith(`${folder}/`));
}
