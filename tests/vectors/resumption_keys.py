#!/usr/bin/env python3
"""Keys of a resumed IKE SA, computed apart from the project with Python's hmac.

RFC 5723, section 5.1:
    SKEYSEED = prf(SK_d_old, "Resumption" | Ni | Nr)
    {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr)

Prints the JSON that stands in data/resumption_keys.json:
    python3 tests/vectors/resumption_keys.py > tests/vectors/data/resumption_keys.json
"""
import hashlib
import hmac
import json


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


def case(prf_id, digest, nonce_length, length):
    label = f"{digest} {nonce_length} {length} "
    sk_d_old = octets(label + "SK_d", hashlib.new(digest).digest_size)
    ni, nr = octets(label + "Ni", nonce_length), octets(label + "Nr", nonce_length + 3)
    spi_i, spi_r = octets(label + "SPIi", 8), octets(label + "SPIr", 8)
    skeyseed = prf(digest, sk_d_old, b"Resumption" + ni + nr)
    keys = prf_plus(digest, skeyseed, ni + nr + spi_i + spi_r, length)
    values = {"SK_d_old": sk_d_old, "Ni": ni, "Nr": nr, "SPIi": spi_i, "SPIr": spi_r, "SKEYSEED": skeyseed, "keys": keys}
    return {"prf": prf_id, **{name: value.hex() for name, value in values.items()}}


PRFS = [(5, "sha256"), (6, "sha384"), (7, "sha512"), (2, "sha1")]
# Nonces of the least and the greatest length and one between (RFC 7296, section 2.10: 16 to 256 octets; Nr is 3 longer here).
# 168 octets: the keys for HMAC-SHA2-256 with AES-GCM-256. 1: the least. 500: more outputs than any suite needs.
SIZES = [(16, 168), (32, 168), (253, 500), (32, 1)]

if __name__ == "__main__":
    cases = [case(prf_id, digest, nonce, length) for prf_id, digest in PRFS for nonce, length in SIZES]
    print(json.dumps({"source": "tests/vectors/resumption_keys.py", "cases": cases}, indent=2))
