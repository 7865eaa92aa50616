// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claims} from "../../src/base/Types.sol";
import {Objects} from "../../src/base/Objects.sol";
import {IEpochs} from "../../src/interfaces/IEpochs.sol";
import {INodeRegistry} from "../../src/interfaces/INodeRegistry.sol";
import {NetWorld} from "../kit/NetWorld.sol";
import {vm} from "../kit/Vm.sol";

interface IVotesSupply {
    function getVotes(address account) external view returns (uint256);
}

/// @title  NetworkActors - operators, nodes, relays, guardians, the Timelock and a stranger at work
/// @notice Handlers may fail (the call is then without effect); `reached` counts what went through.
contract NetworkActors is NetWorld {
    mapping(bytes32 what => uint256 count) public reached;
    uint64 public lastEpoch;
    uint32 public lastTag;
    uint16 public lastN;
    uint16 public lastT;
    bool public shrunk;
    bool public targetLowered;
    uint256 public paidOut;
    uint256 public paidIn;
    uint256 public frozenTooMany;

    constructor() {
        deployNet();
        joinEvenly(6);
        for (uint32 id = 1; id <= 6; ++id) paidIn += registry.nodeOf(id).bond;
        announceAnd(1, 6);
        openAfterWindow();
        activateFast();
        lastEpoch = 1;
        lastN = 6;
        lastT = 4;
        lastTag = epochs.attempt().tag;
    }

    function world()
        external
        view
        returns (INodeRegistry registry_, IEpochs epochs_, address council_)
    {
        return (registry, epochs, address(council));
    }

    function pick(uint256 seed) private view returns (uint32) {
        return uint32(1 + seed % registry.nodeCount());
    }

    function note() private {
        IEpochs.Now memory current = epochs.now_();
        if (current.epoch != lastEpoch && !targetLowered && current.degraded == 0) {
            if (current.n < lastN || current.t < lastT) shrunk = true;
        }
        if (current.degraded == 0) (lastN, lastT) = (current.n, current.t);
        lastEpoch = current.epoch;
        lastTag = epochs.attempt().tag;
    }

    // ---- time

    function pass(uint16 blocks) external {
        mine(1 + blocks % 30);
    }

    function wait(uint32 seconds_) external {
        vm.warp(block.timestamp + seconds_ % 3 days);
    }

    // ---- operators

    function operatorJoins(uint256 seed) external {
        if (registry.nodeCount() >= 16) return;
        uint256 bond = 1 ether + seed % 20 ether;
        uint32 id = joinNode(
            uint8(1 + seed % 3), bytes32(1 + seed % 3), bytes32(uint256(10_000 + registry.nodeCount())), bond
        );
        paidIn += registry.nodeOf(id).bond;
        ++reached["join"];
    }

    function operatorLeaves(uint256 seed) external {
        uint32 id = pick(seed);
        if (seed % 5 != 0) return;
        vm.prank(ownerOf(id));
        try registry.leave(id) {
            ++reached["leave"];
        } catch {}
    }

    function operatorWithdraws(uint256 seed) external {
        uint32 id = pick(seed);
        uint256 bond = registry.nodeOf(id).bond;
        vm.prank(ownerOf(id));
        try registry.withdraw(id) {
            paidOut += bond;
            ++reached["withdraw"];
        } catch {}
    }

    function operatorReattests(uint256 seed) external {
        uint32 id = pick(seed);
        if (registry.nodeOf(id).state != 1) return;
        uint8 vendor = registry.nodeOf(id).vendor;
        bytes32 platform = registry.nodeOf(id).platform;
        freshKey(id);
        Claims memory c = attest(id, vendor, platform);
        INodeRegistry.Keys memory keys = keysOf(id);
        vm.prank(ownerOf(id));
        registry.reattest(id, keys, VERIFIER, c);
        ++reached["reattest"];
    }

    // ---- a stranger

    function strangerMatures(uint256 seed) external {
        try registry.mature(pick(seed)) {
            ++reached["mature"];
        } catch {}
    }

    function strangerAnnouncesAndOpens(uint256 seed) external {
        try epochs.announce() {
            ++reached["announce"];
        } catch {}
        if (epochs.attempt().state == 1) {
            for (uint32 id = 1; id <= registry.nodeCount(); ++id) {
                if ((seed >> id) % 8 == 0) continue;
                IEpochs.NodeCall memory call = enrolCall(id);
                bytes32 ek = ekOf(id);
                try epochs.enrol(call, ek, pop(), 0) {
                    ++reached["enrol"];
                } catch {}
            }
            mine(WINDOW + 1);
            try epochs.open() {
                ++reached["open"];
            } catch {}
        }
        note();
    }

    // ---- nodes and their relays

    function nodesRunTheAttempt(uint256 seed) external {
        if (epochs.attempt().state != 2) return;
        mine(1);
        uint32[] memory ids = dealerIds();
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] == 0 || (seed >> i) % 16 == 0) continue;
            IEpochs.NodeCall memory call = commitCall(ids[i]);
            try epochs.commit(call, blobOf(ids[i]), 17_000) {
                ++reached["commit"];
            } catch {}
        }
        (uint256 b1,,,) = epochs.phases();
        if (block.number <= b1) mine(b1 + 1 - block.number);
        bytes memory p = preimage();
        bytes32 transcript = sha256(p);
        (uint256 all, uint256 missing) = epochs.dealers();
        ids = memberIds();
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] == 0 || (seed >> (64 + i)) % 8 == 0) continue;
            IEpochs.NodeCall memory call = voteCall(ids[i], all & ~missing, transcript);
            try epochs.vote(call, all & ~missing, transcript) {
                ++reached["vote"];
            } catch {}
        }
        passVotes();
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] == 0 || (seed >> (128 + i)) % 8 == 0) continue;
            IEpochs.NodeCall memory call = readyCall(ids[i], transcript);
            try epochs.ready(call, transcript) {
                ++reached["ready"];
            } catch {}
        }
        try epochs.activate(p) {
            ++reached["activate"];
        } catch {
            (,,, uint256 b3) = epochs.phases();
            if (block.number <= b3) mine(b3 + 1 - block.number);
            try epochs.fail() {
                ++reached["fail"];
            } catch {}
        }
        note();
    }

    // ---- guardians, Timelock

    function guardiansFreeze(uint256 seed) external {
        uint8 kind = uint8(seed % 3 == 0 ? Objects.VENDOR : Objects.NODE);
        bytes32 id = kind == Objects.VENDOR ? Objects.vendorId(uint8(1 + seed % 3)) : Objects.nodeId(pick(seed));
        uint40 length = uint40(1 + seed % 7 days);
        for (uint256 i; i < 2; ++i) {
            vm.prank(guardian(i));
            try council.freeze(kind, id, length) {
                if (i == 1) ++reached["freeze"];
            } catch {}
        }
    }

    function timelockSetsTheTarget(uint256 seed) external {
        uint16[4] memory sizes = [uint16(3), 6, 9, 12];
        uint16 n = sizes[seed % 4];
        if (n < epochs.targetN()) targetLowered = true;
        vm.prank(address(timelock));
        epochs.target(n);
        ++reached["target"];
    }

    function timelockDemands() external {
        vm.prank(address(timelock));
        epochs.demand();
    }
}

/// @title  Invariants of registry and epochs, whatever the actors do
contract NetworkInvariants is NetWorld {
    NetworkActors private actors;

    function setUp() external {
        actors = new NetworkActors();
        (registry, epochs,) = actors.world();
    }

    /// One run for all: each promise of IEpochs and INodeRegistry by its number.
    function invariant_everyPromise() external view {
        _NR1_balanceIsTheSumOfBonds();
        _NR2_onePlatformOneNode();
        _NR3_votesAreMaturedBonds();
        _EP1_noDrift();
        _EP2_caps();
        _EP3_enoughSeats();
        _EP5_pkStays();
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(actors);
    }

    /// NR1: the balance is the sum of bonds; nothing is paid out but a bond, nothing burnt is kept.
    function _NR1_balanceIsTheSumOfBonds() private view {
        uint256 sum;
        for (uint32 id = 1; id <= registry.nodeCount(); ++id) sum += registry.nodeOf(id).bond;
        eq(address(registry).balance, sum, "NR1");
        ok(sum + actors.paidOut() <= actors.paidIn(), "nothing is made");
    }

    /// NR2: of the nodes that are in, no two share a platform.
    function _NR2_onePlatformOneNode() private view {
        for (uint32 id = 1; id <= registry.nodeCount(); ++id) {
            if (registry.nodeOf(id).state != 1) continue;
            (uint32 holder, bool free) = registry.platformOf(registry.nodeOf(id).platform);
            eq(holder, id, "NR2");
            ok(!free, "NR2");
        }
    }

    /// NR3: each owner (one node each here) votes with its matured bond.
    function _NR3_votesAreMaturedBonds() private view {
        for (uint32 id = 1; id <= registry.nodeCount(); ++id) {
            INodeRegistry.Node memory node = registry.nodeOf(id);
            uint256 votes = node.matured == 1 ? node.bond : 0;
            eq(IVotesSupply(address(registry)).getVotes(node.owner), votes, "NR3");
        }
    }

    /// EP1: n and T fall to a lowered target, or in DEGRADED, alone.
    function _EP1_noDrift() private view {
        ok(!actors.shrunk(), "EP1");
    }

    /// EP2: no vendor, cloud or operator is above its cap; reserved seats count.
    function _EP2_caps() private view {
        IEpochs.Now memory current = epochs.now_();
        if (current.degraded == 1) return;
        (uint32[] memory ids, uint32[] memory reserved) = epochs.members(current.epoch);
        uint256 cap = current.t - 1 < current.n - current.t ? current.t - 1 : current.n - current.t;
        uint256[4] memory vendors;
        for (uint256 i; i < ids.length; ++i) {
            uint32 id = ids[i] != 0 ? ids[i] : reserved[i];
            if (id == 0) continue;
            uint256 seats = ++vendors[registry.nodeOf(id).vendor];
            ok(seats <= cap, "EP2");
            for (uint256 j; j < i; ++j) ok(ids[j] == 0 || ids[j] != ids[i], "nobody sits twice");
        }
    }

    /// EP5: the PK stays.
    function _EP5_pkStays() private view {
        eq(epochs.pkOf(0), PK, "EP5");
    }

    /// EP3: at least a seats of the active committee are filled.
    function _EP3_enoughSeats() private view {
        IEpochs.Now memory current = epochs.now_();
        (uint32[] memory ids,) = epochs.members(current.epoch);
        uint256 filled;
        for (uint256 i; i < ids.length; ++i) if (ids[i] != 0) ++filled;
        uint256 b = (uint256(current.n) - current.t) / 2;
        ok(filled >= current.t + b, "a seats");
    }
}

/// @title  The actors reach what they are for
contract NetworkActorsTest is NetWorld {
    function test_everyPathIsReached() external {
        NetworkActors actors = new NetworkActors();
        for (uint256 i; i < 60; ++i) {
            uint256 seed = uint256(keccak256(abi.encode("path", i)));
            if (i % 4 == 0) actors.operatorJoins(seed);
            actors.operatorLeaves(seed);
            actors.strangerMatures(seed);
            actors.wait(uint32(1 days));
            actors.timelockDemands();
            actors.strangerAnnouncesAndOpens(seed | 0x249249);
            if (i % 7 == 3) actors.operatorReattests(seed);
            actors.nodesRunTheAttempt(i % 3 == 0 ? seed : type(uint256).max);
            actors.guardiansFreeze(seed);
            actors.operatorWithdraws(seed);
        }
        for (uint256 i; i < 32; ++i) actors.operatorWithdraws(i);
        bytes32[12] memory paths = [
            bytes32("join"), "leave", "reattest", "mature", "announce", "enrol", "open", "commit", "vote", "ready",
            "activate", "freeze"
        ];
        for (uint256 i; i < paths.length; ++i) ok(actors.reached(paths[i]) != 0, string(abi.encodePacked(paths[i])));
    }
}
