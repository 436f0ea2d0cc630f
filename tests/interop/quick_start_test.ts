/**
 * The quick start (docs/quick-start.md), as its reader follows it: the packed package on Node, its files and commands as they stand on the page,
 * strongSwan as the laptop and, with the algorithms of its profile, as the phone. Only address and secrets are put in.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Block, blocksBelow } from "../docs/page_blocks.ts";
import { nodePath } from "../node_bundle.ts";
import type { BackgroundProgram } from "./background.ts";
import { eventually, run } from "./command.ts";
import { CHARON_NEEDS, interopTest } from "./scene.ts";
import { CBC_P256 } from "./suites.ts";

const TOP = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = "docs/quick-start.md";
const PAGE_ADDRESS = "192.0.2.1";
const TIMEOUT_MS = 120_000;

interopTest(
  "the quick start's gateway, from the packed package, has strongSwan, a phone's configuration and a client that resumes come up as the page says",
  [...CHARON_NEEDS, "Node", "nftables"],
  async (scene) => {
    const pair = await scene.namespacePair();
    const folder = scene.folder();
    const address = pair.ours.address;
    const environment = await installed(folder);
    const below = (heading: string) => blocksBelow(PAGE, heading);
    const here = (text: string) => text.replaceAll(PAGE_ADDRESS, address);
    const shell = (name: string, text: string, namespace = pair.ours.name) =>
      scene.background(name, namespace, ["env", ...environment, "sh", "-e", "-c", `cd ${folder}\n${here(text)}`]);
    const done = async (text: string) => {
      const program = shell("sh", text);
      await eventually(text.split("\n")[0], () => program.ended ? true : undefined, 30_000);
      return program.output;
    };

    // 1. Make the gateway.
    const [init, keys, devices, settings, forwarding, start] = below("1. Make the gateway");
    await done(init.text);
    await done(keys.text);
    assert.equal(devices.file, "users.d/devices.toml");
    writeFileSync(join(folder, "users.d/devices.toml"), devices.text);
    assert.equal(settings.file, "ike-resume.toml");
    setBelowHeadings(join(folder, "ike-resume.toml"), settings.text);
    await done(forwarding.text);
    assert.match(await run("ip", ["netns", "exec", pair.ours.name, "nft", "list", "ruleset"]), /10\.9\.0\.0\/24 .*masquerade/);
    const [check, gatewayCommand] = linesOf(start);
    assert.match(await done(check), /a gateway would start with it, with 2 users/);
    const gateway = shell("gateway", `exec ${gatewayCommand}`);
    await eventually("the gateway listens", () => {
      assert.ok(!gateway.ended, gateway.toString());
      return /listening address=/.test(gateway.output) && existsSync(join(folder, "control.sock")) ? true : undefined;
    }, 30_000);

    // 2. A laptop with strongSwan, and 3. what the gateway says of it.
    const secretOf = (device: string) => readFileSync(join(folder, `users.d/${device}.psk`), "utf8").trimEnd();
    const [connection, initiate] = below("2. A laptop with strongSwan");
    assert.deepEqual(linesOf(initiate), ["swanctl --load-all", "swanctl --initiate --child net"]);
    // As a laptop has one: what goes through the tunnel is a route of its own beside it.
    await run("ip", ["-n", pair.theirs.name, "route", "add", "default", "via", address]);
    const laptop = await scene.charon(pair, CBC_P256, {
      connections: here(connection.text).replace("LAPTOP.PSK", secretOf("laptop")),
    });
    assert.equal((await laptop.initiate("net")).status, 0, laptop.log());
    const [list, status] = linesOf(below("3. Look at it")[0]);
    const listed = await done(list);
    assert.match(listed, /^RESPONDER SPI +SINCE +BY +CHILD +REMOTE +INNER +IDENTITY\n/);
    assert.match(listed, /full +1 +10\.99\.0\.2:\d+ +10\.9\.0\.1 +laptop\.example\n1 IKE SA\n$/);
    assert.match(await done(status), /ike sas established: 1/);
    await laptop.stop();

    // 4. A phone.
    const profile = below("4. A phone").find(({ file }) => file === "phone.mobileconfig");
    assert.ok(profile !== undefined);
    const phone = await scene.charon(pair, CBC_P256, {
      connections: connectionOf(here(profile.text).replace("PHONE.PSK", secretOf("phone"))),
    });
    assert.equal((await phone.initiate("net")).status, 0, phone.log());
    assert.match(await done(list), /10\.9\.0\.\d+ +phone\.example\n/);
    await phone.stop();

    // 5. A client that resumes.
    mkdirSync(join(folder, "laptop"));
    const [connect] = below("5. A client that resumes");
    const client = () => shell("connect", `exec ${connect.text}`, pair.theirs.name);
    const first = client();
    await up(first, /ike-sa-up .*resumed=false/);
    await eventually("it has a ticket", () => existsSync(join(folder, "laptop.ticket")) ? true : undefined);
    first.kill();
    await up(client(), /ike-sa-up .*resumed=true/);
    assert.match(await done(list), /ticket +1 +10\.99\.0\.2:\d+ +10\.9\.0\.\d+ +laptop\.example/);
  },
  { timeoutMs: TIMEOUT_MS },
);

async function up(client: BackgroundProgram, wanted: RegExp): Promise<void> {
  await eventually(`${wanted}`, () => {
    assert.ok(!client.ended, client.toString());
    return wanted.test(client.output) ? true : undefined;
  }, 30_000);
}

/** Builds the package, installs it into a folder, and says in which environment `npx ike-resume` is the installed one, on a Node that it supports. */
async function installed(folder: string): Promise<string[]> {
  const node = nodePath() ?? "node";
  const folders = [...(node.includes("/") ? [dirname(node)] : []), process.env["PATH"] ?? ""];
  const environment = [`PATH=${folders.join(delimiter)}`, "NO_COLOR=1", "npm_config_offline=true", "npm_config_yes=false"];
  await run(process.execPath, ["run", "-A", "--quiet", join(TOP, "scripts/build_npm.ts")], { timeoutMs: 60_000 });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const install = ["npm", "install", "--offline", "--no-audit", "--no-fund", "--install-links", join(TOP, "dist/npm")];
  await run("env", ["-C", folder, ...environment, ...install], { timeoutMs: 60_000 });
  return environment;
}

function linesOf({ text }: Block): string[] {
  return text.trimEnd().split("\n");
}

/** Puts lines below the headings of a file that has these headings already, each once. */
function setBelowHeadings(path: string, text: string): void {
  let file = readFileSync(path, "utf8");
  for (const [, heading, lines] of text.matchAll(/^(\[\w+\]\n)((?:\w.*\n)+)/gm)) {
    assert.equal(file.split(`\n${heading}`).length, 2, `one ${heading}`);
    file = file.replace(`\n${heading}`, `\n${heading}${lines}`);
  }
  writeFileSync(path, file);
}

/** What Apple's words for algorithms are to strongSwan. */
const ENCRYPTION: Readonly<Record<string, string>> = { "AES-256-GCM": "aes256gcm16" };
const HASH: Readonly<Record<string, string>> = { "SHA2-256": "prfsha256" };
const GROUP: Readonly<Record<string, string>> = { "19": "ecp256" };

/** A profile for Apple's devices as strongSwan would be configured for the same. */
function connectionOf(profile: string): string {
  const of = (key: string, from = profile) =>
    new RegExp(`<key>${key}</key>\\s*<(?:string|integer)>([^<]+)<`).exec(from)?.[1] ?? assert.fail(`the profile has no ${key}`);
  const child = /<key>ChildSecurityAssociationParameters<\/key>\s*<dict>([^]*?)<\/dict>/.exec(profile)?.[1];
  const words = (from?: string) => [ENCRYPTION[of("EncryptionAlgorithm", from)], GROUP[of("DiffieHellmanGroup", from)]];
  const [cipher, group] = words();
  assert.equal(of("AuthenticationMethod"), "SharedSecret");
  return `
connections {
  phone {
    version = 2
    remote_addrs = ${of("RemoteAddress")}
    vips = 0.0.0.0
    proposals = ${cipher}-${HASH[of("IntegrityAlgorithm")]}-${group}
    local {
      auth = psk
      id = ${of("LocalIdentifier")}
    }
    remote {
      auth = psk
      id = ${of("RemoteIdentifier")}
    }
    children {
      net {
        remote_ts = 0.0.0.0/0
        esp_proposals = ${words(child).join("-")}
      }
    }
  }
}
secrets {
  ike-phone {
    id-1 = ${of("RemoteIdentifier")}
    id-2 = ${of("LocalIdentifier")}
    secret = "${of("SharedSecret")}"
  }
}
`;
}
