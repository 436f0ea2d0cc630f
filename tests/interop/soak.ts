/**
 * An IKE SA between charon and one of our ends whose lifetimes are seconds, at both ends: how often what was rekeyed, and what was lost.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Charon } from "./charon.ts";
import { eventually, pause } from "./command.ts";
import type { JsonProgram } from "./json_program.ts";
import type { ChildSaTexts, OurEvent } from "./our_event.ts";
import type { OurRole } from "./peer_cases.ts";
import type { Scene } from "./scene.ts";
import { GCM_X25519, type Suite } from "./suites.ts";

/** Child SAs with a Diffie-Hellman exchange of their own. */
export const SOAK_SUITE: Suite = { ...GCM_X25519, esp: "aes256gcm16-curve25519" };

/** Both ends have nearly the same, so that they often begin together. */
const OURS = { childLifetime: 4, ikeLifetime: 7, livenessSeconds: 2, esp: ["aes256gcm16-x25519"] };
const THEIRS = { childRekeySeconds: 5, ikeRekeySeconds: 6, livenessSeconds: 2 };
const LOOK_MS = 1_000;
/** How long an end may be between two Child SAs, or two IKE SAs. */
const SETTLE_MS = 3_000;

export interface SoakCounts {
  readonly seconds: number;
  readonly childByUs: number;
  readonly childByPeer: number;
  /** Of those, rekeyings that crossed with the peer's. */
  readonly childRedundant: number;
  readonly ikeByUs: number;
  readonly ikeByPeer: number;
  readonly signsOfLife: number;
}

/** Ours and charon are up, and what is asked now and then is what has become of them. */
export class Soak {
  readonly #charon: Charon;
  readonly #ours: JsonProgram<OurEvent>;
  readonly #beganMs = performance.now();

  private constructor(charon: Charon, ours: JsonProgram<OurEvent>) {
    this.#charon = charon;
    this.#ours = ours;
  }

  static async begin(scene: Scene, role: OurRole): Promise<Soak> {
    const pair = await scene.namespacePair();
    const gateway = role === "gateway" ? await scene.gateway(pair, OURS) : undefined;
    const charon = await scene.charon(pair, SOAK_SUITE, THEIRS);
    const ours = gateway ?? scene.client(pair, OURS);
    if (gateway) assert.equal((await charon.up()).status, 0);
    await ours.event("child-sa-up");
    return new Soak(charon, ours);
  }

  /** @throws {Error} an SA was lost, or could not be rekeyed, or the two ends do not agree any more. */
  async run(seconds: number): Promise<void> {
    const endMs = performance.now() + 1_000 * seconds;
    while (performance.now() < endMs) {
      await pause(LOOK_MS);
      this.#assertNothingLost();
      await this.#agreement();
    }
    await this.#agreement();
    this.#assertNothingLost();
    this.#assertSameKeys();
  }

  get counts(): SoakCounts {
    const child = this.#ours.eventsOf("child-sa-rekeyed");
    const ike = this.#ours.eventsOf("ike-sa-rekeyed");
    return {
      seconds: Math.round((performance.now() - this.#beganMs) / 1_000),
      childByUs: child.filter(({ byUs }) => byUs).length,
      childByPeer: child.filter(({ byUs }) => !byUs).length,
      childRedundant: child.filter(({ isRedundant }) => isRedundant).length,
      ikeByUs: ike.filter(({ byUs }) => byUs).length,
      ikeByPeer: ike.filter(({ byUs }) => !byUs).length,
      signsOfLife: this.#ours.eventsOf("peer-alive").length,
    };
  }

  #assertNothingLost(): void {
    for (const type of ["ike-sa-down", "child-sa-failed", "child-sa-rekey-failed"] as const) {
      assert.deepEqual(this.#ours.eventsOf(type), []);
    }
    assert.equal(this.#ours.eventsOf("ike-sa-up").length, 1, "the same client is up all the time");
    assert.equal(this.#ours.eventsOf("child-sa-up").length, 1, "each Child SA takes the place of another");
  }

  /** charon has one IKE SA, and our newest Child SA in it. */
  async #agreement(): Promise<void> {
    await eventually("both ends have the same IKE SA and Child SA", async () => {
      const sas = await this.#charon.sas();
      const ike = this.#ours.eventsOf("ike-sa-rekeyed").at(-1) ?? this.#ours.eventsOf("ike-sa-up")[0];
      const spi = (this.#newest.outboundSpi >>> 0).toString(16).padStart(8, "0");
      return sas.some((sa) =>
          sa.ike.get("initiator-spi") === ike.spis.initiator && sa.ike.get("responder-spi") === ike.spis.responder &&
          sa.children.some((child) => child.get("spi-in") === spi && child.get("state") === "INSTALLED")
        )
        ? true
        : undefined;
    }, SETTLE_MS);
  }

  get #newest(): ChildSaTexts {
    const rekeyed = this.#ours.eventsOf("child-sa-rekeyed").findLast(({ isRedundant }) => !isRedundant);
    return (rekeyed ?? this.#ours.eventsOf("child-sa-up")[0]).childSa;
  }

  /** Of the last Child SA: who began the exchange decides which key is whose. */
  #assertSameKeys(): void {
    const { inbound, outbound } = this.#newest;
    const told = Object.values(this.#charon.childKeys()).filter((key) => key !== "");
    const keys = [inbound.encryptionKey, outbound.encryptionKey];
    assert.deepEqual(told.toSorted(), keys.toSorted(), "the keys of the Child SA");
  }
}
