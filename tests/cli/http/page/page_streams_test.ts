import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { EventStreams } from "../../../../src/cli/http/page/event_streams.ts";
import { noHistograms } from "../../../../src/gateway/gateway_histograms.ts";
import { ask, madePage, OPENED } from "./scene.ts";

/** Opens a stream, which is not read yet. */
async function opened(port: number): Promise<IncomingMessage> {
  const asked = get({ host: "127.0.0.1", port, path: "/page/stream", headers: OPENED, agent: false });
  const [response] = await once(asked, "response") as [IncomingMessage];
  response.on("error", () => {});
  return response;
}

async function* toldBy(stream: IncomingMessage) {
  let text = "";
  for await (const part of stream.setEncoding("utf8")) {
    text += part;
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const each of parts) {
      assert.match(each, /^data: \{.*\}$/);
      yield JSON.parse(each.slice("data: ".length));
    }
  }
}

test("a stream begins with all samples that there are, and goes on with one a second; of a ticket key it has the name and no octet", async () => {
  let resumed = 10;
  let asked = 0;
  const { service, key } = await madePage(undefined, {
    counters: () => Promise.resolve({ ike_sas_established: 3, ike_sas_up_total: resumed += 5, ike_sas_resumed_total: resumed }),
    histograms: () => {
      asked++;
      const handshakes = {
        full: { bounds: [0.01, 0.1], counts: [0, 0, 0], sum: 0 },
        rfc5723: { bounds: [0.01, 0.1], counts: [10 * asked, 0, 0], sum: 0.05 * asked },
      };
      return Promise.resolve({ ...noHistograms(), handshake_duration_seconds: handshakes });
    },
  });
  const stream = await opened(service.local.port);
  const told = toldBy(stream);
  const first = (await told.next()).value;
  assert.equal(first.about.identity, "gateway.example");
  const { samples: [sample], state } = (await told.next()).value;
  assert.equal(sample.length, 11);
  const [time, up, halfOpen, resumptions, full] = sample;
  assert.ok(Math.abs(time - Date.now() / 1_000) < 60);
  assert.deepEqual([up, halfOpen, full], [3, 0, 0]);
  // Five in a second, or a little more, as timers are late.
  assert.ok(resumptions > 0 && resumptions <= 5.5, String(resumptions));
  assert.deepEqual(sample.slice(7), [0.005, 0.0099, null, null]);
  const [line] = state.ticket_keys;
  assert.deepEqual([line.phase, line.algorithm, Object.keys(line)], ["current", key.algorithm, [
    "name",
    "phase",
    "algorithm",
    "made_s_ago",
  ]]);
  assert.equal(line.name, key.keyId.toHex());
  assert.ok(!JSON.stringify(state).includes(key.key.toHex()));
  stream.destroy();
  await service.close();
});

test("so many may look and no more; whoever goes makes room", async () => {
  const { service } = await madePage();
  const { port } = service.local;
  const streams = await Promise.all(Array.from({ length: 8 }, () => opened(port)));
  assert.deepEqual(streams.map(({ statusCode }) => statusCode), Array(8).fill(200));
  const { status, text } = await ask(port, "/page/stream", { headers: OPENED });
  assert.deepEqual([status, text], [503, '{"error":"too many look at this page: close one of them"}']);
  streams[0].destroy();
  let next = await opened(port);
  while (next.statusCode === 503) next = await opened(port.valueOf());
  assert.equal(next.statusCode, 200);
  for (const stream of [...streams, next]) stream.destroy();
  await service.close();
});

test("a stream that nobody reads gets nothing more, and is closed; others go on", async () => {
  const streams = new EventStreams(100);
  const server = createServer((_request, response) => {
    response.writeHead(200);
    streams.add(response, "first");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const deaf = await opened(port);
  deaf.pause();
  const listener = await opened(port);
  let heard = 0;
  listener.on("data", ({ length }: Uint8Array) => heard += length);
  assert.equal(streams.size, 2);
  const long = "x".repeat(1_000_000);
  while (streams.size === 2) {
    streams.say(long);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const before = heard;
  while (heard === before) {
    streams.say(long);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(streams.size, 1);
  streams.close();
  server.closeAllConnections();
  server.close();
});
