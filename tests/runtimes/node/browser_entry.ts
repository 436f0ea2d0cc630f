// What a web application would bundle: the core alone, on web standards only. RFC 4231, section 4.2, is the proof that it runs.
import { PRF_HMAC_SHA2_256 } from "ike-resume/crypto";
import { loadWasmProvider } from "ike-resume/wasm";

const key = new Uint8Array(20).fill(0x0b);
const data = [new TextEncoder().encode("Hi There")];

async function macOfHiThere(): Promise<string> {
  const provider = await loadWasmProvider();
  const [mac] = provider.prf([{ prf: PRF_HMAC_SHA2_256, key, data }]);
  return Array.from(mac ?? [], (octet) => octet.toString(16).padStart(2, "0")).join("");
}

(globalThis as { outcome?: Promise<string> }).outcome = macOfHiThere();
