# SPDX-License-Identifier: Apache-2.0
"""Writes hints of every P-384 signature in the genuine SNP and Nitro vectors to cache/scratch/hints/.

  NAME.report.bin                of snp/NAME.report.bin under the certificate that its case names
  NAME.document.bin              of nitro/NAME.bin
  NAME.N.bin                     of certificate N of its chain (1: below the root; the last: the target)
A signature that is bad gets the hints of a good one of the same key's shape: it must fail all the same.
"""
import glob
import hashlib
import json
import multiprocessing
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from p384_hints import NoHints, hints, verified  # noqa: E402
from p384_curve import G  # noqa: E402

CONTRACTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECTORS = os.path.join(CONTRACTS, "../../shared/vectors")
OUT = os.path.join(CONTRACTS, "cache/scratch/hints")
P384_KEY = bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004")


def element(der, at=0):
    """(start of content, end) of the DER element there."""
    size, start = der[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7f
        size, start = int.from_bytes(der[start:start + count], "big"), start + count
    return start, start + size


def signed_parts(der):
    """(signed bytes, r, s) of an ECDSA certificate."""
    start, _ = element(der)
    _, end = element(der, start)
    _, algorithm_end = element(der, end)
    bits, _ = element(der, algorithm_end)
    inner, _ = element(der, bits + 1)
    r0, r1 = element(der, inner)
    s0, s1 = element(der, r1)
    return der[start:end], int.from_bytes(der[r0:r1], "big"), int.from_bytes(der[s0:s1], "big")


def key_of(der):
    at = der.index(P384_KEY) + len(P384_KEY)
    return int.from_bytes(der[at:at + 48], "big"), int.from_bytes(der[at + 48:at + 96], "big")


def cbor(data, at=0):
    """(value, end); a map is a list of pairs. Enough for documents of NSM."""
    kind, info = data[at] >> 5, data[at] & 31
    at += 1
    if info in (24, 25, 26, 27):
        size = 1 << (info - 24)
        value, at = int.from_bytes(data[at:at + size], "big"), at + size
    else:
        value = None if info == 31 else info
    if kind in (2, 3):
        return data[at:at + value], at + value
    if kind in (4, 5):
        items = []
        while (len(items) < value * (kind - 3)) if value is not None else data[at] != 0xff:
            item, at = cbor(data, at)
            items.append(item)
        at += value is None
        return (items if kind == 4 else list(zip(items[::2], items[1::2]))), at
    return (None if kind == 7 else value), at


def string_head(size):
    return bytes([0x40 | size]) if size < 24 else b"\x58" + bytes([size]) if size < 256 else b"\x59" + size.to_bytes(2, "big")


def jobs():
    """(name, message, r, s, key)"""
    with open(os.path.join(VECTORS, "MANIFEST.json"), encoding="utf-8") as f:
        cases = json.load(f)["cases"]
    for case in cases:
        files = {k: os.path.join(VECTORS, v) for k, v in case.get("files", {}).items()}
        key = files.get("vcek") or files.get("vlek")
        if "report" in files and key and case["id"] != "snp-neg-wrong-vcek":
            report, leaf = open(files["report"], "rb").read(), open(key, "rb").read()
            r, s = (int.from_bytes(report[a:a + 48], "little") for a in (0x2a0, 0x2e8))
            yield os.path.basename(files["report"])[:-4], report[:0x2a0], r, s, key_of(leaf)
    for path in sorted(glob.glob(os.path.join(VECTORS, "nitro/*.bin"))):
        name = os.path.basename(path)[:-4]
        (protected, _, payload, signature), _ = cbor(open(path, "rb").read())
        fields = dict(cbor(payload)[0])
        chain = fields[b"cabundle"] + [fields[b"certificate"]]
        for i in range(1, len(chain)):
            tbs, r, s = signed_parts(chain[i])
            yield f"{name}.{i}", tbs, r, s, key_of(chain[i - 1])
        message = (b"\x84\x6aSignature1" + string_head(len(protected)) + protected + b"\x40"
                   + string_head(len(payload)) + payload)
        r, s = int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big")
        yield f"{name}.document", message, r, s, key_of(chain[-1])


def make(job):
    name, message, r, s, key = job
    h = int.from_bytes(hashlib.sha384(message).digest(), "big")
    good = verified(h, r, s, key) is not None
    try:
        made = hints(h, r, s, key, None if good else G)
    except (NoHints, ValueError):
        made = b""
    with open(os.path.join(OUT, f"{name}.bin"), "wb") as f:
        f.write(made)
    return name, good


def main():
    if not os.path.isdir(VECTORS):
        return
    os.makedirs(OUT, exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    stamp = hashlib.sha256(b"".join(open(os.path.join(here, f), "rb").read()
                                    for f in ("p384_hints.py", "evidence_hints.py"))).hexdigest()
    mark = os.path.join(OUT, "stamp")
    if not os.path.exists(mark) or open(mark, encoding="utf-8").read() != stamp:
        for old in glob.glob(os.path.join(OUT, "*.bin")):
            os.remove(old)
    todo = [j for j in jobs() if not os.path.exists(os.path.join(OUT, f"{j[0]}.bin"))]
    with multiprocessing.Pool() as pool:
        bad = [name for name, good in pool.map(make, todo, 1) if not good]
    with open(mark, "w", encoding="utf-8") as f:
        f.write(stamp)
    if bad:
        print("evidence_hints: bad signatures, as they should be:", " ".join(sorted(bad)))


if __name__ == "__main__":
    main()
