/**
 * tshark reads what our ends sent, with nothing but our key log: every message is IKE without a malformed mark, every protected payload
 * opens and is authentic, everything in it has a name.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cutCapture } from "../capture/cut_by_ip.ts";
import { KEYS, readAll } from "../capture/recorded_capture.ts";
import { TSHARK_FIELDS, tsharkLine } from "../capture/tshark_line.ts";
import { run } from "./command.ts";
import { CHARON_NEEDS, interopTest } from "./scene.ts";
import { CBC_P256 } from "./suites.ts";
import { complaints, dissect, type DissectedPacket, fieldLines, fieldsOf } from "./tshark.ts";

const PROGRAM = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const CLIENTS = 10;
const STORM_TIMEOUT_MS = 90_000;

interopTest(
  `[R-7-1] tshark decrypts a recorded storm of ${CLIENTS} clients with our key log and names every payload without a malformed mark`,
  ["root", "network namespaces", "tshark"],
  async (scene) => {
    const namespace = await scene.loopbackNamespace();
    const keyLog = join(scene.folder(), "keys");
    const capture = await scene.capture(namespace, "lo");
    const storm = ["storm", "--clients", `${CLIENTS}`, "--provider", "wasm", "--port", "500", "--key-log", keyLog, "--json"];
    const deno = [process.execPath, "run", "--allow-all", "--cached-only", "--quiet", PROGRAM];
    await run("ip", ["netns", "exec", namespace, ...deno, ...storm], { timeoutMs: STORM_TIMEOUT_MS });
    await capture.stop();

    const keys = readFileSync(keyLog, "utf8");
    const packets = await dissect(capture.path, keys);
    assertNoComplaints(packets);
    await assertDecodedAlike(capture.path, keys);

    const full = messagesOf(packets, "IKE_SA_INIT");
    const resumed = messagesOf(packets, "IKE_SESSION_RESUME");
    assert.ok(initiatorSpis(full).size >= CLIENTS, "each client came up by a full exchange");
    assert.ok(initiatorSpis(resumed).size >= CLIENTS, "each client came back by a resumption");
    for (const { notifies, isResponse } of resumed.map(read)) {
      assert.deepEqual(notifies.filter(isTicketNotify), isResponse ? [] : ["TICKET_OPAQUE (16413)"]);
    }
    for (const { notifies, isResponse } of messagesOf(packets, "IKE_AUTH").map(read)) {
      assert.deepEqual(notifies.filter(isTicketNotify), [isResponse ? "TICKET_LT_OPAQUE (16409)" : "TICKET_REQUEST (16410)"]);
    }

    // The same eyes see it when one octet of one key is wrong: silence above means something.
    const [first, ...rest] = keys.split("\n");
    const spoiled = first.replace(/^(\w+,\w+,)(\w\w)/, (_, spis, octet) => spis + (octet === "00" ? "01" : "00"));
    const doubted = await dissect(capture.path, [spoiled, ...rest].join("\n"));
    assert.notDeepEqual(doubted.flatMap(complaints), []);
  },
  { timeoutMs: STORM_TIMEOUT_MS },
);

interopTest(
  "[R-4.3.2-3] [R-7-1] tshark names the refusal of an invented ticket, and decrypts the full exchange that follows it",
  ["root", "network namespaces", "tshark"],
  async (scene) => {
    const pair = await scene.namespacePair();
    const keyLog = join(scene.folder(), "keys");
    const capture = await scene.capture(pair.ours.name, "veth0");
    await scene.gateway(pair, { keyLog });
    const client = scene.client(pair, { inventedTicket: true, otherEnd: true });
    assert.equal((await client.event("resumption-failed")).reason, "nack");
    assert.equal((await client.event("ike-sa-up")).resumed, false);
    client.command({ command: "close" });
    await client.event("ike-sa-down");
    await capture.stop();

    const packets = await dissect(capture.path, readFileSync(keyLog, "utf8"));
    assertNoComplaints(packets);
    await assertDecodedAlike(capture.path, readFileSync(keyLog, "utf8"));
    // Anyone could have sent a refusal, so our client asks on for a while: each time it gets the same answer.
    const refusals = messagesOf(packets, "IKE_SESSION_RESUME").map(read).filter(({ isResponse }) => isResponse);
    assert.ok(refusals.length > 0);
    for (const { notifies } of refusals) assert.deepEqual(notifies, ["TICKET_NACK (16412)"]);
    assert.ok(messagesOf(packets, "IKE_SA_INIT").length >= 2);
    assert.ok(messagesOf(packets, "INFORMATIONAL").length >= 2);
  },
);

interopTest(
  `tshark decrypts what our gateway and charon said to each other on port 4500, with ${CBC_P256.name}`,
  [...CHARON_NEEDS, "tshark"],
  async (scene) => {
    const pair = await scene.namespacePair();
    const keyLog = join(scene.folder(), "keys");
    const capture = await scene.capture(pair.ours.name, "veth0");
    const gateway = await scene.gateway(pair, { keyLog });
    const charon = await scene.charon(pair, CBC_P256);
    assert.equal((await charon.up()).status, 0);
    assert.equal((await charon.down()).status, 0);
    await gateway.event("ike-sa-down");
    await capture.stop();

    const packets = await dissect(capture.path, readFileSync(keyLog, "utf8"));
    assertNoComplaints(packets);
    await assertDecodedAlike(capture.path, readFileSync(keyLog, "utf8"));
    const protectedPackets = packets.filter((packet) => fieldsOf(packet, "isakmp.enc.decrypted").length > 0);
    assert.equal(protectedPackets.length, 4, "IKE_AUTH and DELETE, each with its answer");
    for (const packet of protectedPackets) {
      assert.ok(packet.layers.includes("udpencap"), `packet ${packet.number} is on port 4500`);
    }
  },
);

interopTest("tshark puts what IP has cut together to the same messages, in the same packets", ["tshark"], async (scene) => {
  const path = join(scene.folder(), "cut.pcap");
  for (const [most, arrive] of CUTS) {
    const file = cutCapture(most, arrive);
    writeFileSync(path, file);
    const { messages, faults } = readAll(file, { keyLog: KEYS });
    assert.deepEqual(faults, []);
    const lines = await fieldLines(path, KEYS, TSHARK_FIELDS);
    const isMessage = (line: string) => line.split("|")[TSHARK_FIELDS.indexOf("isakmp.ispi")] !== "";
    assert.deepEqual(messages.map(tsharkLine), lines.filter(isMessage));
  }
});

const CUTS: readonly (readonly [most: number, arrive: (fragments: Uint8Array[]) => readonly Uint8Array[]])[] = [
  [64, (fragments) => fragments],
  [200, (fragments) => fragments.toReversed()],
  [1_240, (fragments) => [...fragments.slice(-1), ...fragments.slice(0, -1)]],
];

function assertNoComplaints(packets: readonly DissectedPacket[]): void {
  assert.ok(packets.length > 0, "something was recorded");
  assert.deepEqual(
    packets.flatMap((packet) => complaints(packet).map((complaint) => `packet ${packet.number}: ${complaint}`)),
    [],
  );
}

/** `ike-resume decode` reads the same in it as tshark does. */
async function assertDecodedAlike(path: string, keyLog: string): Promise<void> {
  const { messages, faults } = readAll(new Uint8Array(readFileSync(path)), { keyLog });
  assert.deepEqual(faults, []);
  assert.deepEqual(messages.map(tsharkLine), await fieldLines(path, keyLog, TSHARK_FIELDS));
}

function messagesOf(packets: readonly DissectedPacket[], exchange: string): DissectedPacket[] {
  return packets.filter((packet) =>
    fieldsOf(packet, "isakmp.exchangetype")[0]?.shown.startsWith(`Exchange type: ${exchange} (`)
  );
}

function read(packet: DissectedPacket): { readonly notifies: string[]; readonly isResponse: boolean } {
  return {
    notifies: fieldsOf(packet, "isakmp.notify.msgtype").map(({ shown }) => shown.replace("Notify Message Type: ", "")),
    isResponse: fieldsOf(packet, "isakmp.flag_r")[0].shown.includes("Response: Response"),
  };
}

function isTicketNotify(notify: string): boolean {
  return notify.startsWith("TICKET_");
}

function initiatorSpis(packets: readonly DissectedPacket[]): Set<string> {
  return new Set(packets.map((packet) => fieldsOf(packet, "isakmp.ispi")[0].value));
}
