/**
 * Program: the project's gateway, as a user would embed it, telling its effects in JSON lines. Argument: {@link OurGatewayOptions}.
 *
 * @module
 */
import process from "node:process";
import { Gateway } from "../../src/gateway/gateway.ts";
import { KeyLog } from "../../src/store/key_log.ts";
import { responderConfiguration } from "../../src/ike/policy/responder_configuration.ts";
import { TicketKeyRing } from "../../src/ticket/ticket_key_ring.ts";
import { systemRandom } from "../../src/crypto/system_random.ts";
import { parseSelectors } from "../../src/configuration/mod.ts";
import { certificatesOf } from "./our_certificates.ts";
import { commands } from "./commands.ts";
import { eventOf, otherEvent, tell } from "./our_event.ts";
import { KnownChildSas, livesOf } from "./our_lives.ts";
import { gatewayEap } from "./our_eap.ts";
import type { OurGatewayOptions } from "./our_options.ts";
import { fqdn, networkSelector } from "./peer_words.ts";
import type { SpiPair } from "../../src/ike/ike_sa/spi.ts";

const options = JSON.parse(process.argv[2]) as OurGatewayOptions;
const secret = new TextEncoder().encode(options.presharedKey);
const known = new TextEncoder().encode(options.peerIdentity);
const keyLog = options.keyLog === undefined ? undefined : new KeyLog(options.keyLog);
const childSas = new KnownChildSas();
let lastUp: SpiPair | undefined;

const gateway = await Gateway.listen({
  configuration: responderConfiguration({
    identity: fqdn(options.identity),
    ...(options.certificates && { certificates: await certificatesOf(options.certificates) }),
    ...await gatewayEap(options),
    presharedKeyOf: ({ identification }) => known.every((octet, index) => octet === identification[index]) ? secret : undefined,
    ticketKeys: TicketKeyRing.generate(systemRandom, Math.floor(Date.now() / 1000)),
    localSelectors: options.innerAddresses ? parseSelectors("0.0.0.0/0, ::/0") : [networkSelector(options.localNetwork)],
    ...(options.innerAddresses && { innerAddresses: { ranges: parseSelectors(options.innerAddresses) } }),
    remoteSelectors: [networkSelector(options.remoteNetwork)],
    ...livesOf(options),
    exposeKeys: keyLog !== undefined,
  }),
  addresses: [options.address],
  onEffect: (effect) => {
    childSas.take(effect);
    if (effect.type === "ike-sa-up") lastUp = effect.spis;
    if (effect.type === "ike-sa-rekeyed") lastUp = effect.newSpis;
    if (effect.type === "ike-sa-keys") keyLog?.write(effect);
    tell(eventOf(effect));
  },
  onOther: (kind, octets) => tell(otherEvent(kind, octets)),
});
tell({ type: "ready" });

for await (const command of commands()) {
  if (lastUp === undefined) continue;
  if (command.command === "close") await gateway.deleteSa(lastUp);
  else if (command.command === "check-liveness") await gateway.checkLiveness(lastUp);
  else if (command.command === "rekey") await gateway.rekeySa(lastUp);
  else if (command.command === "child-sa") await gateway.orderChildSa(lastUp, childSas.orderOf(command));
}
// The test that started it is gone.
await gateway.close();
