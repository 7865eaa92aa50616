# SPDX-License-Identifier: Apache-2.0
"""Gas of TDX evidence: posting genuine Intel objects, and attesting under a simulated Intel."""
import os
import time

from gas_chain import HERE, Chain, calls, run

TD_RULES = "(0,9223372041578872832,3,449511,false)"
GENUINE_TIME = 1773964800  # 2026-03-20
VECTORS = os.path.join(HERE, "..", "..", "shared", "vectors")


def world(chain, root):
    """The evidence contracts; verifier and attestations."""
    certificates = chain.deploy("CertificateReader")
    collateral = chain.deploy("CollateralReader")
    zero = "0x" + "00" * 20
    policy_at, router_at = chain.predict(1), chain.predict(2)
    verifier = chain.deploy(
        "TdxVerifier", "(bytes,address,(address,address),(uint64,uint64,uint64,uint64,bool))",
        root, policy_at, f"({certificates},{collateral})", TD_RULES)
    policy = chain.deploy(
        "TcbPolicy", "(address,address,address,uint40,uint40,(uint8,uint16,uint32)[])",
        zero, zero, router_at, "0", "1209600", "[(1,2,0)]")
    router = chain.deploy(
        "VerifierRouter", "(address,address,address,uint40,address[])", zero, zero, policy, "0", f"[{verifier}]")
    if (policy.lower(), router.lower()) != (policy_at.lower(), router_at.lower()):
        raise SystemExit("gas: a contract is not where it was predicted")
    council = chain.deploy("Council", contract="FreeCouncil")
    attestations = chain.deploy(
        "Attestations", "(address,address,address,uint64,uint40)", router, policy, council, "300", "86400")
    return verifier, attestations


def attesting(out):
    present = int(time.time())
    chain = Chain(present)
    made = calls("prepare(uint256)", present)
    verifier, attestations = world(chain, made["root"])
    for i in range(7):
        chain.send(verifier, made[str(i)])
    for kind, name in ((1, "tdx_attest"), (2, "tdx_attest_app")):
        subject = "0x" + f"{kind:02x}" * 32
        for part in ("first", "renewal"):
            chain.mine(2)
            number, block_hash, _ = chain.latest()
            chain.mine(1)
            made = calls(
                "attest(uint256,uint8,bytes32,address,address,uint64,bytes32)",
                present, kind, subject, attestations, verifier, number, block_hash)
            out[f"{name}_{part}"] = chain.gas(attestations, made["attest"])
            if kind == 1:
                bound = number, block_hash
    made = calls("recheck(uint256,bytes32,address,address,uint64,bytes32)",
                 present, "0x" + "01" * 32, attestations, verifier, *bound)
    chain.send(verifier, made["list"])
    out["recheck_tdx"] = chain.gas(attestations, made["recheck"])
    chain.stop()


def posting(out):
    if not os.path.isdir(VECTORS):
        return
    chain = Chain(GENUINE_TIME)
    made = calls("genuine()")
    verifier, _ = world(chain, made["root"])
    chain.send(verifier, made["0"])
    topic = run("cast", "keccak", "AuthorityPosted(bytes32,uint8,uint256,uint256)")
    ids = []
    for part in ("1", "2"):
        logs = chain.send(verifier, made[part])["logs"]
        ids += [log["topics"][1] for log in logs if log["topics"][0] == topic]
    r, s = made["rs"][2:66], made["rs"][66:]
    leaf = run("cast", "calldata", "addCert(bytes,bytes32)", made["leaf"], ids[0])
    info = run("cast", "calldata", "addCollateral(uint8,bytes,uint256,uint256,bytes32)",
               "1", made["info"], "0x" + r, "0x" + s, ids[1])
    out["tdx_pck"] = chain.gas(verifier, leaf)
    out["tdx_tcb_info"] = chain.gas(verifier, info)
    chain.stop()


def measure():
    out = {}
    posting(out)
    attesting(out)
    return out


GOALS = {"tdx_attest_first": 160_000, "tdx_attest_renewal": 110_000, "tdx_pck": 200_000, "tdx_tcb_info": 600_000,
         # a recheck must ask this vendor's verifier, which reads tables: more than the 45,000 of the others
         "recheck_tdx": 66_000}
