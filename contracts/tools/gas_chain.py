# SPDX-License-Identifier: Apache-2.0
"""A local chain with the transaction gas limit on, and transactions whose receipts are counted.

Every other tools/gas_*.py is run by `contracts/gas`: its measure() returns {name: gas}, its GOALS
{name: most} those that must not be exceeded.
"""
import atexit
import json
import os
import socket
import subprocess
import time
import urllib.request

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCRATCH = os.path.join(HERE, "cache", "scratch", "gas-calls.json")
TX_GAS_LIMIT = 16_777_216


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Chain:
    """One anvil; started for one measurement and ended with it."""

    def __init__(self, timestamp=None):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        args = ["anvil", "--hardfork", "osaka", "--enable-tx-gas-limit", "--port", str(port), "--silent"] + os.environ.get("PC_ANVIL_EXTRA", "").split()
        if timestamp:
            args += ["--timestamp", str(timestamp)]
        self.process = subprocess.Popen(args, stdout=subprocess.DEVNULL)
        atexit.register(self.stop)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.accounts = self.rpc("eth_accounts")
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit("gas: anvil did not answer within 20 s")
                time.sleep(0.05)
        self.nonce = 0

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def rpc(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            reply = json.load(answer)
        if "error" in reply:
            raise SystemExit(f"gas: {method}: {reply['error']}")
        return reply["result"]

    def send(self, to, data, account=0, value=0, sender=None):
        """Send, mine, and return the receipt; a failed transaction ends the measurement. sender: instead
        of an account of this chain's, one that it was told to impersonate."""
        tx = {"from": sender or self.accounts[account], "data": data, "gas": hex(TX_GAS_LIMIT), "value": hex(value)}
        if to:
            tx["to"] = to
        sent = self.rpc("eth_sendTransaction", tx)
        deadline = time.monotonic() + 20
        while (receipt := self.rpc("eth_getTransactionReceipt", sent)) is None:
            if time.monotonic() > deadline:
                raise SystemExit(f"gas: no receipt of {sent} within 20 s")
            time.sleep(0.01)
        if account == 0 and sender is None:
            self.nonce += 1
        if receipt["status"] != "0x1":
            raise SystemExit(f"gas: a transaction to {to} failed: {data[:10]}")
        return receipt

    def gas(self, to, data, account=0):
        return int(self.send(to, data, account)["gasUsed"], 16)

    def deploy(self, name, types="", *values, contract=None):
        """Contract of out/NAME.sol; constructor types as "(address,bytes)"."""
        with open(os.path.join(HERE, "out", f"{name}.sol", f"{contract or name}.json")) as f:
            code = json.load(f)["bytecode"]["object"]
        if types:
            code += run("cast", "abi-encode", f"f{types}", *values)[2:]
        return self.send(None, code)["contractAddress"]

    def predict(self, ahead):
        """Address of the contract that this chain's account 0 makes `ahead` transactions from now."""
        text = run("cast", "compute-address", self.accounts[0], "--nonce", str(self.nonce + ahead))
        return text.split()[-1]

    def latest(self):
        block = self.rpc("eth_getBlockByNumber", "latest", False)
        return int(block["number"], 16), block["hash"], int(block["timestamp"], 16)

    def mine(self, count=1):
        self.rpc("anvil_mine", hex(count))


def run(*command):
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"gas: {command[0]} failed: {done.stderr.strip()[:2000]}")
    return done.stdout.strip()


def calls(signature, *values):
    """Run a function of script/GasCalls.s.sol and read what it wrote."""
    run("forge", "script", "script/GasCalls.s.sol:GasCalls", "--sig", signature, *[str(v) for v in values])
    with open(SCRATCH) as f:
        return json.load(f)
