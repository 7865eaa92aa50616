// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {TcbStatus} from "../../src/base/Types.sol";
import {IRevocable} from "../../src/interfaces/IRevocable.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {Deploys} from "../kit/Deploys.sol";
import {Test} from "../kit/Test.sol";
import {ITcbPolicyInitial} from "../kit/TdxWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  TcbPolicy alone: this contract plays router and verifier
contract TcbPolicyTest is Test {
    address internal constant TIMELOCK = address(0x71);
    address internal constant RATIFIER = address(0x72);
    address internal constant STRANGER = address(0x5a);
    uint256 internal constant NOW = 1_790_000_000;
    bytes32 internal constant PRODUCT = bytes32(bytes8(0xb0c06f0000000000));
    bytes32 internal constant PLATFORM = keccak256("platform");
    bytes32 internal constant LEAF = keccak256("leaf");

    ITcbPolicy internal policy;

    function setUp() external {
        vm.warp(NOW);
        policy = ITcbPolicy(this.make(7 days, 14 days, 1 << 1));
        policy.noteVerifier(address(this), 1, 3, true);
        policy.noteList(1, 1, uint32(NOW + 30 days));
    }

    function make(uint40 minGrace, uint40 grace, uint16 statuses) external returns (address) {
        ITcbPolicyInitial.Initial[] memory initial = new ITcbPolicyInitial.Initial[](1);
        initial[0] = ITcbPolicyInitial.Initial(1, statuses, 0);
        return Deploys.create(
            "TcbPolicy.sol:TcbPolicy", abi.encode(TIMELOCK, RATIFIER, address(this), minGrace, grace, initial)
        );
    }

    function subject() internal view returns (ITcbPolicy.Subject memory s) {
        s = ITcbPolicy.Subject(address(this), 1, 1, PRODUCT, PLATFORM, LEAF, TcbStatus.UP_TO_DATE, 0, raw(5));
    }

    function raw(uint8 each) internal pure returns (bytes memory r) {
        r = new bytes(52);
        for (uint256 i = 0; i < 52; ++i) r[i] = bytes1(each);
    }

    function refuse(ITcbPolicy.Subject memory s, bytes memory cause) internal {
        vm.expectRevert(cause);
        policy.judge(s);
    }

    function reconsider(uint16 id, ITcbPolicy.Subject memory s) internal returns (bytes4, uint8, uint32) {
        return policy.reconsider(id, s.vendor, s.status, s.product, s.platform, s.leaf, s.rawTcb, "");
    }

    /// What this verifier says when it is asked.
    function appraise(bytes32, bytes calldata, bytes calldata) external pure returns (uint8) {
        return TcbStatus.OUT_OF_DATE;
    }

    function onlyTimelock() internal {
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotTimelock.selector, STRANGER));
        vm.prank(STRANGER);
    }

    // ---- who may

    function test_onlyTimelock() external {
        onlyTimelock();
        policy.setVendor(1, 2, 0, 0);
        onlyTimelock();
        policy.setProduct(1, PRODUCT, true, 0, 0);
        onlyTimelock();
        policy.setMinTcb(1, PRODUCT, "");
        onlyTimelock();
        policy.setGrace(14 days);
        onlyTimelock();
        policy.veto(1, 18, uint40(NOW));
        onlyTimelock();
        policy.liftSerial(1, 1, 5);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotTimelockOrRatifier.selector, STRANGER));
        vm.prank(STRANGER);
        policy.revoke(Objects.VENDOR, Objects.vendorId(1));
    }

    function test_onlyRouterAndVerifiers() external {
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotRouter.selector, STRANGER));
        vm.prank(STRANGER);
        policy.noteVerifier(STRANGER, 1, 9, false);
        uint256[] memory list = new uint256[](1);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, STRANGER, 1));
        vm.prank(STRANGER);
        policy.advance(1);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, STRANGER, 1));
        vm.prank(STRANGER);
        policy.recordRevoked(1, 0, list, 1);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, STRANGER, 1));
        vm.prank(STRANGER);
        policy.noteList(1, 1, 1);
        // a verifier of one vendor has no word on another
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, address(this), 2));
        policy.advance(2);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.ListMissing.selector, 1, 0, 1));
        policy.noteList(1, 0, 1);
        policy.noteVerifier(address(this), 1, 0, false);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, address(this), 1));
        policy.advance(1);
    }

    // ---- judging

    function test_acceptedWithEpochAndId() external {
        (uint32 epoch, uint16 id) = policy.judge(subject());
        eq(epoch, 0, "epoch");
        eq(id, 3, "verifier's id");
        (bytes4 cause,,) = reconsider(3, subject());
        eq(bytes32(cause), 0, "no cause");
    }

    function test_vendors() external {
        ITcbPolicy.Subject memory s = subject();
        s.verifier = STRANGER;
        refuse(s, abi.encodeWithSelector(ITcbPolicy.NotVerifier.selector, STRANGER, 1));
        s = subject();
        s.vendor = 2;
        policy.noteVerifier(address(this), 2, 3, false);
        policy.noteList(2, 1, uint32(NOW + 1));
        refuse(s, abi.encodeWithSelector(ITcbPolicy.VendorNotAccepted.selector, 2));
        vm.prank(TIMELOCK);
        policy.revoke(Objects.VENDOR, Objects.vendorId(2));
        refuse(s, abi.encodeWithSelector(ITcbPolicy.VendorRevoked.selector, 2));
        ok(!policy.vendorAccepted(2), "not accepted");
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.RevokedForever.selector, Objects.VENDOR, Objects.vendorId(2)));
        vm.prank(TIMELOCK);
        policy.setVendor(2, 2, 0, 0);
    }

    function test_lists() external {
        ITcbPolicy.Subject memory s = subject();
        vm.warp(NOW + 30 days);
        policy.judge(s);
        vm.warp(NOW + 30 days + 1);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ListMissing.selector, 1, 1, uint40(NOW + 30 days)));
        (bytes4 cause,,) = reconsider(3, s);
        eq(bytes32(cause), 0, "a record outlives lists");
        s.issuer = 2;
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ListMissing.selector, 1, 2, 0));
        s.issuer = 0;
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ListMissing.selector, 1, 0, 0));
        s.issuer = 3;
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ListMissing.selector, 1, 3, 0));
    }

    /// Nitro knows no products: 0 is a product like any other.
    function test_productZero() external {
        ITcbPolicy.Subject memory s = subject();
        s.product = 0;
        policy.judge(s);
        vm.prank(TIMELOCK);
        policy.setProduct(1, 0, true, 0, 0);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ProductOff.selector, 1, bytes32(0)));
        vm.prank(TIMELOCK);
        policy.setProduct(1, 0, false, 0, 0);
        policy.judge(s);
    }

    function test_products() external {
        ITcbPolicy.Subject memory s = subject();
        vm.prank(TIMELOCK);
        policy.setProduct(1, PRODUCT, true, 0, 0);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ProductOff.selector, 1, PRODUCT));
        ok(!policy.productAccepted(1, PRODUCT), "switched off");
        s.product = "other";
        policy.judge(s);
        s = subject();
        vm.prank(TIMELOCK);
        policy.setProduct(1, PRODUCT, false, 0, 0);
        (uint32 epoch,) = policy.judge(s);
        eq(epoch, 2, "each act counts in the epoch");
        bytes32 id = Objects.productId(1, PRODUCT);
        vm.prank(RATIFIER);
        policy.revoke(Objects.PRODUCT, id);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ProductRevoked.selector, 1, PRODUCT));
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.RevokedForever.selector, Objects.PRODUCT, id));
        vm.prank(TIMELOCK);
        policy.setProduct(1, PRODUCT, false, 0, 0);
        ok(policy.isRevoked(Objects.PRODUCT, id), "revoked");
    }

    /// A product may be revoked before anybody heard of it.
    function test_revokedBeforeKnown() external {
        ITcbPolicy.Subject memory s = subject();
        s.product = "unheard of";
        vm.prank(TIMELOCK);
        policy.revoke(Objects.PRODUCT, Objects.productId(1, "unheard of"));
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ProductRevoked.selector, 1, bytes32("unheard of")));
    }

    function test_platformsAndSerials() external {
        ITcbPolicy.Subject memory s = subject();
        vm.prank(RATIFIER);
        policy.revoke(Objects.PLATFORM, PLATFORM);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.PlatformRevoked.selector, PLATFORM));
        s.platform = 0;
        policy.judge(s);
        vm.prank(TIMELOCK);
        policy.revoke(Objects.SERIAL, LEAF);
        // revoking a serial by vote: authorities may hang on it, so everything is checked again
        refuse(s, abi.encodeWithSelector(ITcbPolicy.AuthorityEpochPassed.selector, 0, 1));
        s.authorityEpoch = 1;
        refuse(s, abi.encodeWithSelector(ITcbPolicy.LeafRevoked.selector, LEAF));
        (bytes4 cause,,) = reconsider(3, s);
        eq(bytes32(cause), bytes32(ITcbPolicy.LeafRevoked.selector), "as a value");
        // platform 0 is nobody's: revoking it hits nobody
        s = subject();
        s.authorityEpoch = 1;
        s.leaf = "other";
        s.platform = 0;
        vm.prank(TIMELOCK);
        policy.revoke(Objects.PLATFORM, 0);
        policy.judge(s);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotRevocableHere.selector, Objects.NODE));
        policy.isRevoked(Objects.NODE, 0);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotRevocableHere.selector, Objects.NODE));
        vm.prank(TIMELOCK);
        policy.revoke(Objects.NODE, 0);
    }

    /// An id that only looks like vendor 1 when it is cut to eight bits.
    function test_vendorIdsAreWhole() external {
        bytes32 id = bytes32(uint256(257));
        vm.expectRevert(abi.encodeWithSelector(IRevocable.IdOutOfRange.selector, Objects.VENDOR, id));
        vm.prank(RATIFIER);
        policy.revoke(Objects.VENDOR, id);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.IdOutOfRange.selector, Objects.VENDOR, id));
        policy.isRevoked(Objects.VENDOR, id);
    }

    function test_revokeTwiceIsNoFault() external {
        vm.prank(TIMELOCK);
        policy.revoke(Objects.PLATFORM, PLATFORM);
        uint32 epoch = policy.collateralEpoch(1, PRODUCT);
        vm.prank(TIMELOCK);
        policy.revoke(Objects.PLATFORM, PLATFORM);
        eq(policy.collateralEpoch(1, PRODUCT), epoch, "nothing happened");
    }

    // ---- judging again

    function test_steadyIsNotAsked() external {
        (bytes4 cause, uint8 status, uint32 epoch) = reconsider(3, subject());
        eq(bytes32(cause), 0, "accepted");
        eq(status, TcbStatus.UP_TO_DATE, "as recorded");
        eq(epoch, policy.collateralEpoch(1, PRODUCT), "epoch");
    }

    function test_othersAreAsked() external {
        policy.noteVerifier(address(this), 1, 4, false);
        (bytes4 cause, uint8 status,) = reconsider(4, subject());
        eq(status, TcbStatus.OUT_OF_DATE, "as it says");
        eq(bytes32(cause), bytes32(ITcbPolicy.StatusNotAccepted.selector), "cause");
        (, status,) = reconsider(3, subject());
        eq(status, TcbStatus.UP_TO_DATE, "the steady one stays named");
    }

    /// Only ids that fit a byte are named, and only the whole id counts.
    function test_idsAreWhole() external {
        policy.noteVerifier(address(0x88), 1, 0x0104, true);
        eq(policy.vendorPolicy(1).steadyVerifier, 3, "not named");
        policy.noteVerifier(address(this), 1, 0x0103, true);
        (, uint8 status,) = reconsider(0x0103, subject());
        eq(status, TcbStatus.OUT_OF_DATE, "asked");
        policy.noteVerifier(address(0x89), 1, 255, true);
        eq(policy.vendorPolicy(1).steadyVerifier, 255, "named");
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, 256));
        reconsider(256, subject());
    }

    /// One that ended, and the number 0, which is nobody's.
    function test_endedOrUnknownVerifiers() external {
        policy.noteVerifier(address(this), 1, 0, false);
        eq(policy.vendorPolicy(1).steadyVerifier, 0, "not named any more");
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, 3));
        reconsider(3, subject());
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, 0));
        reconsider(0, subject());
    }

    /// Ending one that is not named leaves the named one.
    function test_endOfAnotherOne() external {
        policy.noteVerifier(address(0x88), 1, 4, false);
        policy.noteVerifier(address(0x88), 1, 0, false);
        eq(policy.vendorPolicy(1).steadyVerifier, 3, "named");
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, 4));
        reconsider(4, subject());
    }

    /// TP5: the flag that spares the read of a serial's mark is set by whatever marks one.
    function test_flagOfSerials() external {
        ok(!policy.vendorPolicy(1).serialsRevoked, "none yet");
        uint256 before = vm.snapshotState();
        uint256[] memory list = new uint256[](1);
        policy.recordRevoked(1, 2, new uint256[](0), 1);
        ok(!policy.vendorPolicy(1).serialsRevoked, "an empty list");
        list[0] = 9;
        policy.recordRevoked(1, 2, list, 1);
        ok(policy.vendorPolicy(1).serialsRevoked && !policy.vendorPolicy(2).serialsRevoked, "listed");
        vm.prank(TIMELOCK);
        policy.liftSerial(1, 2, 9);
        ok(policy.vendorPolicy(1).serialsRevoked, "never unset");
        vm.revertToState(before);
        vm.prank(RATIFIER);
        policy.revoke(Objects.SERIAL, LEAF);
        for (uint8 v = 1; v <= 3; ++v) ok(policy.vendorPolicy(v).serialsRevoked, "by vote: of whatever vendor");
    }

    /// TP5 for a vendor that votes do not go through one by one.
    function test_flagsOfANewVendor() external {
        policy.noteVerifier(address(this), 4, 9, true);
        policy.noteList(4, 1, uint32(NOW + 1));
        ITcbPolicy.Subject memory s = subject();
        s.vendor = 4;
        vm.prank(TIMELOCK);
        policy.setVendor(4, uint16(1 << 1), 0, 0);
        policy.judge(s);
        uint256 before = vm.snapshotState();
        vm.prank(RATIFIER);
        policy.revoke(Objects.SERIAL, LEAF);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.LeafRevoked.selector, LEAF));
        vm.revertToState(before);
        vm.prank(RATIFIER);
        policy.revoke(Objects.PLATFORM, PLATFORM);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.PlatformRevoked.selector, PLATFORM));
        vm.revertToState(before);
        vm.prank(RATIFIER);
        policy.revoke(Objects.PRODUCT, Objects.productId(4, PRODUCT));
        refuse(s, abi.encodeWithSelector(ITcbPolicy.ProductRevoked.selector, 4, PRODUCT));
    }

    // ---- statuses

    /// Which statuses count is exactly the mask; Revoked and NotSupported never do.
    function testFuzz_statuses(uint16 mask, uint8 status) external {
        bool allowed = mask != 0 && mask & ~uint16(0x067e) == 0;
        if (!allowed) vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.StatusesNotAllowed.selector, mask));
        vm.prank(TIMELOCK);
        policy.setVendor(1, mask, uint40(NOW + 1), 0);
        if (!allowed) return;
        ITcbPolicy.Subject memory s = subject();
        s.status = status;
        bool counts = status < 16 && (mask >> status) & 1 == 1;
        if (!counts) vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.StatusNotAccepted.selector, status, mask));
        policy.judge(s);
    }

    function test_outOfDateHasAnEnd() external {
        ITcbPolicy.Subject memory s = subject();
        s.status = TcbStatus.OUT_OF_DATE;
        vm.prank(TIMELOCK);
        policy.setVendor(1, uint16(1 << 1 | 1 << 5), uint40(NOW + 10), 0);
        vm.warp(NOW + 10);
        policy.judge(s);
        vm.warp(NOW + 11);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.StatusNotAccepted.selector, 5, uint16(1 << 1)));
        // a product's own statuses stand for its vendor's
        vm.prank(TIMELOCK);
        policy.setProduct(1, PRODUCT, false, uint16(1 << 5), uint40(NOW + 20));
        policy.judge(s);
        s.status = TcbStatus.UP_TO_DATE;
        refuse(s, abi.encodeWithSelector(ITcbPolicy.StatusNotAccepted.selector, 1, uint16(1 << 5)));
    }

    // ---- minimum

    function test_minTcb() external {
        ITcbPolicy.Subject memory s = subject();
        vm.startPrank(TIMELOCK);
        vm.expectRevert(abi.encodeWithSignature("MinimumLength(uint8,uint256,uint256)", 1, 51, 52));
        policy.setMinTcb(1, PRODUCT, new bytes(51));
        vm.expectRevert(abi.encodeWithSignature("MinimumLength(uint8,uint256,uint256)", 2, 52, 56));
        policy.setMinTcb(2, PRODUCT, new bytes(52));
        vm.expectRevert(abi.encodeWithSignature("MinimumLength(uint8,uint256,uint256)", 3, 56, 0));
        policy.setMinTcb(3, PRODUCT, new bytes(56));
        policy.setMinTcb(1, PRODUCT, raw(5));
        eq(policy.minTcb(1, PRODUCT), raw(5), "stored");
        vm.stopPrank();
        policy.judge(s);
        s.rawTcb = new bytes(51);
        refuse(s, abi.encodeWithSelector(ITcbPolicy.TcbBelowMinimum.selector, 254));
        vm.prank(TIMELOCK);
        policy.setMinTcb(1, PRODUCT, "");
        policy.judge(s);
    }

    /// A component below its minimum refuses, whatever the others are.
    function testFuzz_minTcbComponents(uint8 which, uint8 have, uint8 want) external {
        uint256 i = which % 50;
        bytes memory minimum = new bytes(52);
        bytes memory r = raw(0xff);
        // 0..47 bytes; 48 and 49 the two numbers of two bytes, of which the upper one is moved here
        uint256 place = i < 48 ? i : i == 48 ? 48 : 50;
        minimum[place] = bytes1(want);
        if (i >= 48) minimum[place + 1] = 0x80;
        r[place] = bytes1(have);
        vm.prank(TIMELOCK);
        policy.setMinTcb(1, PRODUCT, minimum);
        ITcbPolicy.Subject memory s = subject();
        s.rawTcb = r;
        if (have < want) vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.TcbBelowMinimum.selector, uint8(i)));
        policy.judge(s);
    }

    /// SNP: 32 versions, then 24 bytes of which every bit of the minimum must be set.
    function testFuzz_minTcbComponentsOfSnp(uint8 which, uint8 have, uint8 want) external {
        policy.noteVerifier(address(this), 2, 3, false);
        policy.noteList(2, 1, uint32(NOW + 30 days));
        uint256 i = which % 56;
        bytes memory minimum = new bytes(56);
        minimum[i] = bytes1(want);
        ITcbPolicy.Subject memory s = subject();
        s.vendor = 2;
        s.rawTcb = new bytes(56);
        for (uint256 j = 0; j < 56; ++j) s.rawTcb[j] = 0xff;
        s.rawTcb[i] = bytes1(have);
        vm.startPrank(TIMELOCK);
        policy.setVendor(2, uint16(1 << 1), 0, 0);
        policy.setMinTcb(2, PRODUCT, minimum);
        vm.stopPrank();
        bool below = i < 32 ? have < want : have & want != want;
        if (below) vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.TcbBelowMinimum.selector, uint8(i)));
        policy.judge(s);
    }

    // ---- grace and veto

    function test_graceRange() external {
        vm.startPrank(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.PeriodOutOfRange.selector, 7 days - 1, 7 days, 60 days));
        policy.setGrace(7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.PeriodOutOfRange.selector, 60 days + 1, 7 days, 60 days));
        policy.setGrace(60 days + 1);
        policy.setGrace(7 days);
        policy.setGrace(60 days);
        vm.stopPrank();
        eq(policy.graceSeconds(), 60 days, "grace");
        try this.make(7 days, 7 days - 1, 2) {
            ok(false, "made");
        } catch (bytes memory cause) {
            eq(
                cause,
                abi.encodeWithSelector(ITcbPolicy.PeriodOutOfRange.selector, 7 days - 1, 7 days, 60 days),
                "cause"
            );
        }
    }

    function test_vetoOnceAndBounded() external {
        vm.startPrank(TIMELOCK);
        vm.expectPartialRevert(ITcbPolicy.PeriodOutOfRange.selector);
        policy.veto(1, 18, uint40(NOW - 1));
        vm.expectPartialRevert(ITcbPolicy.PeriodOutOfRange.selector);
        policy.veto(1, 18, uint40(NOW + 60 days + 1));
        policy.veto(1, 18, uint40(NOW + 60 days));
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.VetoedBefore.selector, 1, 18));
        policy.veto(1, 18, uint40(NOW + 1));
        vm.stopPrank();
        eq(policy.vetoedUntil(1, 18), NOW + 60 days, "until");
        eq(policy.vetoedUntil(2, 18), 0, "another vendor's");
        eq(policy.vetoedUntil(1, 19), 0, "another number");
    }

    /// TP3: only a list that is newer than the one which a serial was lifted from brings it back.
    function test_liftedSerials() external {
        bytes32 id = Objects.serialId(1, 1, 5);
        uint256[] memory list = new uint256[](1);
        list[0] = 5;
        policy.recordRevoked(1, 1, list, 100);
        vm.prank(TIMELOCK);
        policy.liftSerial(1, 1, 5);
        policy.recordRevoked(1, 1, list, 99);
        policy.recordRevoked(1, 1, list, 100);
        ok(!policy.isRevoked(Objects.SERIAL, id), "lifted");
        policy.recordRevoked(1, 1, list, 101);
        ok(policy.isRevoked(Objects.SERIAL, id), "a newer list");
    }

    function test_liftNeedsARevocation() external {
        bytes32 object = Objects.objectOf(Objects.SERIAL, Objects.serialId(1, 1, 5));
        vm.expectRevert(abi.encodeWithSelector(ITcbPolicy.NotRevoked.selector, object));
        vm.prank(TIMELOCK);
        policy.liftSerial(1, 1, 5);
    }

    /// What nodes read by proof: distinct values in every field, read raw.
    function test_words() external {
        vm.startPrank(TIMELOCK);
        policy.setVendor(1, 0x0622, 0x1122334455, 0x01020304);
        policy.setProduct(1, PRODUCT, true, 0x0044, 0x66778899aa);
        policy.revoke(Objects.PLATFORM, PLATFORM);
        policy.revoke(Objects.SERIAL, LEAF);
        vm.stopPrank();
        policy.noteList(1, 2, 0x71727374);
        ITcbPolicy.VendorPolicy memory v = policy.vendorPolicy(1);
        uint256 word = uint256(vm.load(address(policy), keccak256(abi.encode(uint256(1), slotOf("_vendors")))));
        eq(word & 0xffffffff, v.epoch, "epoch");
        eq((word >> 32) & 0xffffffff, 1, "authorityEpoch");
        eq((word >> 64) & 0xffff, 0x0622, "statuses");
        eq((word >> 80) & 0xffffffffff, 0x1122334455, "outOfDateUntil");
        eq((word >> 120) & 0xffffffff, 0x01020304, "minEvaluation");
        eq((word >> 152) & 0xff, 1, "standing");
        eq((word >> 160) & 0xff, 1, "platformsRevoked");
        eq((word >> 168) & 0xff, 1, "productsSet");
        eq((word >> 176) & 0xffffffff, NOW + 30 days, "list1Until");
        eq((word >> 208) & 0xffffffff, 0x71727374, "list2Until");
        eq((word >> 240) & 0xff, 3, "steadyVerifier");
        eq(word >> 248, 1, "serialsRevoked");
        word = uint256(
            vm.load(address(policy), keccak256(abi.encode(Objects.productId(1, PRODUCT), slotOf("_products"))))
        );
        eq(word & 0xffffffff, 1, "product's epoch");
        eq((word >> 32) & 0xff, 1, "product's standing");
        eq((word >> 48) & 0xffff, 0x0044, "product's statuses");
        eq((word >> 64) & 0xffffffffff, 0x66778899aa, "product's outOfDateUntil");
        bytes32 object = Objects.objectOf(Objects.PLATFORM, PLATFORM);
        word = uint256(vm.load(address(policy), keccak256(abi.encode(object, slotOf("_revoked")))));
        eq(word, 1 | NOW << 8, "mark");
    }

    function slotOf(string memory name) internal view returns (uint256) {
        string memory layout = vm.readFile("abi/layout.json");
        for (uint256 i = 0; i < 16; ++i) {
            string memory at_ = string.concat(".TcbPolicy.variables[", vm.toString(i), "]");
            if (!vm.keyExistsJson(layout, at_)) break;
            if (keccak256(bytes(vm.parseJsonString(layout, string.concat(at_, "[0]")))) == keccak256(bytes(name))) {
                return vm.parseJsonUint(layout, string.concat(at_, "[1]"));
            }
        }
        revert NotTrue("no such variable in abi/layout.json");
    }
}
