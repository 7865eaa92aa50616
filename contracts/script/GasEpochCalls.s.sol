// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../src/base/Ids.sol";
import {Labels} from "../src/base/Labels.sol";
import {Claims} from "../src/base/Types.sol";
import {IEpochs} from "../src/interfaces/IEpochs.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {FakeAttestations} from "../test/kit/FakeEvidence.sol";
import {vm} from "../test/kit/Vm.sol";

/// @title  GasEpochCalls - call data of mock nodes for `contracts/gas`, written into cache/scratch
/// @notice Node id has an account derived from id. Every function writes a list "0", "1", ...
contract GasEpochCalls {
    string private constant OUT = "cache/scratch/gas-calls.json";
    address private constant VERIFIER = address(0xBEEF);
    bytes32 private constant PK = keccak256("the key");

    function put(uint256 i, bytes memory value) private returns (string memory) {
        return vm.serializeString("calls", vm.toString(i), vm.toString(value));
    }

    function keyOf(uint32 id) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("account", id)));
    }

    function keysOf(uint32 id) private pure returns (INodeRegistry.Keys memory) {
        return INodeRegistry.Keys(keccak256(abi.encode("ed", id)), keccak256(abi.encode("x", id)), vm.addr(keyOf(id)));
    }

    function claimsOf(uint32 id) private pure returns (Claims memory c) {
        c.vendor = uint8(1 + id % 3);
        c.product = bytes32(uint256(0xABCD) << 240);
        c.measurement = bytes32(uint256(c.vendor));
        c.reportData = new bytes(64);
        c.platform = keccak256(abi.encode("platform", id));
        c.rawTcb = new bytes(52);
    }

    /// Two calls for each node: state its record, join.
    function join(address owner, uint32 n) external {
        string memory json;
        for (uint32 id = 1; id <= n; ++id) {
            INodeRegistry.Keys memory keys = keysOf(id);
            Claims memory c = claimsOf(id);
            bytes32 keysHash = Ids.keysNode(keys.ed25519, keys.x25519, keys.account);
            bytes32 record = Ids.record(1, keysHash, Ids.contextOf(owner), c.measurement, c.platform, VERIFIER);
            bytes32[] memory domains = new bytes32[](2);
            domains[0] = bytes32(uint256(1 + id % 3));
            domains[1] = bytes32(uint256(1000 + id));
            put(2 * id - 2, abi.encodeCall(FakeAttestations.state, (record, c, type(uint40).max)));
            json = put(
                2 * id - 1,
                abi.encodeCall(INodeRegistry.join, (keys, domains, "node.example:7000:7001", VERIFIER, c, owner))
            );
        }
        vm.writeJson(json, OUT);
    }

    function enrol(address epochs, uint64 epoch, uint32 attempt, uint32 n, uint64 seq) external {
        string memory json;
        bytes memory pop = new bytes(64);
        for (uint32 id = 1; id <= n; ++id) {
            bytes32 ek = keccak256(abi.encode("ek", id, attempt));
            IEpochs.NodeCall memory call = signed(
                epochs, IEpochs.NodeCall(id, epoch, attempt, seq, 0, 0, 0, 0, 0),
                Labels.ENROL_TYPEHASH, abi.encode(ek, keccak256(pop))
            );
            // equal bonds: the order is that of ids, so the node before is the hint
            uint32 hint = id > 3 ? id - 3 : 0;
            json = put(id - 1, abi.encodeCall(IEpochs.enrol, (call, ek, pop, hint)));
        }
        vm.writeJson(json, OUT);
    }

    function commit(address epochs, uint64 epoch, uint32 attempt, uint32 n, uint64 seq) external {
        string memory json;
        for (uint32 id = 1; id <= n; ++id) {
            bytes32 blob = keccak256(abi.encode("blob", id, attempt));
            IEpochs.NodeCall memory call = signed(
                epochs, IEpochs.NodeCall(id, epoch, attempt, seq, 0, 0, 0, 0, 0),
                Labels.COMMIT_TYPEHASH, abi.encode(blob, uint32(17_000))
            );
            json = put(id - 1, abi.encodeCall(IEpochs.commit, (call, blob, 17_000)));
        }
        vm.writeJson(json, OUT);
    }

    function vote(address epochs, uint64 epoch, uint32 attempt, uint32 n, uint64 seq, bytes32 transcript, uint256 bitmap)
        external
    {
        string memory json;
        for (uint32 id = 1; id <= n; ++id) {
            IEpochs.NodeCall memory call = signed(
                epochs, IEpochs.NodeCall(id, epoch, attempt, seq, 0, 0, 0, 0, 0),
                Labels.VOTE_TYPEHASH, abi.encode(bitmap, transcript)
            );
            json = put(id - 1, abi.encodeCall(IEpochs.vote, (call, bitmap, transcript)));
        }
        vm.writeJson(json, OUT);
    }

    function ready(address epochs, uint64 epoch, uint32 attempt, uint32 n, uint64 seq, bytes32 transcript) external {
        string memory json;
        for (uint32 id = 1; id <= n; ++id) {
            IEpochs.NodeCall memory call = signed(
                epochs, IEpochs.NodeCall(id, epoch, attempt, seq, 0, 0, 0, 0, 0),
                Labels.READY_TYPEHASH, abi.encode(transcript)
            );
            json = put(id - 1, abi.encodeCall(IEpochs.ready, (call, transcript)));
        }
        vm.writeJson(json, OUT);
    }

    function activate(uint16 t) external {
        bytes32[] memory pk = new bytes32[](1);
        bytes32[] memory yHash = new bytes32[](1);
        pk[0] = PK;
        yHash[0] = keccak256("y");
        bytes memory preimage = abi.encode(bytes32("sid"), uint256(63), uint256(0), uint256(0), pk, yHash, t);
        put(0, abi.encodeCall(IEpochs.activate, (preimage)));
        vm.writeJson(put(1, abi.encode(sha256(preimage))), OUT);
    }

    function signed(address epochs, IEpochs.NodeCall memory call, bytes32 typeHash, bytes memory body)
        private
        pure
        returns (IEpochs.NodeCall memory)
    {
        INodeRegistry.Keys memory keys = keysOf(call.id);
        call.ed25519 = keys.ed25519;
        call.x25519 = keys.x25519;
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Polyclave"),
                keccak256("1"),
                uint256(31_337),
                epochs
            )
        );
        bytes32 structHash = keccak256(
            bytes.concat(abi.encode(typeHash, call.id, call.epoch, call.attempt), body, abi.encode(call.seq))
        );
        (call.v, call.r, call.s) =
            vm.sign(keyOf(call.id), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return call;
    }
}
