// run from a checkout: measures CPU per resumption of its clients for some seconds
import process from "node:process";
const [kind, secondsText = "2"] = Deno.args;
const seconds = Number(secondsText);
const WT = Deno.cwd();
const { loadKeyExchange, loadProvider } = await import(`${WT}/src/providers/mod.ts`);
const { initiatorConfiguration } = await import(`${WT}/src/ike/initiator.ts`);
const { parseIdentity } = await import(`${WT}/src/configuration/mod.ts`);
const presharedKey = new TextEncoder().encode("a secret");
const provider = await loadProvider("auto");
const keyExchange = await loadKeyExchange();
const N = 512;
const configurationOf = (c: number) =>
  initiatorConfiguration({
    identity: parseIdentity(`user-${c}@load.example`),
    presharedKey,
    keepTicketFresh: false,
    livenessSeconds: 0,
    natKeepaliveSeconds: 0,
    requestTicket: true,
    mobike: false,
    retransmission: { initialMs: 666, factor: 2, maximumMs: 10000, attempts: 4, jitter: 0.1 },
  });
const common = {
  gateway: { address: "127.0.0.1", port: 7500 },
  encapsulatedGateway: { address: "127.0.0.1", port: 7501 },
  clients: N,
  seed: 1,
  provider,
  keyExchange,
  configurationOf,
};
if (kind === "load") {
  const { load } = await import(`${WT}/src/load/generator/load.ts`);
  const opts = (s: number) => ({
    ...common,
    addresses: ["127.0.0.1"],
    sockets: 4,
    scenario: "resume",
    shape: { model: "closed", seconds: s },
    holdMs: 0,
    loss: 0,
    jitter: 0,
    ticketExpected: true,
    thresholds: [],
    signal: new AbortController().signal,
  });
  // CPU between first and last second: warm
  let before = process.cpuUsage(), at = 0, seen = 0, cpu = 0;
  await load(opts(seconds + 1.5), {
    second: (s: any) => {
      const now = process.cpuUsage();
      if (s.second > 1 && s.second <= seconds + 1) {
        cpu += now.user + now.system - before.user - before.system;
        seen += s.succeeded;
      }
      before = now;
    },
    note: console.error,
  });
  console.log(JSON.stringify({ n: seen, us: Math.round(cpu / seen) }));
} else {
  const { ClientFleet } = await import(`${WT}/src/load/client_fleet.ts`);
  const fleet = await ClientFleet.open({ ...common, address: "127.0.0.1", loss: undefined });
  await fleet.connect(0, N, 128);
  for (let i = 0; i < 2; i++) {
    fleet.loseConnections();
    await fleet.connect(0, N, Infinity);
  }
  const b = process.cpuUsage();
  const t = performance.now();
  let n = 0;
  while (performance.now() - t < seconds * 1000) {
    fleet.loseConnections();
    const o = await fleet.connect(0, N, Infinity);
    n += o.filter((x: any) => x.ok && x.resumed).length;
  }
  const { user, system } = process.cpuUsage(b);
  console.log(JSON.stringify({ n, us: Math.round((user + system) / n) }));
}
Deno.exit(0);
