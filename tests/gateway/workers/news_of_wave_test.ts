import assert from "node:assert/strict";
import { test } from "node:test";
import { NewsOfWave } from "../../../src/gateway/domain/news_of_wave.ts";

const resumed = (initiatorSpi: bigint) => ({ spis: { initiatorSpi, responderSpi: 1n }, ticketId: undefined });
const replaced = { key: "2:00", ownSpi: 1n, reason: "initial-contact" } as const;

/** Resolves with what is told next. */
function toldBy(act: (news: NewsOfWave, next: () => Promise<string>) => Promise<void>): Promise<void> {
  const told: string[] = [];
  let wake = () => {};
  const news = new NewsOfWave((resumed, replaced) => {
    told.push(`${resumed.length} resumed, ${replaced.length} replaced`);
    wake();
  });
  return act(news, async () => {
    while (told.length === 0) await new Promise<void>((resolve) => wake = resolve);
    return told.shift()!;
  });
}

test("clients that came back are told together, and as many at a time as a message may have", () =>
  toldBy(async (news, next) => {
    for (const spi of [1n, 2n, 3n]) news.resumed(resumed(spi));
    await new Promise((resolve) => setImmediate(resolve));
    news.resumed(resumed(4n));
    assert.equal(await next(), "4 resumed, 0 replaced");
    for (let spi = 0n; spi < 1_030n; spi++) news.resumed(resumed(spi));
    assert.equal(await next(), "1024 resumed, 0 replaced");
    assert.equal(await next(), "6 resumed, 0 replaced");
  }));

test("whoever took the place of others is told with all that came back before it, when the wave is over", () =>
  toldBy(async (news, next) => {
    news.resumed(resumed(1n));
    news.replaced(replaced);
    news.resumed(resumed(2n));
    assert.equal(await next(), "2 resumed, 1 replaced");
    news.replaced(replaced);
    assert.equal(await next(), "0 resumed, 1 replaced");
  }));
