// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Labels} from "../../src/base/Labels.sol";
import {Claims} from "../../src/base/Types.sol";
import {GuardianCouncil} from "../../src/governance/GuardianCouncil.sol";
import {NetworkGovernor} from "../../src/governance/NetworkGovernor.sol";
import {Ratifier} from "../../src/governance/Ratifier.sol";
import {Timelock} from "../../src/governance/Timelock.sol";
import {IEpochs} from "../../src/interfaces/IEpochs.sol";
import {INodeRegistry} from "../../src/interfaces/INodeRegistry.sol";
import {ISeating} from "../../src/interfaces/ISeating.sol";
import {Deploys} from "./Deploys.sol";
import {FakeAttestations, FakeMeasurements, FakeTcbPolicy} from "./FakeEvidence.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @title  NetWorld - a network with mock evidence: registry, epochs and governance as deployed
/// @notice Node i (1, 2, ...) has owner, account and keys derived from i; ids are given in that order as
///         long as tests join in it. Time and blocks move only when a test says so.
abstract contract NetWorld is Test {
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant BOND = 10 ether;
    uint8 internal constant TDX = 1;
    uint8 internal constant SNP = 2;
    uint8 internal constant NITRO = 3;
    address internal constant VERIFIER = address(0xBEEF);
    bytes32 internal constant PK = keccak256("the key");

    uint40 internal constant WINDOW = 12;
    uint40 internal constant PHASE = 10;
    uint40 internal constant READY_BLOCKS = 20;
    uint40 internal constant EPOCH_SECONDS = 1 days;
    uint40 internal constant COOLDOWN = 1 hours;
    uint40 internal constant ABSENCE = 2 days;
    uint40 internal constant SLASH_DELAY = 1 days;
    uint40 internal constant NOTICE = 7 days;
    uint40 internal constant PROBATION = 2 days;
    uint40 internal constant BOND_LOCK = 30 days;

    FakeAttestations internal attestations;
    FakeMeasurements internal measurements;
    FakeTcbPolicy internal tcb;
    INodeRegistry internal registry;
    IEpochs internal epochs;
    ISeating internal seating;
    GuardianCouncil internal council;
    Timelock internal timelock;
    NetworkGovernor internal governor;
    Ratifier internal ratifier;

    mapping(uint32 id => uint256 account) internal accountKey;
    mapping(uint32 id => uint64 seq) internal seqs;
    uint256 internal generations;

    // ---- deployment

    function kindsAll() internal pure returns (bytes32[] memory kinds) {
        kinds = new bytes32[](3);
        (kinds[0], kinds[1], kinds[2]) = ("vendor", "cloud", "operator");
    }

    function epochParameters() internal view virtual returns (IEpochs.Parameters memory p) {
        p.targetN = 6;
        p.slashParts = 5000;
        p.protocol = 1;
        p.windowBlocks = WINDOW;
        p.phaseBlocks = PHASE;
        p.readyBlocks = READY_BLOCKS;
        p.finalityBlocks = 2;
        p.deliveryBlocks = 6;
        p.epochSeconds = EPOCH_SECONDS;
        p.cooldownSeconds = COOLDOWN;
        p.absenceSeconds = ABSENCE;
        p.slashDelaySeconds = SLASH_DELAY;
        p.successorSeconds = 14 days;
    }

    function registryParameters() internal view virtual returns (INodeRegistry.Parameters memory p) {
        p.kinds = kindsAll();
        p.minBond = 1 ether;
        p.probationSeconds = PROBATION;
        p.bondLockSeconds = BOND_LOCK;
        p.expireSeconds = 7 days;
        p.successorSeconds = 14 days;
        p.strikeParts = 100;
        p.strikeLimit = 3;
    }

    function deployNet() internal {
        vm.chainId(31_337);
        vm.warp(START);
        vm.roll(1000);
        attestations = new FakeAttestations();
        measurements = new FakeMeasurements();
        tcb = new FakeTcbPolicy();
        measurements.set(measurementOf(TDX), true);
        measurements.set(measurementOf(SNP), true);
        measurements.set(measurementOf(NITRO), true);
        measurements.seal();
        address[9] memory spots;
        for (uint256 i; i < 9; ++i) spots[i] = Deploys.predict(address(this), i);
        // registry, rule, seating, counting, epochs, council, timelock, governor, ratifier
        INodeRegistry.Parameters memory r = registryParameters();
        r.attestations = address(attestations);
        r.measurements = address(measurements);
        r.tcbPolicy = address(tcb);
        r.council = spots[5];
        r.epochs = spots[4];
        r.timelock = spots[6];
        r.ratifier = spots[8];
        registry = INodeRegistry(Deploys.create("NodeRegistry.sol:NodeRegistry", abi.encode(r)));
        Deploys.create("SeatRule.sol:SeatRule", "");
        seating = ISeating(
            Deploys.create(
                "Seating.sol:Seating",
                abi.encode(spots[4], spots[0], spots[1], address(measurements), address(tcb))
            )
        );
        Deploys.create("Counting.sol:Counting", abi.encode(spots[4]));
        IEpochs.Parameters memory e = epochParameters();
        e.registry = spots[0];
        e.seating = spots[2];
        e.counting = spots[3];
        e.council = spots[5];
        e.timelock = spots[6];
        epochs = IEpochs(Deploys.create("Epochs.sol:Epochs", abi.encode(e)));
        council = new GuardianCouncil(councilParameters(spots));
        timelock = new Timelock(NOTICE, 14 days, spots[7]);
        NetworkGovernor.Parameters memory g = NetworkGovernor.Parameters({
            registry: spots[0],
            epochs: spots[4],
            timelock: payable(spots[6]),
            council: spots[5],
            delaySeconds: 1 days,
            periodSeconds: 3 days,
            extensionSeconds: 1 days,
            threshold: 1 ether,
            quorumFloor: 25 ether,
            quorumPercent: 34
        });
        governor = new NetworkGovernor(g);
        ratifier = new Ratifier(
            Ratifier.Parameters({
                registry: spots[0],
                epochs: spots[4],
                council: spots[5],
                measurements: address(measurements),
                tcbPolicy: address(tcb),
                router: address(tcb),
                delaySeconds: 1 hours,
                periodSeconds: 3 days,
                threshold: 1 ether,
                quorumFloor: 25 ether,
                quorumPercent: 34
            })
        );
        eq(address(ratifier), spots[8], "predicted addresses");
    }

    function guardian(uint256 i) internal pure returns (address) {
        return address(uint160(0xA11CE00 + i));
    }

    function councilParameters(address[9] memory spots)
        internal
        view
        virtual
        returns (GuardianCouncil.Parameters memory p)
    {
        p.members = new address[](3);
        for (uint256 i; i < 3; ++i) p.members[i] = guardian(i);
        p.threshold = 2;
        p.timelock = spots[6];
        p.ratifier = spots[8];
        p.governor = spots[7];
        p.epochs = spots[4];
        p.registry = spots[0];
        p.longestFreezeSeconds = 7 days;
        p.repeatSeconds = 30 days;
        p.ratifiedSeconds = 60 days;
        p.approvalSeconds = 1 days;
    }

    // ---- nodes

    function measurementOf(uint8 vendor) internal pure returns (bytes32) {
        return keccak256(abi.encode("measurement", vendor));
    }

    function ownerOf(uint32 id) internal pure returns (address) {
        return address(uint160(0x0FFE2000000 + uint256(id)));
    }

    function keysOf(uint32 id) internal view returns (INodeRegistry.Keys memory) {
        uint256 key = accountKey[id];
        return INodeRegistry.Keys(keccak256(abi.encode("ed", key)), keccak256(abi.encode("x", key)), vm.addr(key));
    }

    function claimsOf(uint8 vendor, bytes32 platform) internal pure returns (Claims memory c) {
        c.vendor = vendor;
        c.product = bytes32(uint256(0xABCD) << 240);
        c.measurement = measurementOf(vendor);
        c.reportData = new bytes(64);
        c.platform = platform;
        c.rawTcb = new bytes(52);
    }

    function platformOfNode(uint32 id) internal pure returns (bytes32) {
        return keccak256(abi.encode("platform", id));
    }

    function recordKey(INodeRegistry.Keys memory keys, address owner, Claims memory c)
        internal
        pure
        returns (bytes32)
    {
        return Ids.record(
            1,
            Ids.keysNode(keys.ed25519, keys.x25519, keys.account),
            Ids.contextOf(owner),
            c.measurement,
            c.platform,
            VERIFIER
        );
    }

    function freshKey(uint32 id) internal {
        accountKey[id] = uint256(keccak256(abi.encode("account", id, ++generations)));
    }

    /// States a record for node id's present keys on that platform.
    function attest(uint32 id, uint8 vendor, bytes32 platform) internal returns (Claims memory c) {
        c = claimsOf(vendor, platform);
        attestations.state(recordKey(keysOf(id), ownerOf(id), c), c, uint40(block.timestamp + 3650 days));
    }

    function joinNode(uint8 vendor, bytes32 cloud, bytes32 operator, uint256 bond) internal returns (uint32 id) {
        id = registry.nodeCount() + 1;
        freshKey(id);
        Claims memory c = attest(id, vendor, platformOfNode(id));
        vm.deal(ownerOf(id), bond);
        vm.prank(ownerOf(id));
        uint32 given = registry.join{value: bond}(
            keysOf(id), domains(cloud, operator), "node.example:7000:7001", VERIFIER, c, address(0)
        );
        eq(given, id, "ids count");
    }

    function domains(bytes32 cloud, bytes32 operator) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](2);
        (list[0], list[1]) = (cloud, operator);
    }

    /// n nodes, vendors, clouds and operators spread evenly, bonds rising with the id.
    function joinEvenly(uint32 n) internal {
        uint32 first = registry.nodeCount();
        for (uint32 i; i < n; ++i) {
            uint32 id = first + i + 1;
            joinNode(uint8(1 + i % 3), bytes32(uint256(1 + i % 3)), bytes32(uint256(1000 + id)), BOND + uint256(id) * 1e15);
        }
    }

    // ---- calls of nodes

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Polyclave"),
                keccak256("1"),
                block.chainid,
                address(epochs)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function callOf(uint32 id) internal returns (IEpochs.NodeCall memory call) {
        IEpochs.Attempt memory a = epochs.attempt();
        INodeRegistry.Keys memory keys = keysOf(id);
        call.id = id;
        call.epoch = a.epoch;
        call.attempt = a.attempt;
        call.seq = ++seqs[id];
        call.ed25519 = keys.ed25519;
        call.x25519 = keys.x25519;
    }

    function signed(IEpochs.NodeCall memory call, bytes32 typeHash, bytes memory body)
        internal
        view
        returns (IEpochs.NodeCall memory)
    {
        bytes32 structHash = structOf(call, typeHash, body);
        (call.v, call.r, call.s) = vm.sign(accountKey[call.id], digestOf(structHash));
        return call;
    }

    function structOf(IEpochs.NodeCall memory call, bytes32 typeHash, bytes memory body)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            bytes.concat(abi.encode(typeHash, call.id, call.epoch, call.attempt), body, abi.encode(call.seq))
        );
    }

    function ekOf(uint32 id) internal view returns (bytes32) {
        return keccak256(abi.encode("ek", id, epochs.attempt().tag));
    }

    function pop() internal pure returns (bytes memory) {
        return new bytes(64);
    }

    function enrolCall(uint32 id) internal returns (IEpochs.NodeCall memory) {
        return signed(callOf(id), Labels.ENROL_TYPEHASH, abi.encode(ekOf(id), keccak256(pop())));
    }

    function enrol(uint32 id) internal {
        epochs.enrol(enrolCall(id), ekOf(id), pop(), 0);
    }

    function commitCall(uint32 id) internal returns (IEpochs.NodeCall memory) {
        return signed(callOf(id), Labels.COMMIT_TYPEHASH, abi.encode(blobOf(id), uint32(17_000)));
    }

    function blobOf(uint32 id) internal pure returns (bytes32) {
        return keccak256(abi.encode("blob", id));
    }

    function commit(uint32 id) internal {
        epochs.commit(commitCall(id), blobOf(id), 17_000);
    }

    function voteCall(uint32 id, uint256 bitmap, bytes32 transcript) internal returns (IEpochs.NodeCall memory) {
        return signed(callOf(id), Labels.VOTE_TYPEHASH, abi.encode(bitmap, transcript));
    }

    function vote(uint32 id, uint256 bitmap, bytes32 transcript) internal {
        epochs.vote(voteCall(id, bitmap, transcript), bitmap, transcript);
    }

    function complainCall(uint32 id, uint16 dealer) internal returns (IEpochs.NodeCall memory) {
        return signed(
            callOf(id), Labels.COMPLAIN_TYPEHASH, abi.encode(dealer, keccak256("K"), keccak256(pop()))
        );
    }

    function complain(uint32 id, uint16 dealer) internal {
        epochs.complain(complainCall(id, dealer), dealer, keccak256("K"), pop());
    }

    function readyCall(uint32 id, bytes32 transcript) internal returns (IEpochs.NodeCall memory) {
        return signed(callOf(id), Labels.READY_TYPEHASH, abi.encode(transcript));
    }

    function ready(uint32 id, bytes32 transcript) internal {
        epochs.ready(readyCall(id, transcript), transcript);
    }

    /// READY for the active epoch.
    function readyLate(uint32 id) internal {
        IEpochs.Now memory current = epochs.now_();
        IEpochs.NodeCall memory call = callOf(id);
        call.epoch = current.epoch;
        call.attempt = current.attempt;
        bytes32 transcript = epochs.epochOf(current.epoch).transcript;
        epochs.ready(signed(call, Labels.READY_TYPEHASH, abi.encode(transcript)), transcript);
    }

    // ---- the course of an attempt

    function mine(uint256 blocks) internal {
        vm.roll(block.number + blocks);
        vm.warp(block.timestamp + blocks);
    }

    /// Announce, and enrol nodes first..last.
    function announceAnd(uint32 first, uint32 last) internal {
        epochs.announce();
        for (uint32 id = first; id <= last; ++id) enrol(id);
    }

    function openAfterWindow() internal {
        mine(WINDOW + 1);
        epochs.open();
    }

    function preimageOf(uint256 blameDealers, uint256 blameReceivers) internal view returns (bytes memory) {
        (uint256 all, uint256 missing) = epochs.dealers();
        return preimageWith(all & ~missing & ~blameDealers, blameDealers, blameReceivers);
    }

    function preimageWith(uint256 qual, uint256 blameDealers, uint256 blameReceivers)
        internal
        view
        returns (bytes memory)
    {
        bytes32[] memory pk = new bytes32[](1);
        bytes32[] memory yHash = new bytes32[](1);
        pk[0] = PK;
        yHash[0] = keccak256(abi.encode("y", epochs.attempt().tag));
        return abi.encode(keccak256("sid"), qual, blameDealers, blameReceivers, pk, yHash, epochs.attempt().t);
    }


    function preimage() internal view returns (bytes memory) {
        return preimageOf(0, 0);
    }

    /// Who deals in the open attempt, by index - 1.
    function dealerIds() internal view returns (uint32[] memory ids) {
        IEpochs.Attempt memory a = epochs.attempt();
        (ids,) = epochs.members(a.epoch == 1 ? 1 : a.epoch - 1);
    }

    function memberIds() internal view returns (uint32[] memory ids) {
        (ids,) = epochs.members(epochs.attempt().epoch);
    }

    function allCommit() internal {
        mine(1);
        uint32[] memory ids = dealerIds();
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] != 0) commit(ids[i]);
        }
    }

    function allVote(bytes32 transcript) internal {
        (uint256 all, uint256 missing) = epochs.dealers();
        uint32[] memory ids = memberIds();
        for (uint256 i; i < ids.length; ++i) {
            if (ids[i] != 0) vote(ids[i], all & ~missing, transcript);
        }
    }

    /// From an open attempt to ACTIVE by n equal votes.
    function activateFast() internal {
        allCommit();
        mine(1);
        bytes memory p = preimage();
        allVote(sha256(p));
        epochs.activate(p);
    }

    /// From an open attempt past B2c, with the commits that were made, each heard by all.
    function passVotes() internal {
        (uint256 b1, uint256 b2,,) = epochs.phases();
        if (block.number == b1) mine(1);
        if (block.number > b1 && block.number <= b2) allHearOnce();
        pass2c();
    }

    function allHearOnce() internal {
        uint32[] memory ids = memberIds();
        IEpochs.Ballot[] memory ballots = epochs.ballotsOf(ids);
        uint32 tag = epochs.attempt().tag;
        (uint256 all, uint256 missing) = epochs.dealers();
        for (uint256 i; i < ids.length; ++i) {
            bool spoke = ballots[i].tag == tag && ballots[i].flags != 0;
            if (ids[i] != 0 && !spoke) vote(ids[i], all & ~missing, 0);
        }
    }

    function pass2c() internal {
        (,, uint256 b2c,) = epochs.phases();
        if (block.number <= b2c) mine(b2c + 1 - block.number);
    }

    function genesis(uint32 n) internal {
        joinEvenly(n);
        announceAnd(1, n);
        openAfterWindow();
        activateFast();
    }

    function passEpoch() internal {
        mine(EPOCH_SECONDS);
    }

    // ---- council

    function freezeBy2(uint8 kind, bytes32 id, uint40 length) internal {
        vm.prank(guardian(0));
        council.freeze(kind, id, length);
        vm.prank(guardian(1));
        council.freeze(kind, id, length);
    }
}
