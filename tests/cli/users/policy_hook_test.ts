import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import type { EventObject } from "../../../src/cli/effect_event.ts";
import { GatewayUsers } from "../../../src/cli/gateway_users.ts";
import { type Ask, askCommand } from "../../../src/cli/users/policy_command.ts";
import { PolicyHook, type PolicyHookOptions } from "../../../src/cli/users/policy_hook.ts";
import { askUrl } from "../../../src/cli/users/policy_url.ts";
import { groundOf } from "../../../src/cli/users/rules_ground.ts";
import { userPolicy } from "../../../src/cli/users/user_policy.ts";
import { parseIdentity, parseSelectors } from "../../../src/configuration/mod.ts";
import type { AuthenticatedClient } from "../../../src/ike/mod.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "policy-hook-"));
after(() => rmSync(FOLDER, { recursive: true }));

const ADA = parseIdentity("ada@example.org");
const BEA = parseIdentity("bea@example.org");
const PATIENT = 10_000;

let programs = 0;

/** A program of this test's, which is run without a shell. */
function program(script: string): string {
  const path = join(FOLDER, `policy-${programs++}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
  return path;
}

class Scene {
  readonly events: EventObject[] = [];
  readonly complaints: string[] = [];
  now = 0;
  readonly users = new GatewayUsers(
    { users: [], groups: [{ name: "staff", devices: 3 }, { name: "former", enabled: false }] },
    groundOf({ innerPool: [{ name: "staff", ranges: parseSelectors("10.7.0.0/24") }] }),
  );
  readonly hook: PolicyHook;

  constructor(ask: Ask, options: Partial<PolicyHookOptions> = {}) {
    this.hook = new PolicyHook({
      ask,
      timeoutMs: PATIENT,
      concurrency: 2,
      allowedMs: 60_000,
      refusedMs: 10_000,
      cacheSize: 100,
      rulesOf: (stated, whose) => this.users.rulesOfStated(stated, whose),
      now: () => this.now,
      tell: (event) => this.events.push(event),
      complain: (line) => this.complaints.push(line),
      ...options,
    });
  }

  async isAllowed(identity = ADA): Promise<boolean> {
    return await this.hook.decide(identity) !== undefined;
  }
}

const answer = (value: unknown): Ask => () => Promise.resolve(new TextEncoder().encode(JSON.stringify(value)));

test("a command is asked by one line of JSON on its standard input, and its answer has all that a user's entry may say", async () => {
  const asked = join(FOLDER, "asked");
  const scene = new Scene(askCommand(program(
    `cat > ${asked}; echo '{"allow":true,"group":"staff","pool":"staff","tickets":false,"remote":"10.1.0.0/16"}'`,
  )));
  const decision = await scene.hook.decide(ADA);
  assert.deepEqual(JSON.parse(readFileSync(asked, "utf8")), {
    version: 1,
    identity: "ada@example.org",
    identity_type: "email",
  });
  assert.equal(decision?.remote?.length, 1);
  assert.deepEqual([decision?.mayResume, decision?.rules], [false, {
    uniqueIdentities: 3,
    innerAddress: { pool: "staff" },
    issueTickets: false,
  }]);
  assert.equal(scene.hook.known(ADA), decision);
});

test("no secret of the environment reaches a command, nor does its path go through a shell", async () => {
  const seen = join(FOLDER, "seen");
  process.env.IKE_RESUME_STORE = "redis://:secret@nowhere";
  try {
    const path = program(`env > ${seen}; echo '{"allow":true}'`);
    assert.equal(await new Scene(askCommand(path)).isAllowed(), true);
    assert.doesNotMatch(readFileSync(seen, "utf8"), /secret/);
  } finally {
    delete process.env.IKE_RESUME_STORE;
  }
  const marker = join(FOLDER, "marker");
  const scene = new Scene(askCommand(`/bin/true; touch ${marker}`));
  assert.equal(await scene.isAllowed(), false);
  assert.equal(existsSync(marker), false);
});

/** What a command may do wrong, and what is said of it. */
const WRONG_COMMANDS: readonly (readonly [string, RegExp])[] = [
  ["exit 3", /it ended with status 3/],
  ["kill -9 $$", /it was ended by SIGKILL/],
  ["head -c 10485760 /dev/zero", /more than 65536 octets/],
  ["echo '{\"allow\":true'", /the answer is not JSON/],
  ["printf '\\377\\376'", /the answer is not JSON/],
  ["echo '{}'", /the answer's allow: expected/],
  ['echo \'{"allow":true,"devises":3}\'', /the answer's devises: expected never/],
  ['echo \'{"allow":"yes"}\'', /the answer's allow: expected boolean/],
  ['echo \'{"allow":true,"pool":"none"}\'', /the policy's answer: pool: "none" is none of/],
  ['echo \'{"allow":true,"group":"none"}\'', /the policy's answer: group: there is no "none", of staff, former/],
  ['echo \'{"allow":true,"remote":"here"}\'', /the answer's remote: expected/],
  ["cat > /dev/null", /the answer is not JSON/],
];

for (const [script, words] of WRONG_COMMANDS) {
  test(`a command that does ${script.slice(0, 40)} refuses its client, and that is told and counted`, async () => {
    const scene = new Scene(askCommand(program(script)));
    assert.equal(await scene.isAllowed(), false);
    assert.equal(scene.hook.known(ADA), undefined);
    assert.deepEqual(scene.events.map(({ event, identity }) => [event, identity]), [["policy-fault", "ada@example.org"]]);
    assert.match(String(scene.events[0].reason), words);
    assert.match(scene.complaints[0], /^policy: .*: the client is refused \(1 such faults so far\)$/);
    assert.deepEqual(scene.hook.counters, { policy_questions_total: 1, policy_refusals_total: 0, policy_faults_total: 1 });
  });
}

test("a command that stalls, and what it has started, keeps its client waiting for no longer than it may, and others not at all", async () => {
  const stalling = program(`read line; case "$line" in *ada*) sleep 1000 & sleep 1000;; esac; echo '{"allow":true}'`);
  const scene = new Scene(askCommand(stalling), { timeoutMs: 2_000 });
  const ada = scene.isAllowed(ADA);
  assert.equal(await scene.isAllowed(BEA), true);
  assert.equal(await ada, false);
  assert.match(String(scene.events.at(-1)!.reason), /no answer in time/);
});

test("a refusal is told with its reason, in one line, and counts for as long as refusals do", async () => {
  const scene = new Scene(answer({ allow: false, reason: "account\nclosed\u001b[2J\u202e" }));
  assert.equal(await scene.isAllowed(), false);
  assert.deepEqual(scene.events, [{
    event: "policy-refused",
    identity: "ada@example.org",
    reason: "account\\u{a}closed\\u{1b}[2J\\u{202e}",
  }]);
  scene.now = 9_999;
  assert.equal(scene.hook.decide(ADA), undefined, "at once");
  scene.now = 10_000;
  assert.ok(scene.hook.decide(ADA) instanceof Promise);
  assert.equal(scene.hook.counters.policy_refusals_total, 1);
});

test("an answer counts for its time, is given at once meanwhile, and is known for longer to those who are up", async () => {
  const scene = new Scene(answer({ allow: true, devices: 2 }));
  const [first, second] = await Promise.all([scene.hook.decide(ADA), scene.hook.decide(ADA)]);
  assert.equal(first, second);
  assert.equal(scene.hook.counters.policy_questions_total, 1, "two that come at once are asked about once");
  scene.now = 59_999;
  assert.equal(scene.hook.decide(ADA), first);
  scene.now = 60_000;
  assert.equal(scene.hook.known(ADA), first);
  const anew = scene.hook.decide(ADA);
  assert.ok(anew instanceof Promise);
  await anew;
  scene.hook.forget();
  assert.ok(scene.hook.decide(ADA) instanceof Promise, "after a reload everybody is asked about anew");
  assert.notEqual(scene.hook.known(ADA), undefined);
});

test("answers are kept of so many identities alone, the oldest goes", async () => {
  const scene = new Scene(answer({ allow: true }), { cacheSize: 2 });
  for (const name of ["a@b", "c@b", "d@b"]) await scene.hook.decide(parseIdentity(name));
  assert.deepEqual(["a@b", "c@b", "d@b"].map((name) => scene.hook.known(parseIdentity(name)) !== undefined), [
    false,
    true,
    true,
  ]);
});

test("whoever is refused under many names drives out nobody who is up, and who is used stays longer than who is not", async () => {
  const allows = (question: string): boolean => !question.includes("stranger");
  const scene = new Scene((question) => answer({ allow: allows(question) })(question, new AbortController().signal), {
    cacheSize: 2,
  });
  await scene.hook.decide(ADA);
  await scene.hook.decide(BEA);
  for (let count = 0; count < 10; count++) await scene.hook.decide(parseIdentity(`stranger${count}@b`));
  assert.notEqual(scene.hook.known(BEA), undefined);
  assert.notEqual(scene.hook.known(ADA), undefined, "used last");
  await scene.hook.decide(parseIdentity("third@b"));
  assert.deepEqual([scene.hook.known(ADA) !== undefined, scene.hook.known(BEA)], [true, undefined]);
});

test("an answer to what was asked before a reload counts for who waits for it, and is asked anew after it", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let asked = 0;
  const scene = new Scene(async (question, signal) => {
    const index = asked++;
    await gates[index].promise;
    return answer({ allow: index === 0 })(question, signal);
  });
  const before = scene.hook.decide(ADA);
  scene.hook.forget();
  const after = scene.hook.decide(ADA);
  gates[0].resolve();
  assert.notEqual(await before, undefined);
  assert.equal(scene.hook.decide(ADA), after, "the later question is still under way");
  gates[1].resolve();
  assert.equal(await after, undefined);
  assert.equal(scene.hook.decide(ADA), undefined);
});

test("an answer to what was asked before a reload does not take the place of a later one", async () => {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const scene = new Scene(async (question, signal) => {
    const isFirst = asked++ === 0;
    if (isFirst) await gate.promise;
    return answer({ allow: isFirst })(question, signal);
  });
  const before = scene.hook.decide(ADA);
  scene.hook.forget();
  assert.equal(await scene.hook.decide(ADA), undefined);
  gate.resolve();
  await before;
  assert.deepEqual([scene.hook.decide(ADA), scene.hook.known(ADA)], [undefined, undefined]);
});

test("a group that is switched off keeps out whom an answer puts into it", async () => {
  const scene = new Scene(answer({ allow: true, group: "former" }));
  assert.equal(await scene.isAllowed(), false);
  assert.equal(scene.hook.known(ADA), undefined);
  assert.deepEqual(scene.events.map(({ event }) => event), ["policy-refused"]);
});

test("so many questions are asked at once, the others in turn, and beyond a thousand that wait the next is refused at once", async () => {
  let running = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const ask: Ask = async () => {
    most = Math.max(most, ++running);
    await gate.promise;
    running--;
    return new TextEncoder().encode('{"allow":true}');
  };
  const scene = new Scene(ask, { concurrency: 3 });
  const names = Array.from({ length: 1_003 }, (_, index) => parseIdentity(`user${index}@b`));
  const decisions = names.map((name) => scene.hook.decide(name));
  assert.equal(await scene.isAllowed(parseIdentity("beyond@b")), false);
  assert.match(String(scene.events[0].reason), /1000 questions wait already/);
  gate.resolve();
  assert.ok((await Promise.all(decisions)).every((decision) => decision !== undefined));
  assert.equal(most, 3);
});

test("one whose turn does not come in time is refused, and asks nobody later", async () => {
  const asked: string[] = [];
  const first = Promise.withResolvers<Uint8Array>();
  const ask: Ask = (question) => {
    asked.push(question);
    return first.promise;
  };
  const scene = new Scene(ask, { concurrency: 1, timeoutMs: 50 });
  const ada = scene.isAllowed(ADA);
  assert.equal(await scene.isAllowed(BEA), false);
  assert.match(String(scene.events[0].reason), /its turn did not come in time/);
  first.resolve(new TextEncoder().encode('{"allow":true}'));
  assert.equal(await ada, true);
  assert.equal(asked.length, 1);
});

async function serving(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/users`, server };
}

test("a web service is asked by POST, with the token, and its answer counts as a command's does", async () => {
  const seen: unknown[] = [];
  const { url, server } = await serving((request, response) => {
    let body = "";
    request.on("data", (text) => body += text).on("end", () => {
      seen.push([request.method, request.url, request.headers.authorization, JSON.parse(body)]);
      response.end('{"allow":true,"devices":9}');
    });
  });
  try {
    const scene = new Scene(askUrl(url, "word"));
    const decision = await scene.hook.decide(parseIdentity("branch.example.org"));
    assert.equal(decision?.rules.uniqueIdentities, 9);
    const question = { version: 1, identity: "branch.example.org", identity_type: "host" };
    assert.deepEqual(seen, [["POST", "/users", "Bearer word", question]]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

/** What a service may do wrong. */
const WRONG_SERVICES: readonly (readonly [string, RequestListener, RegExp])[] = [
  ["answers with an error", (_, response) => response.writeHead(500).end('{"allow":true}'), /it answered with status 500/],
  [
    "sends elsewhere",
    (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    /it cannot be reached|status 302/,
  ],
  ["answers without end", (_, response) => {
    response.on("error", () => {});
    const more = () => {
      while (!response.destroyed && response.write(new Uint8Array(65_536)));
      response.once("drain", more);
    };
    more();
  }, /more than 65536 octets/],
  ["breaks off", (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"allow":true', () => response.destroy());
  }, /the answer broke off|it cannot be reached/],
  ["answers garbage", (_, response) => response.end("<html>"), /the answer is not JSON/],
  ["never answers", () => {}, /no answer in time/],
  ["begins and stalls", (_, response) => void response.write('{"allow":'), /no answer in time/],
];

for (const [what, listener, words] of WRONG_SERVICES) {
  test(`a web service that ${what} refuses its client, and that is told`, async () => {
    const { url, server } = await serving(listener);
    try {
      const scene = new Scene(askUrl(url), { timeoutMs: /no answer/.test(words.source) ? 300 : PATIENT });
      assert.equal(await scene.isAllowed(), false);
      assert.match(String(scene.events[0].reason), words);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

test("a web service that is not there refuses its client", async () => {
  const { url, server } = await serving(() => {});
  await new Promise((resolve) => server.close(resolve));
  const scene = new Scene(askUrl(url));
  assert.equal(await scene.isAllowed(), false);
  assert.match(String(scene.events[0].reason), /it cannot be reached/);
  assert.ok(!scene.complaints[0].includes(url));
});

test("users of the file are nobody else's affair, whoever else comes is asked about, and what was decided holds at once", async () => {
  const scene = new Scene(answer({ allow: true, tickets: false, pool: "staff" }));
  scene.users.replace(scene.users.read({
    users: [{ id: "ada@example.org", folder: FOLDER }, { id: "off@b", enabled: false, folder: FOLDER }],
    groups: [],
  }));
  scene.users.areAll = true;
  const policy = userPolicy(scene.users, scene.hook, undefined);
  const authorize = (text: string) => policy.authorize!({ identity: parseIdentity(text) } as AuthenticatedClient);
  assert.deepEqual([authorize("ada@example.org"), authorize("off@b")], [{}, undefined]);
  assert.equal(scene.hook.counters.policy_questions_total, 0);
  assert.throws(() => policy.rulesOf!(BEA), /not known any more/);
  const later = authorize("bea@example.org");
  assert.ok(later instanceof Promise);
  assert.deepEqual(await later, {});
  assert.deepEqual(policy.rulesOf!(BEA), { innerAddress: { pool: "staff" }, issueTickets: false });
  assert.equal(policy.remoteSelectorsOf!(BEA), undefined);
});
