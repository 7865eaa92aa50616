// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Objects} from "../../src/base/Objects.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {SimIntel} from "../kit/SimIntel.sol";
import {SimWorld} from "../kit/SimWorld.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// @title  The actors: whoever posts, whoever attests, the Timelock, and time
/// @notice After each act `_look` compares what stands in storage with what stood there before.
contract EvidenceActors is SimWorld {
    bytes32 internal constant SUBJECT = keccak256("subject");
    bytes32 internal constant CONTEXT = keccak256("context");

    mapping(string act => uint256 count) public done;
    string public violated;

    uint256 internal present = NOW;
    uint256 internal lastUpdate;
    uint256 internal lastNumber;
    uint256 internal lastEpoch;
    uint256 internal lastAuthority;
    mapping(uint256 number => uint256 time) internal firstSeen;
    mapping(uint256 serial => bool) internal revoked;
    bytes32 internal record;
    IAttestations.Record internal lastRecord;
    IAttestations.Preimage internal preimage;
    bytes internal rawTcb;

    constructor() {
        setUpSim();
        for (uint256 n = 0; n <= 17; ++n) firstSeen[n] = NOW - GRACE;
        _look("setup");
    }

    // ---- posting: never refused for what is well-formed and new

    function postListNoRevert(uint256 seed) external {
        seed = _tick(seed);
        uint256[] memory serials = new uint256[](1 + seed % 3);
        for (uint256 i = 0; i < serials.length; ++i) serials[i] = 100 + (seed >> (8 * i)) % 12;
        verifier.addCrl(pckCrl(present, serials), ca, 100);
        for (uint256 i = 0; i < serials.length; ++i) revoked[serials[i]] = true;
        _look("list");
    }

    function postListMayRevert(uint256 seed) external {
        seed = _tick(seed);
        uint256 from = present - seed % 40 days;
        verifier.addCrl(pckCrl(from, one(500 + seed % 9)), ca, 100);
        revoked[500 + seed % 9] = true;
        _look("old list");
    }

    function postNumberMayRevert(uint256 seed) external {
        seed = _tick(seed);
        uint256 n = 15 + seed % 9;
        SimIntel.TcbInfo memory t = tcbInfo(n, present - seed % 3 days);
        t.levels[1].pcesvn = uint16(5 + seed % 3);
        bytes memory json = SimIntel.tcbInfo(t);
        (uint256 r, uint256 s) = SimIntel.sign(json);
        verifier.addCollateral(1, json, r, s, tcbSigner);
        for (uint256 k = 0; k <= n; ++k) {
            if (firstSeen[k] == 0) firstSeen[k] = present;
        }
        (uint256 inForce,,,,) = verifier.active(product);
        if (inForce == n) tcbTable = collateralReader.tcbInfo(json).table;
        _look("number");
    }

    function settleNoRevert(uint256 seed) external {
        seed = _tick(seed);
        verifier.settle(product);
        _look("settle");
    }

    function renewCollateralMayRevert(uint256 seed) external {
        seed = _tick(seed);
        (uint256 n,,,,) = verifier.active(product);
        postTcb(tcbInfo(n, present));
        postQe(qe(17, present));
        _look("collateral");
    }

    // ---- attesting

    function attestMayRevert(uint256 seed) external {
        seed = _tick(seed);
        (uint64 boundAt, bytes32 hash) = nextBlock();
        present = block.timestamp;
        bytes memory e = evidenceFor(1, SUBJECT, CONTEXT, boundAt, hash);
        IEvidenceVerifier.Findings memory f = verifier.verify(e, hints());
        record = attestations.attest(1, SUBJECT, CONTEXT, address(verifier), boundAt, e, hints());
        preimage = IAttestations.Preimage(f.product, f.measurement, f.reportHigh, f.platform, 1, SERIAL);
        rawTcb = f.rawTcb;
        lastRecord = attestations.recordOf(record);
        _look("attest");
    }

    function recheckMayRevert(uint256 seed) external {
        seed = _tick(seed);
        attestations.recheck(record, preimage, rawTcb, appraiseHints());
        _look("recheck");
    }

    // ---- Timelock

    function liftMayRevert(uint256 seed) external {
        seed = _tick(seed);
        uint256 serial = 100 + seed % 12;
        vm.prank(TIMELOCK);
        policy.liftSerial(1, 1, serial);
        revoked[serial] = false;
        _look("lift");
    }

    function vetoMayRevert(uint256 seed) external {
        seed = _tick(seed);
        vm.prank(TIMELOCK);
        policy.veto(1, uint32(18 + seed % 6), uint40(present + seed % 60 days));
        _look("veto");
    }

    // ---- what must hold from one act to the next

    /// Up to two days pass; seeds are often small, so they are stirred.
    function _tick(uint256 seed) private returns (uint256) {
        seed = uint256(keccak256(abi.encode(seed, present)));
        present += 1 + (seed >> 200) % 2 days;
        vm.warp(present);
        return seed;
    }

    function _look(string memory act) private {
        ++done[act];
        (uint256 thisUpdate,,) = verifier.crl(1);
        if (thisUpdate < lastUpdate) violated = "TV1";
        lastUpdate = thisUpdate;
        (uint256 number,,,,) = verifier.active(product);
        if (number < lastNumber) {
            ++done["return"];
            if (policy.vetoedUntil(1, uint32(lastNumber)) < block.timestamp) violated = "TV2";
        }
        if (number > lastNumber && (firstSeen[number] == 0 || block.timestamp < firstSeen[number] + GRACE)) violated = "TV4";
        lastNumber = number;
        uint256 epoch = policy.collateralEpoch(1, product);
        uint256 authority = policy.authorityEpoch(1);
        if (epoch < lastEpoch || authority < lastAuthority) violated = "TP1";
        (lastEpoch, lastAuthority) = (epoch, authority);
        for (uint256 serial = 100; serial < 112; ++serial) {
            bool marked = policy.isRevoked(Objects.SERIAL, Objects.serialId(1, 1, serial));
            if (revoked[serial] && !marked) violated = "TV3 TP3";
            if (!revoked[serial] && marked) violated = "TP3: a lifted serial came back from an old list";
        }
        if (record == 0) return;
        IAttestations.Record memory r = attestations.recordOf(record);
        if (r.boundBlock < lastRecord.boundBlock) violated = "AT1";
        if (r.validUntil != lastRecord.validUntil || r.attestedAt != lastRecord.attestedAt || r.claims != lastRecord.claims) {
            violated = "AT2";
        }
        if (lastRecord.standing == 3 && r.standing != 3) violated = "AT3";
        lastRecord = r;
    }
}

/// @title  Invariants TV1-TV4, TP1, TP3, AT1-AT3 (TV5, TP2, TP4: unit tests of post, policy)
contract EvidenceInvariants is Test {
    EvidenceActors internal actors;
    uint256 internal tried;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() external {
        actors = new EvidenceActors();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        bytes4[] memory s = new bytes4[](9);
        s[0] = EvidenceActors.postListNoRevert.selector;
        s[1] = EvidenceActors.postListMayRevert.selector;
        s[2] = EvidenceActors.postNumberMayRevert.selector;
        s[3] = EvidenceActors.settleNoRevert.selector;
        s[4] = EvidenceActors.renewCollateralMayRevert.selector;
        s[5] = EvidenceActors.attestMayRevert.selector;
        s[6] = EvidenceActors.recheckMayRevert.selector;
        s[7] = EvidenceActors.liftMayRevert.selector;
        s[8] = EvidenceActors.vetoMayRevert.selector;
        list[0] = FuzzSelector(address(actors), s);
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(actors);
    }

    function invariant_nothingFallsAndNothingRevokedReturns() external view {
        string memory violated = actors.violated();
        ok(bytes(violated).length == 0, violated);
    }

    function _try(bytes memory act) private {
        (bool done,) = address(actors).call(act);
        tried += done ? 1 : 0;
    }

    /// Every act reaches its end at least once in a straight run: the invariants are not vacuous.
    function test_everyActIsReached() external {
        string[10] memory acts =
            ["list", "old list", "number", "settle", "collateral", "attest", "recheck", "lift", "veto", "return"];
        for (uint256 seed = 0; seed < 48; ++seed) {
            // those that may be refused are, now and then
            _try(abi.encodeCall(actors.renewCollateralMayRevert, (seed)));
            _try(abi.encodeCall(actors.attestMayRevert, (seed)));
            _try(abi.encodeCall(actors.recheckMayRevert, (seed)));
            _try(abi.encodeCall(actors.postNumberMayRevert, (seed)));
            actors.settleNoRevert(seed);
            _try(abi.encodeCall(actors.vetoMayRevert, (seed)));
            _try(abi.encodeCall(actors.postListMayRevert, (seed)));
            actors.postListNoRevert(seed);
            _try(abi.encodeCall(actors.liftMayRevert, (seed)));
        }
        for (uint256 i = 0; i < 10; ++i) ok(actors.done(acts[i]) > 0, acts[i]);
        eq(bytes(actors.violated()).length, 0, "no violation");
    }
}
