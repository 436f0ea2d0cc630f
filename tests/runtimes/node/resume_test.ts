// A program of someone who installed the package: it sees the public names and nothing else of the project.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ChildSa,
  type ClientTicket,
  connect,
  type Effect,
  Gateway,
  initiatorConfiguration,
  loadProvider,
  parseIdentity,
  parseIkeProposal,
  type ProviderName,
  responderConfiguration,
  type Session,
  systemRandom,
  TicketKeyRing,
} from "ike-resume";

const ADDRESS = "127.0.0.1";
const PROVIDERS: readonly ProviderName[] = ["wasm", "node", "ts"];
const gatewayId = parseIdentity("gateway.example");
const clientId = parseIdentity("client@example.org");
const presharedKey = systemRandom(32);

const HYBRID = "aes256gcm16-prfsha384-x25519-ke1_mlkem768";

for (const [name, ike] of [...PROVIDERS.map((provider) => [provider, undefined] as const), ["wasm", HYBRID] as const]) {
  test(`a client resumes at a gateway that was started again, with the ${name} provider and ${ike ?? "the defaults"}`, async () => {
    const proposals = ike === undefined ? {} : { ikeProposals: [parseIkeProposal(ike)] };
    const provider = await loadProvider(name);
    assert.equal(provider.name, name);
    const ticketKeys = TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1_000));
    const configuration = responderConfiguration({
      identity: gatewayId,
      presharedKeyOf: () => presharedKey,
      ticketKeys,
      ...proposals,
    });
    const atGateway: ChildSa[] = [];
    const onEffect = (effect: Effect): void => {
      if (effect.type === "child-sa-up") atGateway.push(effect.childSa);
    };
    const listen = (): Promise<Gateway> =>
      Gateway.listen({ configuration, addresses: [ADDRESS], port: 0, natPort: 0, provider, onEffect });
    const reach = (gateway: Gateway, ticket?: ClientTicket): Promise<Session> => {
      const [ike] = gateway.local;
      const [encapsulated] = gateway.encapsulatedLocal;
      assert.ok(ike !== undefined && encapsulated !== undefined);
      return connect({
        configuration: initiatorConfiguration({ identity: clientId, peerIdentity: gatewayId, presharedKey, ...proposals }),
        gateway: { address: ADDRESS, port: ike.port, natPort: encapsulated.port },
        address: ADDRESS,
        provider,
        ...(ticket === undefined ? {} : { ticket }),
      });
    };

    const before = await listen();
    const full = await reach(before);
    assert.equal(full.resumed, false);
    const ticket = full.abandon();
    assert.ok(ticket !== undefined, "the gateway granted a ticket");
    await before.close();

    const after = await listen();
    const resumed = await reach(after, ticket);
    assert.equal(resumed.resumed, true);
    assert.equal(after.counters.ike_sas_resumed_total, 1);
    const gatewaySide = atGateway.at(-1);
    assert.ok(resumed.childSa && gatewaySide);
    for (const key of ["encryptionKey", "integrityKey"] as const) {
      assert.deepEqual(resumed.childSa.inbound[key], gatewaySide.outbound[key]);
      assert.deepEqual(resumed.childSa.outbound[key], gatewaySide.inbound[key]);
    }
    assert.notDeepEqual(resumed.ticket?.ticket, ticket.ticket, "a new ticket came with the resumption");

    await resumed.close();
    await after.close();
  });
}
