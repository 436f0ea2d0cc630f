/**
 * The stage of one test: namespaces and programs that are taken down with it, whether it passed or not.
 *
 * @module
 */
import { test } from "node:test";
import { BackgroundProgram } from "./background.ts";
import { Capture } from "./capture.ts";
import type { OurCertificates } from "./certificate_files.ts";
import { Charon, type CharonOptions } from "./charon.ts";
import { within } from "./command.ts";
import { Freeradius, type FreeradiusOptions } from "./freeradius.ts";
import { skipIsFailure } from "../skips.ts";
import { type Need, whatIsMissing } from "./environment.ts";
import { JsonProgram } from "./json_program.ts";
import { createLoopbackNamespace, createNamespacePair, deleteNamespace, type NamespacePair } from "./namespaces.ts";
import { createNattedPair, type NattedPair } from "./nat.ts";
import type { OurEvent } from "./our_event.ts";
import type { OurClientOptions, OurEap, OurGatewayOptions, OurLifeOptions } from "./our_options.ts";
import type { Suite } from "./suites.ts";
import { makeTemporaryFolder, removeTemporaryFolder } from "./temporary_folder.ts";

export const OUR_IDENTITY = "ours.example";
export const THEIR_IDENTITY = "theirs.example";
export const PRESHARED_KEY = "a secret that both ends hold";

/** What a test against charon needs, with its ESP in user space. */
export const CHARON_NEEDS: readonly Need[] = [
  "root",
  "network namespaces",
  "charon",
  "charon's OpenSSL plugin",
  "swanctl",
  "user-space ESP",
  "/dev/net/tun",
];

interface Member {
  stop(): Promise<void>;
  toString(): string;
}

export class Scene {
  readonly #members: Member[] = [];
  readonly #namespaces: string[] = [];
  readonly #folders: string[] = [];

  async namespacePair(): Promise<NamespacePair> {
    const pair = await createNamespacePair();
    this.#namespaces.push(pair.ours.name, pair.theirs.name);
    return pair;
  }

  /** The same with a NAT between, which one of the two is behind. */
  async nattedPair(inside: "ours" | "theirs"): Promise<NattedPair> {
    const natted = await createNattedPair(inside);
    this.#namespaces.push(natted.pair.ours.name, natted.pair.theirs.name, natted.nat.name);
    return natted;
  }

  async loopbackNamespace(): Promise<string> {
    const name = await createLoopbackNamespace();
    this.#namespaces.push(name);
    return name;
  }

  /** charon in the namespace `theirs`, with one suite alone. */
  async charon(pair: NamespacePair, suite: Suite, options: Partial<CharonOptions> = {}): Promise<Charon> {
    const charon = await Charon.start({
      namespace: pair.theirs.name,
      localAddress: pair.theirs.address,
      remoteAddress: pair.ours.address,
      localIdentity: THEIR_IDENTITY,
      remoteIdentity: OUR_IDENTITY,
      presharedKey: PRESHARED_KEY,
      localNetwork: pair.theirs.innerNetwork,
      remoteNetwork: pair.ours.innerNetwork,
      ikeProposal: suite.ike,
      espProposal: suite.esp,
      ...options,
    });
    this.#members.push(charon);
    return charon;
  }

  /** FreeRADIUS at one end of the cable. */
  async freeradius(
    { name, address }: NamespacePair["ours"],
    options: Omit<FreeradiusOptions, "namespace" | "address">,
  ): Promise<Freeradius> {
    const freeradius = await Freeradius.start({ namespace: name, address, ...options });
    this.#members.push(freeradius);
    return freeradius;
  }

  /** Our gateway in the namespace `ours`, listening. */
  async gateway(
    pair: NamespacePair,
    options: OurLifeOptions & Partial<Pick<OurGatewayOptions, "keyLog" | "certificates" | "eap" | "innerAddresses">> = {},
  ): Promise<JsonProgram<OurEvent>> {
    const gateway = this.#program<OurEvent>("our_gateway.ts", pair.ours.name, onNode(options.eap), [
      JSON.stringify(
        {
          address: pair.ours.address,
          identity: OUR_IDENTITY,
          presharedKey: PRESHARED_KEY,
          peerIdentity: THEIR_IDENTITY,
          localNetwork: pair.ours.innerNetwork,
          remoteNetwork: pair.theirs.innerNetwork,
          ...options,
        } satisfies OurGatewayOptions,
      ),
    ]);
    await gateway.event("ready");
    return gateway;
  }

  /** Our client in the namespace `ours`, or at the other end when the gateway is ours too. It begins at once. */
  client(
    pair: NamespacePair,
    options: OurLifeOptions & {
      readonly inventedTicket?: boolean;
      readonly otherEnd?: boolean;
      readonly offersMuch?: boolean;
      readonly inner?: boolean;
      readonly mobike?: boolean;
      readonly childless?: boolean;
      readonly reconnect?: boolean;
      readonly certificates?: OurCertificates;
      readonly eap?: OurEap;
    } = {},
  ): JsonProgram<OurEvent> {
    const [here, there] = options.otherEnd ? [pair.theirs, pair.ours] : [pair.ours, pair.theirs];
    const [identity, gatewayIdentity] = options.otherEnd ? [THEIR_IDENTITY, OUR_IDENTITY] : [OUR_IDENTITY, THEIR_IDENTITY];
    return this.#program("our_client.ts", here.name, onNode(options.eap), [
      JSON.stringify(
        {
          gatewayAddress: there.address,
          identity,
          gatewayIdentity,
          presharedKey: PRESHARED_KEY,
          localNetwork: here.innerNetwork,
          remoteNetwork: there.innerNetwork,
          childLifetime: options.childLifetime,
          ikeLifetime: options.ikeLifetime,
          livenessSeconds: options.livenessSeconds,
          ike: options.ike,
          esp: options.esp,
          offersMuch: options.offersMuch,
          inner: options.inner,
          mobike: options.mobike,
          childless: options.childless,
          reconnect: options.reconnect,
          certificates: options.certificates,
          eap: options.eap,
          inventedTicket: options.inventedTicket ?? false,
        } satisfies OurClientOptions,
      ),
    ]);
  }

  program<Event extends { readonly type: string }>(
    script: string,
    namespace: string,
    words: readonly string[],
  ): JsonProgram<Event> {
    return this.#program(script, namespace, false, words);
  }

  /** Any command in a namespace. */
  background(name: string, namespace: string, command: readonly string[]): BackgroundProgram {
    const program = new BackgroundProgram(name, namespace, command, { environment: { NO_COLOR: "1" } });
    this.#members.push(program);
    return program;
  }

  /** A folder for the files of this test. */
  folder(): string {
    const folder = makeTemporaryFolder("files");
    this.#folders.push(folder);
    return folder;
  }

  async capture(namespace: string, networkInterface: string): Promise<Capture> {
    const capture = await Capture.start(namespace, networkInterface);
    this.#members.push({ stop: () => capture.remove(), toString: () => capture.toString() });
    return capture;
  }

  /** What all programs said. */
  report(): string {
    return this.#members.map(String).join("\n");
  }

  async clear(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()));
    for (const name of this.#namespaces) deleteNamespace(name);
    for (const folder of this.#folders) removeTemporaryFolder(folder);
  }

  #program<Event extends { readonly type: string }>(
    script: string,
    namespace: string,
    onNode: boolean,
    words: readonly string[],
  ): JsonProgram<Event> {
    const program = new JsonProgram<Event>(script, namespace, words, onNode);
    this.#members.push(program);
    return program;
  }
}

/** Deno's TLS does not export what EAP-TLS needs. */
function onNode(eap: OurGatewayOptions["eap"]): boolean {
  return eap !== undefined && "tls" in eap;
}

const saidMissing = new Set<string>();

export interface InteropTestOptions {
  /** Milliseconds; default 45,000. */
  readonly timeoutMs?: number;
  /** What came of it, and after how many seconds. */
  readonly onEnd?: (result: "ok" | "failed" | "skipped", seconds: number) => void;
}

/** A test on a stage of its own, bounded in time. Without what it needs it is skipped with one line, or fails in CI. */
export function interopTest(
  title: string,
  needs: readonly Need[],
  body: (scene: Scene) => Promise<void>,
  { timeoutMs = 45_000, onEnd = () => {} }: InteropTestOptions = {},
): void {
  const missing = whatIsMissing(needs);
  if (missing !== undefined && !skipIsFailure()) {
    if (!saidMissing.has(missing)) console.warn(`interoperation tests skipped: ${missing}`);
    saidMissing.add(missing);
    onEnd("skipped", 0);
    test(title, { skip: missing }, () => {});
    return;
  }
  test(title, async () => {
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1_000;
    const scene = new Scene();
    try {
      if (missing !== undefined) throw new Error(`not skipped, because IKE_RESUME_NO_SKIPS is set: ${missing}`);
      await within(title, timeoutMs, body(scene));
      onEnd("ok", seconds());
    } catch (error) {
      onEnd("failed", seconds());
      console.error(scene.report());
      throw error;
    } finally {
      await scene.clear();
    }
  });
}
