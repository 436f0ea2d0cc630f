/**
 * An answer as servers gave it before 2024: right by its Response Authenticator, and by nothing else.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join, type Pairs, type RadiusRequest } from "./handmade_radius.ts";

export function answerWithout(request: RadiusRequest, code: number, pairs: Pairs, secret: Uint8Array): Uint8Array {
  const body = join(pairs.map(([type, value]) => Uint8Array.of(type, value.length + 2, ...value)));
  const packet = Uint8Array.of(code, request.identifier, 0, 0, ...request.authenticator, ...body);
  new DataView(packet.buffer).setUint16(2, packet.length);
  packet.set(createHash("md5").update(packet).update(secret).digest(), 4);
  return packet;
}
