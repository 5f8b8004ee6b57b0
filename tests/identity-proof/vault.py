"""Opens a till's vault with nothing of the till's own: XChaCha20 in plain Python
(draft-irtf-cfrg-xchacha), with the wrapping key of a credential that is known.
The tag is not checked: what comes out is JSON or it is not."""
import base64
import hashlib
import json
import os
import struct

MAGIC = b"tilldv1\n"
SIGMA = struct.unpack("<4I", b"expand 32-byte k")
ROUNDS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def turned(value, bits):
    return (value << bits | value >> 32 - bits) & 0xFFFFFFFF


def permuted(state):
    x = list(state)
    for a, b, c, d in ROUNDS * 10:
        for at, other, into, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[at] = (x[at] + x[other]) & 0xFFFFFFFF
            x[into] = turned(x[into] ^ x[at], bits)
    return x


def opened(key, blob):
    """The content of a blob: magic, nonce (24), ciphertext, tag (16)."""
    if not blob.startswith(MAGIC):
        raise ValueError("no blob of a vault")
    nonce, sealed = blob[8:32], blob[32:-16]
    x = permuted(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce[:16]))
    inner = SIGMA + tuple(x[:4] + x[12:])
    last = (0,) + struct.unpack("<2I", nonce[16:])
    clear = bytearray()
    for at in range(0, len(sealed), 64):
        state = inner + (at // 64 + 1,) + last
        stream = struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(state, permuted(state))))
        clear += bytes(a ^ b for a, b in zip(sealed[at:at + 64], stream))
    return bytes(clear)


def records(directory, credential):
    """{name: record} of the vault whose wrapping key comes from that systemd credential."""
    label = b"tilld vault credential 2\n"
    key = hashlib.sha256(label + struct.pack(">Q", len(credential)) + credential).digest()
    found = {}
    for name in sorted(os.listdir(directory)):
        if name.endswith(".sealed"):
            with open(os.path.join(directory, name), "rb") as blob:
                found[name[:-7]] = json.loads(opened(key, blob.read()))
    return found


def texts(value):
    """All texts in a record, with the path of names that leads to each."""
    if isinstance(value, dict):
        for name, inner in value.items():
            for path, text in texts(inner):
                yield (name,) + path, text
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield (), value


def scalars(record):
    """The secret scalars in a record: 32 bytes in base64 under `key`."""
    found = set()
    for path, text in texts(record):
        if "key" in path:
            try:
                raw = base64.b64decode(text, validate=True)
            except ValueError:
                continue
            if len(raw) == 32:
                found.add(raw)
    return found
