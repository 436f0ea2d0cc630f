/**
 * A run of the fleet: what happens to its gateways and its store, and what its clients see of it.
 *
 * @module
 */
import { parseEspProposal, parseIdentity, parseIkeProposal, parseProfile } from "../../src/configuration/mod.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { type InitiatorConfiguration, initiatorConfiguration } from "../../src/ike/initiator.ts";
import type { Program } from "../../src/load/gateway_process.ts";
import { TemporaryFolder } from "../../src/load/temporary_folder.ts";
import { SentinelGroup } from "../../tests/store/redis_group.ts";
import { FleetClients } from "./fleet_clients.ts";
import { ESP_PROPOSAL, FleetGateways, IKE_PROPOSAL } from "./fleet_gateways.ts";
import { notIn, type ProfileReport, withoutSa } from "./report.ts";
import { acceptedAgain } from "./used_tickets.ts";

const PRESHARED_KEY_LENGTH = 32;
/** One client in so many is restarted over and over while gateways are. */
const RESTARTING_SHARE = 20;
/** A gateway that is gone is found out within some 15 seconds; one that is only busy, with all of another's clients, has time to answer. */
const RETRANSMISSION = { initialMs: 500, factor: 1.5, maximumMs: 4_000, attempts: 7, jitter: 0.2 };
const LIVENESS_SECONDS = 5;

export interface FleetOptions {
  readonly program: Program;
  readonly clients: number;
  /** A form of resumption, as people write it. */
  readonly profile: string;
  /** How often a client sends IKE_AUTH to a gateway that has answered it before. */
  readonly authAttempts: number;
  /** For how long clients are waited for, each time that a gateway went, in seconds. */
  readonly waitSeconds: number;
  /** A line for people. */
  readonly note: (line: string) => void;
}

export async function runFleet(options: FleetOptions): Promise<ProfileReport> {
  const { program, clients: count, profile, note } = options;
  const folder = new TemporaryFolder("ike-resume-fleet-");
  const presharedKey = systemRandom(PRESHARED_KEY_LENGTH);
  const redis = await SentinelGroup.start(2);
  let gateways: FleetGateways | undefined;
  let clients: FleetClients | undefined;
  try {
    const store = `${redis.url}?replicas=1`;
    gateways = await FleetGateways.start({ program, folder: folder.path, store, presharedKey, profile });
    const { places } = gateways;
    clients = await FleetClients.open({
      count,
      gateways: places.map(({ identity, ...at }) => ({ ...at, identity: parseIdentity(identity) })),
      configurationOf: (client) => configurationOf(client, presharedKey, places[0].identity, options),
    });
    const begin = (phase: string) => {
      clients!.phase = phase;
      note(phase);
    };
    const allUp = () => untilUp(clients!, options.waitSeconds);
    note(
      `${count} clients come up; they give a gateway that has answered up when IKE_AUTH was sent ${options.authAttempts} times`,
    );
    await clients.connect();

    const load = new RestartingClients(clients);
    for (const place of places.keys()) {
      begin(`gateway ${place + 1} is told to go, with ${clients.at(places[place].address)} clients`);
      await gateways.stopOne(place);
      clients.lose(places[place].address);
      await allUp();
      await gateways.startOne(place);
    }
    begin(`gateway 1 is killed, with ${clients.at(places[0].address)} clients`);
    await load.between(() => gateways!.killOne(0));
    clients.lose(places[0].address);
    await allUp();
    await gateways.startOne(0);

    begin("the primary of Redis is killed");
    await redis.failOver();
    await load.stop();
    await allUp();
    begin(`gateway 2 is killed, with ${clients.at(places[1].address)} clients`);
    await gateways.killOne(1);
    clients.lose(places[1].address);
    await allUp();
    await gateways.startOne(1);

    const lost = count - clients.up;
    const { members } = clients;
    const resumptions = members.reduce((sum, member) => sum + member.resumptions, 0);
    note(`${resumptions} resumptions; used tickets are presented again`);
    for (const [reason, times] of countsOf(members.flatMap(({ furtherBecause }) => furtherBecause))) {
      note(`${times} further full exchanges: as ${reason}`);
    }
    const report = {
      profile,
      further_full_exchanges: members.reduce((sum, { fullExchanges }) => sum + Math.max(0, fullExchanges - 1), 0),
      lost,
      accepted_twice: await acceptedAgain(members, places),
      without_sa_ms: withoutSa(members.map(({ withoutSaMs }) => withoutSaMs)),
      not_in_profile: notIn(profile),
    };
    return report;
  } finally {
    await clients?.close();
    await gateways?.kill();
    await redis.remove();
    folder.remove();
  }
}

function configurationOf(
  client: number,
  presharedKey: Uint8Array,
  peerIdentity: string,
  { profile, authAttempts }: FleetOptions,
): InitiatorConfiguration {
  return initiatorConfiguration({
    identity: parseIdentity(`client-${client}@fleet.example`),
    peerIdentity: parseIdentity(peerIdentity),
    presharedKey,
    ikeProposals: [parseIkeProposal(IKE_PROPOSAL)],
    espProposals: [parseEspProposal(ESP_PROPOSAL)],
    followRedirects: true,
    profile: parseProfile(profile),
    livenessSeconds: LIVENESS_SECONDS,
    retransmission: RETRANSMISSION,
    authAttempts,
  });
}

function countsOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

async function untilUp(clients: FleetClients, seconds: number): Promise<void> {
  const deadline = performance.now() + 1_000 * seconds;
  while (clients.up < clients.members.length && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Some clients that go and come back by their tickets, again and again. */
class RestartingClients {
  readonly #loop: Promise<void>;
  #isOver = false;
  #restarting: Promise<void> = Promise.resolve();

  constructor({ members }: FleetClients) {
    const restarting = members.filter((_, number) => number % RESTARTING_SHARE === 0);
    this.#loop = (async () => {
      while (!this.#isOver) {
        for (const member of restarting) {
          await (this.#restarting = this.#restarting.then(() => member.restart()).catch(() => {}));
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (this.#isOver) break;
        }
      }
    })();
  }

  /**
   * Does something when none of them is on its way back. Of one whose ticket was claimed by a gateway that was killed before its answer was out, nobody
   * can tell whether it has come up: it has to make a full exchange.
   */
  async between(act: () => Promise<void>): Promise<void> {
    await (this.#restarting = this.#restarting.then(act));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
  }
}
