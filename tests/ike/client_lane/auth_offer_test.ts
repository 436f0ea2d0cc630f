import assert from "node:assert/strict";
import { test } from "node:test";
import { anyIpv4Selector } from "../../../src/ike/child_sa/traffic_selectors.ts";
import { AuthOffers } from "../../../src/ike/client_lane/auth_offer.ts";
import { defaultEspProposals } from "../../../src/ike/ike_sa/proposals.ts";
import { fqdn } from "../../simulation/simulation.ts";

test("clients share what they offer where it is the same to the last octet, and have their own where anything of it differs", () => {
  const offers = new AuthOffers();
  const offered = {
    espProposals: defaultEspProposals(),
    localSelectors: [anyIpv4Selector()],
    remoteSelectors: [anyIpv4Selector()],
  };
  const gateway = fqdn("gateway.example");
  const offer = offers.offerTo(gateway, offered, 32);
  assert.equal(offers.offerTo(fqdn("gateway.example"), { ...offered }, 32), offer);
  const others = [
    offers.offerTo(fqdn("other.example"), offered, 32),
    // The same name in a comparison of names, and another in AUTH.
    offers.offerTo(fqdn("Gateway.example"), offered, 32),
    offers.offerTo({ ...gateway, idType: 3 }, offered, 32),
    offers.offerTo(gateway, offered, 48),
    offers.offerTo(gateway, { ...offered, espProposals: defaultEspProposals().slice(1) }, 32),
    offers.offerTo(gateway, { ...offered, localSelectors: [anyIpv4Selector()] }, 32),
    offers.offerTo(gateway, { ...offered, remoteSelectors: [anyIpv4Selector()] }, 32),
  ];
  assert.equal(new Set([offer, ...others]).size, 1 + others.length);
});
