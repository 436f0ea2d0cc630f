/**
 * IKE_AUTH and IKE_INTERMEDIATE, whose peer has proven nothing yet: what is not right lets nobody in, proves nobody, and harms no one else.
 *
 * @module
 */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { offerIke } from "../../../../src/ike/ike_sa/proposals.ts";
import { createNodeKeyExchange } from "../../../../src/crypto/node/key_exchange.ts";
import { parseIkeProposal } from "../../../../src/configuration/mod.ts";
import { loadProvider } from "../../../../src/providers/mod.ts";
import { ExchangeType, NotifyType } from "../../../../src/wire/constants.ts";
import type { Header } from "../../../../src/wire/header.ts";
import type { Payload } from "../../../../src/wire/payload.ts";
import { notify } from "../../../../src/ike/message/notify.ts";
import { byEap, eapSimulation } from "../../../simulation/eap_scene.ts";
import { HandmadeClient, type HandmadeExchange } from "../../../simulation/handmade_client.ts";
import { type AnsweredInit, HandmadeGateway } from "../../../simulation/handmade_gateway.ts";
import { decoded } from "../../../simulation/messages.ts";
import { effectsOf, Simulation } from "../../../simulation/simulation.ts";
import { sealRaw } from "../create_child_sa/raw_message.ts";
import type { AnyPayload } from "./disorders.ts";
import { testDisorders } from "./subject.ts";

const provider = await loadProvider("ts");
/** Transform ID of RFC 9370's registry. */
const ML_KEM_768 = 36;
const STRAY: Payload = { type: "D", protocolId: 1, spiSize: 0, spis: [] };

/** Another client comes up as if nothing had been. */
async function anotherComesUp(simulation: Simulation): Promise<boolean> {
  const other = new HandmadeClient(simulation, "203.0.113.99");
  const { effects } = await other.auth(await other.init());
  return effectsOf(effects, "ike-sa-up").length === 1;
}

function sealedRequest(
  { simulation, handmade, exchange }: {
    readonly simulation: Simulation;
    readonly handmade: HandmadeClient;
    readonly exchange: HandmadeExchange;
  },
  payloads: readonly AnyPayload[],
  change: Partial<Header> = {},
): Promise<Uint8Array> {
  const header = {
    ...exchange.spis,
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: true,
    isResponse: false,
    messageId: 1,
    ...change,
  };
  return handmade.run(sealRaw(exchange, header, payloads, simulation.random.octets));
}

testDisorders("IKE_AUTH at the gateway", async () => {
  const simulation = new Simulation({ provider });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  return {
    right: await handmade.authPayloads(exchange),
    stray: STRAY,
    deliver: async (changed) => {
      const { effects } = await handmade.deliver(await sealedRequest({ simulation, handmade, exchange }, changed));
      return { effects, isTaken: effectsOf(effects, "child-sa-up").length === 1 };
    },
    goesOn: () => anotherComesUp(simulation),
  };
}, { mayTell: ["dropped", "authentication-failed", "ike-sa-down", "ike-sa-up", "child-sa-failed"] });

const AFTER_EAP = ["IDi is noise", "IDi is noise, and much of it", "SA is missing", "TSi is missing", "TSr is missing"];

testDisorders("the first IKE_AUTH of a client that comes by EAP, at the gateway", async () => {
  const simulation = eapSimulation({ provider });
  const handmade = new HandmadeClient(simulation);
  const exchange = await handmade.init();
  return {
    right: await handmade.authPayloads(exchange, undefined, { omit: ["AUTH"] }),
    stray: STRAY,
    deliver: async (changed) => {
      const { effects, replies: [reply] } = await handmade.deliver(
        await sealedRequest({ simulation, handmade, exchange }, changed),
      );
      const answer = reply ? await handmade.open(exchange, reply) : [];
      return { effects, isTaken: answer.some(({ type }) => type === "EAP") };
    },
    goesOn: async () => {
      const other = simulation.addClient(byEap());
      await simulation.start(other);
      await simulation.run();
      return effectsOf(other.effects, "ike-sa-up").length === 1;
    },
  };
  // Whom EAP authenticates is what counts, and the Child SA is looked at once it has.
}, {
  passes: AFTER_EAP,
  mayTell: ["dropped", "authentication-failed", "ike-sa-down"],
  numRuns: 20,
});

const HYBRID = parseIkeProposal("aes256gcm16-prfsha256-x25519-ke1_mlkem768");

/** Much noise is a notify that nobody knows, with an SPI of 255 octets: it is passed over. */
const UNKNOWN_NOTIFY = ["N is missing", "N stands there twice", "N is noise, and much of it"];

testDisorders("IKE_INTERMEDIATE at the gateway", async () => {
  const simulation = new Simulation({ provider, keyExchange: createNodeKeyExchange(), gateway: { ikeProposals: [HYBRID] } });
  const handmade = new HandmadeClient(simulation);
  const offered = notify(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED);
  const exchange = await handmade.init({ proposals: offerIke([HYBRID]), extra: [offered] });
  const { publicKey } = ml_kem768.keygen();
  return {
    right: [{ type: "KE", group: ML_KEM_768, keyExchangeData: publicKey }, notify(NotifyType.INITIAL_CONTACT)],
    stray: STRAY,
    deliver: async (changed) => {
      const octets = await sealedRequest({ simulation, handmade, exchange }, changed, {
        exchangeType: ExchangeType.IKE_INTERMEDIATE,
      });
      const { effects, replies: [reply] } = await handmade.deliver(octets);
      const answer = reply ? await handmade.open(exchange, reply) : [];
      return { effects, isTaken: answer.some(({ type }) => type === "KE") };
    },
    goesOn: async () => {
      const other = simulation.addClient({ ikeProposals: [HYBRID] });
      await simulation.start(other);
      await simulation.run();
      return effectsOf(other.effects, "ike-sa-up").length === 1;
    },
  };
}, { passes: UNKNOWN_NOTIFY, mayTell: ["dropped", "ike-sa-down"], numRuns: 20 });

testDisorders("the answer to IKE_INTERMEDIATE at the client", async () => {
  const simulation = new Simulation({ provider, keyExchange: createNodeKeyExchange() });
  const client = simulation.addClient({ ikeProposals: [HYBRID] });
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit({
    offered: [HYBRID],
    extra: [notify(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED)],
  });
  const { header } = gateway.received;
  const [{ keyExchangeData }] = await gateway.open(answered, gateway.received) as [Extract<Payload, { type: "KE" }>];
  const { cipherText } = ml_kem768.encapsulate(keyExchangeData);
  const answer = { ...header, fromInitiator: false, isResponse: true };
  return {
    right: [{ type: "KE", group: ML_KEM_768, keyExchangeData: cipherText }, notify(NotifyType.INITIAL_CONTACT)],
    stray: STRAY,
    deliver: async (changed) => {
      const effects = await gateway.deliver(await gateway.run(sealRaw(answered, answer, changed, simulation.random.octets)));
      const sent = effectsOf(effects, "send").map(({ datagram }) => decoded(datagram.octets).header.exchangeType);
      return { effects, isTaken: sent.includes(ExchangeType.IKE_AUTH) };
    },
    goesOn: () => Promise.resolve(true),
  };
}, { passes: UNKNOWN_NOTIFY, mayTell: ["dropped", "ike-sa-down"], numRuns: 20 });

/** A client that waits for the answer to IKE_AUTH, and then for nothing more. */
async function clientWaits(): Promise<{
  readonly simulation: Simulation;
  readonly gateway: HandmadeGateway;
  readonly answered: AnsweredInit;
  readonly right: readonly Payload[];
}> {
  const simulation = new Simulation({ provider });
  const client = simulation.addClient();
  const gateway = new HandmadeGateway(simulation, client);
  await simulation.start(client);
  const answered = await gateway.answerInit();
  const right = await gateway.openOwn(answered, decoded(await gateway.authAnswer(answered)));
  return { simulation, gateway, answered, right };
}

testDisorders("the answer to IKE_AUTH at the client", async () => {
  const { simulation, gateway, answered, right } = await clientWaits();
  const header = {
    ...answered.spis,
    exchangeType: ExchangeType.IKE_AUTH,
    fromInitiator: false,
    isResponse: true,
    messageId: 1,
  };
  return {
    right,
    stray: STRAY,
    deliver: async (changed) => {
      const octets = await gateway.run(sealRaw(answered, header, changed, simulation.random.octets));
      const effects = await gateway.deliver(octets);
      return { effects, isTaken: effectsOf(effects, "child-sa-up").length === 1 };
    },
    goesOn: () => Promise.resolve(true),
  };
}, { mayTell: ["dropped", "ike-sa-down", "ike-sa-up", "child-sa-failed", "ticket-not-granted"] });
