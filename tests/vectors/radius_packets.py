#!/usr/bin/env python3
"""A packet of RADIUS with EAP, and its answer with the keys of a method, by hashlib and hmac alone.

RFC 2865 (sections 3 and 5), RFC 3579 (section 3.2), RFC 2548 (section 2.4).

Prints the JSON that stands in data/radius_packets.json:
    python3 tests/vectors/radius_packets.py > tests/vectors/data/radius_packets.json
"""

import hashlib
import hmac
import json

SECRET = b"xyzzy5461"
AUTHENTICATOR = bytes.fromhex("0f403f9473978057bd83d5cb98f4227a")
IDENTIFIER = 7
EAP = bytes.fromhex("020100090a6e656d6f")
MSK = bytes(range(0x40, 0x80))


def attribute(kind, value):
    return bytes([kind, len(value) + 2]) + value


def packet(code, authenticator, attributes):
    length = 20 + len(attributes)
    return bytes([code, IDENTIFIER]) + length.to_bytes(2, "big") + authenticator + attributes


def hidden(key, salt):
    plain = bytes([len(key)]) + key
    plain += bytes(-len(plain) % 16)
    before = AUTHENTICATOR + salt
    text = b""
    for start in range(0, len(plain), 16):
        mask = hashlib.md5(SECRET + before).digest()
        before = bytes(a ^ b for a, b in zip(plain[start : start + 16], mask))
        text += before
    return salt + text


def microsoft(kind, value):
    return attribute(26, (311).to_bytes(4, "big") + bytes([kind, len(value) + 2]) + value)


def main():
    behind = attribute(1, b"nemo") + attribute(79, EAP)
    blank = packet(1, AUTHENTICATOR, attribute(80, bytes(16)) + behind)
    request = packet(1, AUTHENTICATOR, attribute(80, hmac.new(SECRET, blank, "md5").digest()) + behind)
    body = attribute(79, bytes.fromhex("03010004"))
    body += microsoft(16, hidden(MSK[32:], b"\x80\x01")) + microsoft(17, hidden(MSK[:32], b"\x90\x02"))
    blank = packet(2, AUTHENTICATOR, body + attribute(80, bytes(16)))
    body += attribute(80, hmac.new(SECRET, blank, "md5").digest())
    over = packet(2, AUTHENTICATOR, body)
    accept = packet(2, hashlib.md5(over + SECRET).digest(), body)
    values = {"authenticator": AUTHENTICATOR, "eap": EAP, "request": request, "accept": accept, "msk": MSK}
    texts = {name: value.hex() for name, value in values.items()}
    print(json.dumps({"source": "tests/vectors/radius_packets.py", "identifier": IDENTIFIER, **texts}, indent=2))


if __name__ == "__main__":
    main()
