# SPDX-License-Identifier: Apache-2.0
"""Gas of SNP and Nitro evidence under simulated vendors, of one P-384 verification, and of a recheck."""
import os
import sys
import time

from gas_chain import HERE, Chain, run

sys.path.insert(0, os.path.join(HERE, "test/reference"))
sys.path.insert(0, os.path.join(HERE, "..", "crypto"))
import sim_vendors as sim  # noqa: E402
from keccak_ref import keccak256  # noqa: E402
from p384_hints import statement  # noqa: E402

CONTEXT = bytes(12) + b"\x11" * 20
ATTESTED = "0x" + keccak256(b"Attested(bytes32,bytes32,bytes32,address,bytes32,bytes32,bytes32,uint256)").hex()
CHAIN_ID = 31337
YEAR = 365 * 86400


def hex_(b):
    return "0x" + b.hex()


def calldata(signature, *values):
    return run("cast", "calldata", signature, *[hex_(v) if isinstance(v, bytes) else str(v) for v in values])


def code_parts(chain):
    """Reader384, Sha384, P384."""
    table = chain.deploy("P384Table")
    return chain.deploy("Reader384"), chain.deploy("Sha384"), chain.deploy("P384", "(address)", table)


def around(chain, vendor, verifier_types, *values):
    """Verifier, policy, router and records; the last of `values` are behind the policy's address."""
    zero = "0x" + "00" * 20
    policy_at, router_at = chain.predict(1), chain.predict(2)
    name = {2: "SnpVerifier", 3: "NitroVerifier"}[vendor]
    verifier = chain.deploy(name, verifier_types, values[0], policy_at, *values[1:])
    policy = chain.deploy(
        "TcbPolicy", "(address,address,address,uint40,uint40,(uint8,uint16,uint32)[])",
        zero, zero, router_at, "0", "1209600", f"[({vendor},2,0)]")
    router = chain.deploy(
        "VerifierRouter", "(address,address,address,uint40,address[])", zero, zero, policy, "0", f"[{verifier}]")
    if (policy.lower(), router.lower()) != (policy_at.lower(), router_at.lower()):
        raise SystemExit("gas: a contract is not where it was predicted")
    council = chain.deploy("Council", contract="FreeCouncil")
    attestations = chain.deploy(
        "Attestations", "(address,address,address,uint64,uint40)", router, policy, council, "300", "86400")
    return verifier, policy, attestations


def report_data(attestations, subject, number, block_hash):
    """SPEC 3, for a node."""
    words = [keccak256(b"polyclave/report/node/v1"), CHAIN_ID.to_bytes(32, "big"),
             bytes(12) + bytes.fromhex(attestations[2:]), subject, CONTEXT, number.to_bytes(32, "big"),
             bytes.fromhex(block_hash[2:])]
    return keccak256(b"".join(words)) + keccak256(b"polyclave/report/v1")


def bound(chain):
    chain.mine(2)
    number, block_hash, _ = chain.latest()
    chain.mine(1)
    return number, block_hash


def attest(chain, attestations, verifier, subject, number, evidence, hints):
    return chain.send(attestations, calldata(
        "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)", 1, subject, CONTEXT, verifier, number, evidence, hints))


def gas_of(receipt):
    return int(receipt["gasUsed"], 16)


def recheck(chain, attestations, receipt, product, data, raw, issuer, serial):
    """Gas of judging the record of an attest's receipt again."""
    log = [x for x in receipt["logs"] if x["topics"][0] == ATTESTED][0]
    words = bytes.fromhex(log["data"][2:])
    measurement, platform = words[-128:-96], words[-96:-64]
    return chain.gas(attestations, calldata(
        "recheck(bytes32,(bytes32,bytes32,bytes32,bytes32,uint8,uint256),bytes,bytes)", log["topics"][1],
        f"({hex_(product.ljust(32, bytes(1)))},{hex_(measurement)},{hex_(data[:32])},{hex_(platform)},{issuer},{serial})",
        raw, b""))


def record_of(receipt, event):
    """`bytes record`, the last dynamic value of an event's data."""
    topic = run("cast", "keccak", event)
    data = [bytes.fromhex(log["data"][2:]) for log in receipt["logs"] if log["topics"][0] == topic][0]
    at = int.from_bytes(data[32:64], "big")
    size = int.from_bytes(data[at:at + 32], "big")
    return data[at + 32:at + 32 + size]


def p384(out):
    """A whole transaction with one signature by the simulated chip."""
    chain = Chain()
    _, _, contract = code_parts(chain)
    message = b"one signature"
    r, s = sim.ecdsa(sim.CHIP_KEY, message)
    call = statement(sim.digest(message), r, s, sim.point(sim.CHIP_KEY)) + sim.hints_for(sim.CHIP_KEY, message)
    if int(chain.rpc("eth_call", {"to": contract, "data": hex_(call)}, "latest"), 16) != 1:
        raise SystemExit("gas: P384 refuses a good signature")
    out["p384_verify"] = chain.gas(contract, hex_(call))
    chain.stop()


def snp(out):
    present = int(time.time())
    chain = Chain(present)
    start, end = present - 86400, present + 5 * YEAR
    parts = code_parts(chain)
    ask, modulus = sim.ask(start, end), sim.modulus()
    verifier, policy, attestations = around(
        chain, 2, "(bytes[],address,(address,address,address),(uint32,bool,bool))", f"[{hex_(sim.ark(start, end))}]",
        "(" + ",".join(parts) + ")", "(0,false,true)")
    chain.send(verifier, calldata("addCrl(bytes,uint8,bytes)", sim.amd_list(start, present + 30 * 86400), 0, modulus))
    receipt = chain.send(verifier, calldata("addCert(bytes,bytes32,bytes)", ask, bytes(32), modulus))
    authority = receipt["logs"][0]["topics"][1]
    receipt = chain.send(verifier, calldata("addCert(bytes,bytes32,bytes)", sim.vek(start, end), authority, modulus))
    out["snp_vcek"] = gas_of(receipt)
    leaf = record_of(receipt, "LeafPosted(bytes32,bytes32,bytes32,bytes)")
    for part in ("first", "renewal"):
        number, block_hash = bound(chain)
        data = report_data(attestations, b"\x02" * 32, number, block_hash)
        evidence = sim.report(data)
        receipt = attest(chain, attestations, verifier, b"\x02" * 32, number, evidence, leaf + sim.report_hints(evidence))
        out["snp_attest_warm" if part == "first" else "snp_attest_renewal"] = gas_of(receipt)
    # another ASK is withdrawn: the record is of an earlier collateral epoch
    listed = sim.amd_list(start + 1, present + 30 * 86400, [0x10099])
    chain.send(verifier, calldata("addCrl(bytes,uint8,bytes)", listed, 0, modulus))
    raw = evidence[0x38:0x40] + evidence[0x180:0x188] + evidence[0x1e0:0x1e8] + evidence[0x1f0:0x1f8] + evidence[0x40:0x48] + bytes(16)
    out["recheck"] = recheck(chain, attestations, receipt, b"Milan", data, raw, 16, 0x10001)
    chain.stop()


def nitro(out):
    present = int(time.time())
    chain = Chain(present)
    certificates = sim.aws_chain(
        present - 3600, [present + 20 * YEAR, present + 20 * 86400, present + 6 * 86400, present + 86400, present + 10800])
    parts = code_parts(chain)
    verifier, policy, attestations = around(
        chain, 3, "(bytes,address,(address,address,address))", hex_(certificates[0]), "(" + ",".join(parts) + ")")
    record, most = b"", 0
    for i in range(1, 5):
        receipt = chain.send(verifier, calldata(
            "addCert(bytes,bytes,bytes)", certificates[i], record, sim.certificate_hints(certificates, i)))
        most = max(most, gas_of(receipt))
        record = record_of(receipt, "CertificatePosted(bytes32,bytes32,uint8,bytes)")
    out["nitro_certificate"] = most
    for part in ("first", "renewal"):
        number, block_hash = bound(chain)
        _, _, now = chain.latest()
        data = report_data(attestations, b"\x03" * 32, number, block_hash)
        # as long as the longest genuine payload: 4,600 bytes
        values = sim.fields(certificates, now * 1000, data)
        payload = sim.payload_of(values)
        payload = sim.payload_of({**values, "later": bytes(4600 - len(payload) - 9)})
        receipt = attest(chain, attestations, verifier, b"\x03" * 32, number, sim.document(payload),
                         record + sim.document_hints(payload))
        out["nitro_attest_warm" if part == "first" else "nitro_attest_renewal"] = gas_of(receipt)
    # another certificate is revoked by vote
    other = keccak256(b"".join(x.to_bytes(32, "big") for x in (3, 1, 77)))
    chain.rpc("anvil_impersonateAccount", "0x" + "00" * 20)
    chain.rpc("anvil_setBalance", "0x" + "00" * 20, hex(10**18))
    chain.send(policy, calldata("revoke(uint8,bytes32)", 4, other), sender="0x" + "00" * 20)
    out["recheck_nitro"] = recheck(chain, attestations, receipt, b"", data, b"", 1, int.from_bytes(record[166:186], "big"))
    chain.stop()


def measure():
    out = {}
    p384(out)
    snp(out)
    nitro(out)
    return out


GOALS = {"p384_verify": 700_000, "snp_vcek": 800_000, "snp_attest_warm": 1_000_000, "nitro_certificate": 1_100_000,
         "nitro_attest_warm": 1_850_000, "recheck": 45_000, "recheck_nitro": 45_000}
