import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayWorkersOptions } from "../../../src/gateway/workers/gateway_workers_options.ts";
import type { StoreAnswer } from "../../../src/gateway/workers/messages.ts";
import { SharedStore } from "../../../src/gateway/workers/shared_store.ts";
import { HookFaults } from "../../../src/ike/steps/hook_faults.ts";
import { SharedRows } from "../../../src/store/shared/shared_rows.ts";
import { systemClock } from "../../../src/transport/system_clock.ts";

const TICKET = { ticketId: "01", expiresAtEpochSeconds: 10_000_000_000 };
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

test("what workers ask of the main thread waits for one that is at the list, and no longer once its thread is no more", async () => {
  const store = new SharedStore({} as GatewayWorkersOptions, systemClock, new HookFaults(() => {}, () => 0));
  const { claims } = store.memory;
  assert.ok(claims);
  assert.equal(new SharedRows(claims).gate.enter(5), true);
  const answers: StoreAnswer[] = [];
  store.answer([{ id: 1, room: "claims", method: "claim", batch: [TICKET] }], (some) => answers.push(...some));
  await turn();
  assert.deepEqual(answers, []);
  store.left(5);
  while (answers.length === 0) await turn();
  assert.deepEqual(answers, [{ id: 1, value: [true] }]);
});
