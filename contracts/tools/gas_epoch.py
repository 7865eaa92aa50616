# SPDX-License-Identifier: Apache-2.0
"""Gas of an epoch's calls: mock nodes, a first attempt that fails, a second one in the same slots."""
import json

from gas_chain import SCRATCH, Chain, run

GOALS = {
    "epoch_commit": 60_000, "epoch_vote": 60_000, "epoch_ready": 60_000,
    "epoch_commit_last": 60_000, "epoch_commit_later": 60_000, "epoch_commit_later_last": 60_000,
    "epoch_vote_later": 60_000, "epoch_ready_later": 60_000,
    "epoch_vote_first": 80_000, "epoch_ready_first": 80_000,
}
WINDOW, PHASE, READY = 400, 300, 400
EPOCH_SECONDS = 86_400
EVERYBODY = 0b111111
BODIES = {"vote": ",bytes32,uint256", "ready": ",bytes32"}
BOND = 10**18
FIELDS_EPOCHS = ("(address,address,address,address,address,address,uint16,uint8,uint16,uint32,uint40,uint40,uint40,"
                 "uint40,uint40,uint40,uint40,uint40,uint40,uint40,uint40,uint40)")
FIELDS_REGISTRY = ("(address,address,address,address,address,address,address,address,bytes32[],uint96,uint40,uint40,"
                   "uint40,uint40,uint16,uint8)")


def calls(signature, *values):
    run("forge", "script", "script/GasEpochCalls.s.sol:GasEpochCalls", "--sig", signature, *[str(v) for v in values])
    with open(SCRATCH) as f:
        made = json.load(f)
    return [made[str(i)] for i in range(len(made))]


class Network:
    """Registry and epochs with mock evidence, of n nodes over three vendors and clouds."""

    def __init__(self, n):
        self.n = n
        self.seq = 0
        chain = self.chain = Chain()
        fakes = [chain.deploy("FakeEvidence", contract=c)
                 for c in ("FakeAttestations", "FakeMeasurements", "FakeTcbPolicy")]
        self.attestations, measurements, tcb = fakes
        for vendor in (1, 2, 3):
            chain.send(measurements, run("cast", "calldata", "set(bytes32,bool)", f"0x{vendor:064x}", "true"))
        chain.send(measurements, run("cast", "calldata", "seal()"))
        # council that never froze anything, registry, rule, seating, counting, epochs
        council = chain.deploy("FakeEvidence", contract="FakeCouncil")
        spots = [chain.predict(i) for i in range(5)]
        zero = "0x" + "00" * 20
        kinds = "[" + ",".join("0x" + k.encode().hex().ljust(64, "0") for k in ("vendor", "cloud", "operator")) + "]"
        self.registry = chain.deploy(
            "NodeRegistry", f"({FIELDS_REGISTRY})",
            f"({self.attestations},{measurements},{tcb},{council},{spots[4]},{zero},{zero},{zero},{kinds},{BOND},"
            "0,1000,1000,1000,0,3)")
        rule = chain.deploy("SeatRule")
        seating = chain.deploy("Seating", "(address,address,address,address,address)",
                               spots[4], self.registry, rule, measurements, tcb)
        counting = chain.deploy("Counting", "(address)", spots[4])
        self.epochs = chain.deploy(
            "Epochs", f"({FIELDS_EPOCHS})",
            f"({self.registry},{seating},{counting},{council},{zero},{zero},{n},0,5000,1,{WINDOW},{PHASE},{READY},"
            f"2,6,{EPOCH_SECONDS},3600,172800,60,0,0,100)")
        if self.epochs.lower() != spots[4].lower():
            raise SystemExit("gas: Epochs is not where it was predicted")
        made = calls("join(address,uint32)", chain.accounts[0], n)
        for i, data in enumerate(made):
            if i % 2:
                chain.send(self.registry, data, value=BOND)
            else:
                chain.send(self.attestations, data)

    def call(self, name, *values):
        return self.chain.gas(self.epochs, run("cast", "calldata", name, *values))

    def signed(self, signature, attempt, *more, epoch=1):
        """Every node's call data."""
        self.seq += 1
        types = "address,uint64,uint32,uint32,uint64" + BODIES.get(signature, "")
        return calls(f"{signature}({types})", self.epochs, epoch, attempt, self.n, self.seq, *more)

    def all(self, signature, attempt, *more, epoch=1):
        """Every node's call; the gas of each."""
        return [self.chain.gas(self.epochs, data) for data in self.signed(signature, attempt, *more, epoch=epoch)]

    def until_open(self, attempt, epoch=1):
        self.call("announce()")
        self.all("enrol", attempt, epoch=epoch)
        used = self.n
        self.chain.mine(WINDOW - used + 1)
        return self.call("open()")


def later_epoch(net, out):
    """The same calls where the members of an older epoch deal: first with a dealer that never commits."""
    net.chain.rpc("evm_increaseTime", EPOCH_SECONDS)
    net.until_open(1, epoch=2)
    for data in net.signed("commit", 1, epoch=2)[:5]:
        net.chain.gas(net.epochs, data)
    net.chain.mine(PHASE - 5)
    out["epoch_vote_later_missing"] = max(net.all("vote", 1, "0x" + "00" * 32, EVERYBODY >> 1, epoch=2))
    net.chain.mine(2 * PHASE + READY)
    net.call("fail()")
    net.until_open(2, epoch=2)
    commits = net.all("commit", 2, epoch=2)
    out["epoch_commit_later"] = max(commits[:-1])
    out["epoch_commit_later_last"] = commits[-1]
    out["epoch_vote_later"] = max(net.all("vote", 2, "0x" + "44" * 32, EVERYBODY, epoch=2))
    net.chain.mine(2 * PHASE)
    out["epoch_ready_later"] = max(net.all("ready", 2, "0x" + "44" * 32, epoch=2))


def measure():
    out = {}
    net = Network(6)
    net.until_open(1)
    net.all("commit", 1)
    out["epoch_vote_first"] = max(net.all("vote", 1, "0x" + "11" * 32, EVERYBODY))
    net.chain.mine(2 * PHASE - 6)
    made = net.signed("ready", 1, "0x" + "22" * 32)
    # three of six: no quorum, so the attempt fails
    out["epoch_ready_first"] = max(net.chain.gas(net.epochs, data) for data in made[:3])
    for data in net.signed("ready", 1, "0x" + "33" * 32)[3:]:
        net.chain.gas(net.epochs, data)
    net.chain.mine(READY)
    out["epoch_fail_6"] = net.call("fail()")
    net.until_open(2)
    commits = net.all("commit", 2)
    # the one that ends the phase writes B1 as well
    out["epoch_commit"] = max(commits[:-1])
    out["epoch_commit_last"] = commits[-1]
    activate, word = calls("activate(uint16)", 4)
    out["epoch_vote"] = max(net.all("vote", 2, word, EVERYBODY))
    net.chain.mine(2 * PHASE - 6)
    out["epoch_ready"] = max(net.all("ready", 2, word))
    out["epoch_activate_6"] = net.chain.gas(net.epochs, activate)
    later_epoch(net, out)
    net.chain.stop()
    for n in (64, 256):
        net = Network(n)
        out[f"epoch_open_{n}"] = net.until_open(1)
        net.chain.stop()
    return out
