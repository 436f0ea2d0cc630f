#!/usr/bin/env python3
"""Keys of IKE SAs that were resumed as two drafts have it, computed apart from the project with Python's hmac and the cryptography package.

draft-sheffer-ipsec-failover-03, sections 4.2.1 and 4.6:
    {SK_d2 | SK_ai | SK_ar | SK_ei | SK_er} = prf+(SK_d_old, Ni)
    SKEYSEED = prf(SK_d2, Ni | Nr)
draft-sheffer-ike-session-resumption-00, section 3.4, with one output of prf+:
    SKEYSEED = prf+(SK_d_old, Ni | Nr)
Both:
    {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr)

Tickets, in the formats of section 5.2 of the one and section 4.2 of the other, under a ticket key of AES-256-GCM: its use has a key of its own,
HKDF-Expand (RFC 5869) with HMAC-SHA-256 over a label.

Prints the JSON that stands in data/draft_keys.json:
    python3 tests/vectors/draft_keys.py > tests/vectors/data/draft_keys.json
"""
import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand


def prf(digest, key, data):
    return hmac.new(key, data, digest).digest()


def prf_plus(digest, key, seed, length):
    """RFC 7296, section 2.13."""
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = prf(digest, key, block + seed + bytes([counter]))
        output += block
        counter += 1
    return output[:length]


def octets(label, length):
    """Any octets will do; these are the same on every run."""
    return hashlib.shake_256(label.encode("ascii")).digest(length)


# By transform: prf, integrity key and encryption key with its salt, in octets.
SUITES = [
    {"prf": 5, "digest": "sha256", "integrity": 0, "encryption": 36, "encr": 20, "bits": 256, "integ": 0},
    {"prf": 6, "digest": "sha384", "integrity": 0, "encryption": 20, "encr": 20, "bits": 128, "integ": 0},
    {"prf": 7, "digest": "sha512", "integrity": 32, "encryption": 32, "encr": 12, "bits": 256, "integ": 12},
]


def case(suite):
    digest, integrity, encryption = suite["digest"], suite["integrity"], suite["encryption"]
    size = hashlib.new(digest).digest_size
    label = f"{digest} "
    old, ni, nr = octets(label + "SK_d", size), octets(label + "Ni", 32), octets(label + "Nr", 35)
    spis = octets(label + "SPIi", 8) + octets(label + "SPIr", 8)
    length = 3 * size + 2 * integrity + 2 * encryption
    subset = prf_plus(digest, old, ni, 2 * size + 2 * integrity + 2 * encryption)
    failover_seed = prf(digest, subset[:size], ni + nr)
    resumption_seed = prf_plus(digest, old, ni + nr, size)
    values = {
        "SK_d_old": old, "Ni": ni, "Nr": nr, "SPIi": spis[:8], "SPIr": spis[8:],
        "subset": subset[: size + 2 * integrity + 2 * encryption],
        "failover_03": prf_plus(digest, failover_seed, ni + nr + spis, length),
        "resumption_00": prf_plus(digest, resumption_seed, ni + nr + spis, length),
    }
    shown = {name: suite[name] for name in ("prf", "encr", "bits", "integ")}
    return {**shown, **{name: value.hex() for name, value in values.items()}}


TICKET_KEY = octets("ticket key", 32)
KEY_ID = octets("key identity", 8)
IV = octets("ticket IV", 12)


def payload(body):
    return bytes([0, 0]) + (4 + len(body)).to_bytes(2, "big") + body


def state():
    """IDi | IDr | SPIi | SPIr | SA | SK_d | expiration; no authentication method. The SA: AES-GCM-16-256, PRF-HMAC-SHA2-256, X25519."""
    idi = payload(bytes([2, 0, 0, 0]) + b"client.example")
    idr = payload(bytes([2, 0, 0, 0]) + b"gateway.example")
    transforms = bytes.fromhex("0300000c01000014800e0100" "0300000802000005" "000000080400001f")
    proposal = bytes([0, 0]) + (8 + len(transforms)).to_bytes(2, "big") + bytes([1, 1, 0, 3]) + transforms
    sk_d = octets("ticket SK_d", 32)
    spis = octets("ticket SPIi", 8) + octets("ticket SPIr", 8)
    return idi + idr + spis + payload(proposal) + bytes([len(sk_d)]) + sk_d + (1_700_003_600).to_bytes(4, "big")


def ticket(draft, clear):
    info = f"ike-resume ticket by value of draft-sheffer-{draft}".encode("ascii")
    key = HKDFExpand(algorithm=hashes.SHA256(), length=32, info=info).derive(TICKET_KEY)
    return clear + IV + AESGCM(key).encrypt(IV, state(), clear)


def tickets():
    name = base64.urlsafe_b64encode(KEY_ID).rstrip(b"=")
    values = {
        "ticket_key": TICKET_KEY, "key_id": KEY_ID, "iv": IV, "state": state(),
        "SPIi": octets("ticket SPIi", 8), "SPIr": octets("ticket SPIr", 8), "SK_d": octets("ticket SK_d", 32),
        "failover_03": ticket("ipsec-failover-03", bytes([1, 0, 0, 0]) + KEY_ID),
        "resumption_00": ticket("ike-session-resumption-00", name.ljust(16, b"\0")),
    }
    return {name: value.hex() for name, value in values.items()}


if __name__ == "__main__":
    print(json.dumps({"source": "tests/vectors/draft_keys.py", "cases": [case(suite) for suite in SUITES], "tickets": tickets()}, indent=2))
