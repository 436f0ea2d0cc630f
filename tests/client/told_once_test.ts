import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { connect, type ConnectOptions } from "../../src/client/client.ts";
import { defaultEspProposals } from "../../src/ike/ike_sa/proposals.ts";
import { openDgramTransport } from "../../src/transport/dgram_transport.ts";
import { clientConfiguration, withGateway } from "./gateway_scene.ts";

const IMPATIENT = { initialMs: 20, factor: 1, maximumMs: 20, attempts: 2, jitter: 0 };
const [AEADS, CBC_WITH_HMAC] = defaultEspProposals();

test("the end of an IKE SA, or of an attempt at one, is told once, whatever it comes from", async () => {
  await withGateway(async (scene) => {
    const reasonsOf = async (
      options: Partial<ConnectOptions>,
      act: (session: Awaited<ReturnType<typeof connect>>) => unknown,
    ) => {
      const reasons: string[] = [];
      try {
        const session = await connect({
          configuration: clientConfiguration(),
          gateway: scene.address,
          onEffect: (effect) => effect.type === "ike-sa-down" && reasons.push(effect.reason),
          ...options,
        });
        await act(session);
        await session.closed;
      } catch {
        // The attempt failed: that is one of the cases.
      }
      return reasons;
    };
    const wrongKey = clientConfiguration({ presharedKey: new Uint8Array(16) });
    assert.deepEqual(await reasonsOf({ configuration: wrongKey }, () => {}), ["authentication-failed"]);
    const ofNoUse = clientConfiguration({ espProposals: [AEADS] });
    assert.deepEqual(await reasonsOf({ configuration: ofNoUse }, () => {}), ["deleted-by-us"]);
    const working = { configuration: clientConfiguration({ espProposals: [CBC_WITH_HMAC] }) };
    assert.deepEqual(await reasonsOf(working, (session) => session.close()), ["deleted-by-us"]);
    assert.deepEqual(await reasonsOf(working, (session) => scene.gateway.deleteSa(session.spis)), ["deleted-by-peer"]);
    const impatient = { configuration: clientConfiguration({ espProposals: [CBC_WITH_HMAC], retransmission: IMPATIENT }) };
    const silent = createSocket("udp4");
    silent.bind(0, "127.0.0.1");
    await once(silent, "listening");
    const nobody = { address: "127.0.0.1", port: silent.address().port };
    assert.deepEqual(await reasonsOf({ ...impatient, gateway: nobody }, () => {}), ["no-answer"]);
    silent.close();
  }, { espProposals: [CBC_WITH_HMAC] });
});

test("a NAT keepalive is one octet 0xFF from the NAT port, without a marker", async () => {
  const transport = await openDgramTransport({ address: "127.0.0.1", port: 0, natPort: 0, onDatagram: () => {} });
  const peer = createSocket("udp4");
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  const arrival = once(peer, "message");
  transport.sendKeepalive({ address: "127.0.0.1", port: peer.address().port });
  const [octets, from] = await arrival;
  assert.deepEqual([[...octets], from.port], [[0xff], transport.encapsulatedLocal.port]);
  await transport.close();
  transport.sendKeepalive({ address: "127.0.0.1", port: peer.address().port });
  peer.close();
});
