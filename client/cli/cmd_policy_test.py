#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`polyclave policy build` and the block in which the contracts were made: from deployment.json, and
confirmed by a chain that is a small server here.

  cmd_policy_test.py POLYCLAVE
"""
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading

PROGRAM = sys.argv[1]
NAMES = ("CertificateReader CollateralReader TdxVerifier TcbPolicy VerifierRouter Attestations Measurements "
         "NodeRegistry SeatRule Seating Counting Epochs Apps GuardianCouncil Timelock NetworkGovernor "
         "Ratifier").split()
MADE = {name: 40 + i for i, name in enumerate(NAMES)}  # TdxVerifier, the first with logs, in block 42
ADDRESS = {name: "0x" + ("%02x" % (i + 1)) * 20 for i, name in enumerate(NAMES)}
BLOCK_OF = {ADDRESS[n]: MADE[n] for n in NAMES}
failures = []


class Chain(http.server.BaseHTTPRequestHandler):
    pruned = False
    kinds = ["vendor", "cloud", "operator"]

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        method, params = call["method"], call["params"]
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        if method == "eth_getCode":
            if Chain.pruned:
                answer["error"] = {"code": -32000, "message": "missing trie node"}
            else:
                answer["result"] = "0x6001" if int(params[1], 16) >= BLOCK_OF[params[0].lower()] else "0x"
        elif method == "eth_call" and params[0]["to"].lower() == ADDRESS["NodeRegistry"]:
            names = [k.encode().hex().ljust(64, "0") for k in Chain.kinds]
            answer["result"] = "0x" + "%064x%064x" % (32, len(names)) + "".join(names)
        elif method == "eth_call":
            answer["result"] = "0x" + "%064x" % 1
        elif method == "eth_getBlockByNumber":
            answer["result"] = {"number": params[0], "hash": "0x" + "ab" * 32}
        else:
            answer["result"] = hex(31337)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *ignored):
        pass


def expect(what, condition):
    if not condition:
        failures.append(what)
        print("FAILED", what)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="policy-"))
    out = folder / "policy.bin"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chain)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d" % server.server_address[1]

    def build(first, *more, quota=True, extra=None, roots=None):
        deployment = {
            "chainId": 31337, "block": 60, "blockHash": "0x" + "ab" * 32,
            "policy": {"tdxRoot": "0x" + "00" * 31 + "01", "margin": 1, "maxBoundAgeBlocks": 1, "phaseBlocks": 1,
                       "vendorQuota": quota},
            "contracts": {n: {"address": ADDRESS[n]} for n in NAMES},
        }
        if first is not None:
            deployment["firstBlock"] = first
        for name, address in (extra or {}).items():
            deployment["contracts"][name] = {"address": address}
        deployment["policy"].update(roots or {})
        path = folder / "deployment.json"
        path.write_text(json.dumps(deployment))
        out.unlink(missing_ok=True)
        r = subprocess.run([PROGRAM, "policy", "build", "--deployment", path, "--out", out, "--json", *more],
                           capture_output=True, text=True)
        return r.returncode, (json.loads(r.stdout) if r.returncode == 0 else r.stdout + r.stderr)

    # the file alone
    code, said = build(42)
    expect("built from the file", code == 0 and said["first_block"] == 42)
    from_file = out.read_bytes()
    expect("it is in policy.bin, before the build line", from_file[-72:-64] == (42).to_bytes(8, "big"))
    code, said = build(None)
    expect("an old file is not enough", code == 2 and "--first-block" in said and not out.exists())
    code, said = build(None, "--first-block", "42")
    expect("the option is", code == 0 and out.read_bytes() == from_file)
    for bad in (0, 61):
        code, said = build(bad)
        expect("block %d is none" % bad, code == 2 and not out.exists())

    # verifiers that a network may lack: absent, their place in policy.bin is zero
    place = from_file.index(bytes.fromhex("00" * 31 + "01")) + 32
    expect("nothing of SNP and Nitro", from_file[place:place + 168] == bytes(168))
    further = {"SnpVerifier": "0x" + "aa" * 20, "NitroVerifier": "0x" + "bb" * 20}
    roots = {"snpRoots": ["0x" + c * 32 for c in ("11", "22", "00")], "nitroRoot": "0x" + "33" * 32}
    code, said = build(42, extra=further, roots=roots)
    expect("built with further verifiers", code == 0)
    expect("their addresses and roots", out.read_bytes()[place:place + 168] == bytes.fromhex(
        "aa" * 20 + "11" * 32 + "22" * 32 + "00" * 32 + "bb" * 20 + "33" * 32))
    for lacking in roots:
        code, said = build(42, extra=further, roots={k: v for k, v in roots.items() if k != lacking})
        expect("a file without %s is not enough" % lacking, code == 2 and "--rpc" in said and not out.exists())
    code, said = build(42, extra=further, roots={**roots, "snpRoots": roots["snpRoots"][:2]})
    expect("two roots of three", code == 2 and not out.exists())

    # the chain confirms it, and the bytes are the same
    code, said = build(42, "--rpc", url)
    expect("confirmed", code == 0 and said["first_block"] == 42 and out.read_bytes() == from_file)
    for bad, word in ((41, "younger"), (43, "older"), (50, "older"), (1, "younger")):
        code, said = build(bad, "--rpc", url)
        expect("block %d is refused" % bad, code == 1 and word in said and not out.exists())
    code, said = build(42, "--rpc", url, "--first-block", "43")
    expect("the option is checked too", code == 1 and not out.exists())
    # logs of SNP's verifier are read, too; of Nitro's none
    for made, first in ((41, 41), (43, 42)):
        BLOCK_OF[further["SnpVerifier"]] = made
        BLOCK_OF[further["NitroVerifier"]] = 30
        code, said = build(first, "--rpc", url, extra=further, roots=roots)
        expect("SNP's verifier made in block %d" % made, code == 0 and said["first_block"] == first)
    code, said = build(42, "--rpc", url, extra={"SnpVerifier": ADDRESS["CertificateReader"]}, roots=roots)
    expect("SNP's verifier is older", code == 1 and "older" in said and not out.exists())

    # whether vendors have a quota (SPEC 6): measured, too
    code, said = build(42, quota=False)
    without = out.read_bytes()
    expect("without a quota of vendors", code == 0 and without != from_file)
    expect("it is one byte", [a ^ b for a, b in zip(without, from_file) if a != b] == [1])
    for kinds in (["cloud", "operator"], [], ["vendors"], ["cloud", "vendor"]):
        Chain.kinds = kinds
        code, said = build(42, "--rpc", url)
        expect("the chain says so: %s" % kinds, code == 0 and out.read_bytes() == without)
    Chain.kinds = ["vendor"]
    code, said = build(42, "--rpc", url, quota=False)
    expect("the chain decides, not the file", code == 0 and out.read_bytes() == from_file)
    Chain.kinds = ["vendor"] * 5
    code, said = build(42, "--rpc", url)
    expect("more kinds than there can be", code != 0 and not out.exists())
    Chain.kinds = ["vendor", "cloud", "operator"]
    Chain.pruned = True
    code, said = build(42, "--rpc", url)
    expect("a chain that cannot say confirms nothing", code == 2 and not out.exists())
    server.shutdown()
    sys.exit(1 if failures else 0)


main()
