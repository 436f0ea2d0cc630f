import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { CryptoProvider, LaidOutMessage } from "../../../src/crypto/provider.ts";
import type { WaveServices } from "../../../src/ike/steps/wave.ts";
import { loadKeyExchange, loadProvider } from "../../../src/providers/mod.ts";
import { OctetChunks } from "../../../src/wire/octet_chunks.ts";
import { copyOf } from "../../simulation/coming_back.ts";
import { effectsOf } from "../../simulation/simulation.ts";
import { TwoGateways, type TwoGatewaysOptions } from "./two_gateways.ts";
import { type Alteration, Crowd, UNALTERED } from "./waves.ts";

const CROWD = 2;
const provider: CryptoProvider = await loadProvider("wasm");
const keyExchange = await loadKeyExchange();

/** What the provider of a gateway gave out or was given, and what was cut from chunks meanwhile. */
class Watched {
  readonly arrays: Uint8Array[] = [];
  /** SK_d and KEYMAT, as they were when they were made. */
  readonly secrets: Uint8Array[] = [];
  failsToSeal = false;

  of(services: WaveServices): WaveServices {
    const watch = (name: string | symbol, results: unknown) => {
      if (name === "openTickets") this.arrays.push(...(results as Uint8Array[]).filter((one) => one !== undefined));
      if (name === "deriveAndOpen") this.#keep(results as { keyingMaterial: Uint8Array }[], SK_D_LENGTH);
      if (name === "authenticate") {
        this.#keep((results as ({ keyingMaterial: Uint8Array } | undefined)[]).filter((one) => one !== undefined), KEYMAT_PART);
      }
    };
    const watching = new Proxy(services.provider, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (batch: readonly unknown[]) => {
          if (name === "sealLaidOut") this.arrays.push(...(batch as LaidOutMessage[]).map(({ octets }) => octets));
          // The steps seal by the second.
          if (this.failsToSeal && (name === "sealLaidOut" || name === "sealWithTicket")) throw new Error("no seal");
          const results: unknown = member.call(target, batch);
          watch(name, results);
          return results;
        };
      },
    });
    return { ...services, provider: watching };
  }

  /** Nothing that was watched holds any of the secrets. */
  assertClean(more: readonly Uint8Array[], what: string): void {
    assert.ok(this.arrays.length > 0, what);
    const secrets = [...this.secrets, ...more];
    for (const array of this.arrays) {
      for (const secret of secrets) assert.equal(Buffer.from(array).includes(Buffer.from(secret)), false, what);
    }
  }

  #keep(results: readonly { readonly keyingMaterial: Uint8Array }[], length: number): void {
    for (const { keyingMaterial } of results) {
      this.arrays.push(keyingMaterial);
      if (keyingMaterial.length >= length) this.secrets.push(keyingMaterial.slice(0, length));
    }
  }
}

const SK_D_LENGTH = 32;
const KEYMAT_PART = 16;

/** What comes between the tickets and the wave that presents them. */
interface Ending {
  readonly options?: Partial<TwoGatewaysOptions>;
  /** Before the tickets are presented. */
  readonly before?: (gateways: TwoGateways, watched: readonly Watched[], crowd: Crowd) => void;
  readonly isResumed?: boolean;
  /** What becomes of each datagram on its way. */
  readonly alteration?: Alteration;
}

let isDown = false;
let mayResume = true;
const claiming = (used: () => boolean | undefined): Partial<TwoGatewaysOptions> => ({
  services: (services) => ({
    ...services,
    claims: {
      isClaimed: (batch) => services.claims.isClaimed(batch),
      claim: (batch) => isDown ? batch.map(used) : services.claims.claim(batch),
    },
  }),
});
const goesDown = () => {
  isDown = true;
};

const ENDINGS: { readonly [name: string]: Ending } = {
  "IKE SAs that come up": { isResumed: true },
  "first messages that come from two places": {
    isResumed: true,
    alteration: (datagram) => [datagram, { ...datagram, remote: { ...datagram.remote, port: 1_500 } }],
  },
  "tickets that have expired": {
    before(gateways, _, crowd) {
      gateways.nowMs += 4_000_000;
      // Their clients do not know.
      for (const client of crowd.clients) client.ticket = { ...copyOf(client.ticket!), expiresAtEpochSeconds: Infinity };
    },
  },
  "tickets that policy refuses": {
    options: { gateway: () => ({ authorizeResumption: () => mayResume }) },
    before: () => mayResume = false,
  },
  "clients that policy refuses once they have proven themselves": {
    options: {
      gateway: () => {
        let asked = 0;
        return { authorizeResumption: () => asked++ < CROWD };
      },
    },
  },
  "claims that others were first with": { options: claiming(() => false), before: goesDown },
  "claims that cannot be told": { options: claiming(() => undefined), before: goesDown },
  "claims that throw": {
    options: claiming(() => {
      throw new Error("no store");
    }),
    before: goesDown,
  },
  "answers that cannot be sealed": { before: (_, watched) => watched.forEach((one) => one.failsToSeal = true) },
};

for (const [name, { options, before, isResumed = false, alteration = UNALTERED }] of Object.entries(ENDINGS)) {
  test(`no secret is left in the lane of ${name}`, async () => {
    [isDown, mayResume] = [false, true];
    const watched = [new Watched(), new Watched()];
    let made = 0;
    const { services: store = (same: WaveServices) => same, ...others } = options ?? {};
    const gateways = new TwoGateways({
      provider,
      keyExchange,
      ...others,
      services: (services) => watched[made++].of(store(services)),
    });
    const crowd = new Crowd(gateways, CROWD);
    await crowd.comeUp();
    const old = crowd.clients.map(({ ticket }) => copyOf(ticket!).skD);
    const [, ofLane] = watched;
    ofLane.arrays.length = 0;
    before?.(gateways, watched, crowd);
    await withPieces(ofLane.arrays, () => crowd.comeUp([alteration]));
    for (const { effects } of crowd.clients) {
      assert.equal(effectsOf(effects, "ike-sa-up").some(({ resumed }) => resumed), isResumed);
    }
    gateways.lane.responder.dispose();
    ofLane.assertClean(old, name);
  });
}

/** Adds all that is cut from chunks in the meantime. */
async function withPieces(pieces: Uint8Array[], act: () => Promise<void>): Promise<void> {
  const { take } = OctetChunks.prototype;
  OctetChunks.prototype.take = function (length) {
    const piece = take.call(this, length);
    pieces.push(piece);
    return piece;
  };
  try {
    await act();
  } finally {
    OctetChunks.prototype.take = take;
  }
}
