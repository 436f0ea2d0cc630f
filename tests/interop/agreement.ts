/**
 * Do charon and our end tell the same of one IKE SA and its Child SA?
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Charon } from "./charon.ts";
import { eventually } from "./command.ts";
import type { JsonProgram } from "./json_program.ts";
import type { OurEvent } from "./our_event.ts";
import type { Suite } from "./suites.ts";

/** UDP port of IKE and ESP behind a NAT (RFC 7296, section 2.23). */
const ENCAPSULATION_PORT = "4500";

export async function assertUpWith(
  suite: Suite,
  charon: Charon,
  ours: JsonProgram<OurEvent>,
  weInitiate: boolean,
): Promise<void> {
  const { childSa } = await ours.event("child-sa-up");
  const ikeSa = await ours.event("ike-sa-up");
  // Who answers last is up last: charon may still be installing when our end has told.
  const [sa] = await eventually("charon's Child SA is installed", async () => {
    const sas = await charon.sas();
    return sas.length > 0 && sas.every(({ children }) => children[0]?.get("state") === "INSTALLED") ? sas : undefined;
  });
  const { ike, children } = sa;
  assert.equal((await charon.sas()).length, 1, "one IKE SA");
  assert.equal(children.length, 1, "one Child SA");
  assertFacts(ike, {
    state: "ESTABLISHED",
    "initiator-spi": ikeSa.spis.initiator,
    "responder-spi": ikeSa.spis.responder,
    "local-port": ENCAPSULATION_PORT,
    ...suite.ikeFacts,
  });
  assert.equal(`${ikeSa.remotePort}`, ENCAPSULATION_PORT);
  assertFacts(children[0], {
    mode: "TUNNEL",
    protocol: "ESP",
    encap: "yes",
    "spi-in": spiText(childSa.outboundSpi),
    "spi-out": spiText(childSa.inboundSpi),
    ...suite.childFacts,
  });
  assert.equal(childSa.udpEncapsulation, true);
  const fromInitiator = weInitiate ? childSa.outbound : childSa.inbound;
  const fromResponder = weInitiate ? childSa.inbound : childSa.outbound;
  assert.deepEqual(charon.childKeys(), {
    "encryption initiator": fromInitiator.encryptionKey,
    "encryption responder": fromResponder.encryptionKey,
    "integrity initiator": fromInitiator.integrityKey,
    "integrity responder": fromResponder.integrityKey,
  });
}

export function assertFacts(told: ReadonlyMap<string, string>, expected: Readonly<Record<string, string>>): void {
  const relevant = Object.fromEntries(Object.keys(expected).map((key) => [key, told.get(key)]));
  assert.deepEqual(relevant, expected);
}

function spiText(spi: number): string {
  return (spi >>> 0).toString(16).padStart(8, "0");
}
