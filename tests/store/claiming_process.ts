/**
 * A process of its own that claims tickets in waves, and writes a line for each wave once it was acknowledged: names of the tickets that
 * it won. Arguments: the store's name, a word that tickets' names begin with, how many waves (0: until it is killed).
 *
 * @module
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { openStore } from "../../src/store/open_store.ts";

const WAVE = 64;
const STDOUT = 1;

const [name, word, waves] = process.argv.slice(2);
const expiresAtEpochSeconds = Math.floor(Date.now() / 1000) + 3_600;
const { claims, close } = await opened();
for (let wave = 0; waves === "0" || wave < Number(waves); wave++) {
  const batch = Array.from({ length: WAVE }, (_, index) => ({ ticketId: `${word}-${wave}-${index}`, expiresAtEpochSeconds }));
  const claimed = await claims.claim(batch);
  const won = batch.filter((_, index) => claimed[index]).map(({ ticketId }) => ticketId);
  // At once, and not by a stream: what is written here was acknowledged when the process is killed.
  writeSync(STDOUT, `${won.join(" ")}\n`);
}
await close();

async function opened() {
  const store = await openStore(name);
  return { claims: store.claims, close: () => store.close() };
}
