// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "../../src/base/Labels.sol";
import {AppId} from "../../src/base/Types.sol";
import {IApps} from "../../src/interfaces/IApps.sol";
import {Apps} from "../../src/registry/Apps.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Apps, a section per verb: refusals first; attack A76 by name
contract AppsTest is Test {
    uint40 private constant NOTICE = 7 days;
    bytes32 private constant M1 = bytes32(uint256(1));
    bytes32 private constant M2 = bytes32(uint256(2));
    bytes32 private constant SCOPE = keccak256("a scope");

    Apps private apps;
    AppId private app;
    IApps.Policy private none;

    function setUp() external {
        vm.warp(1_800_000_000);
        apps = new Apps(NOTICE);
        app = apps.register("salt", NOTICE, false, policyOf(one(M1, 0)));
    }

    function one(bytes32 m, uint40 activeFrom) private pure returns (IApps.Approval[] memory list) {
        list = new IApps.Approval[](1);
        list[0] = IApps.Approval(m, activeFrom, 0);
    }

    function two(uint40 from1, uint40 from2) private pure returns (IApps.Approval[] memory list) {
        list = new IApps.Approval[](2);
        list[0] = IApps.Approval(M1, from1, 0);
        list[1] = IApps.Approval(M2, from2, 0);
    }

    function policyOf(IApps.Approval[] memory approvals) private pure returns (IApps.Policy memory p) {
        p.vendorMask = 2;
        p.versionHi = 1;
        p.subjectQuota = 10;
        p.appQuota = 100;
        p.approvals = approvals;
        p.minTcbs = new IApps.MinTcb[](1);
        p.minTcbs[0] = IApps.MinTcb(1, "product", new bytes(52));
    }

    function hashOf(IApps.Policy memory p) private pure returns (bytes32) {
        return keccak256(abi.encode(Labels.POLICY, p));
    }

    function inForce() private view returns (IApps.Policy memory) {
        return policyOf(one(M1, apps.appOf(app).registeredAt));
    }

    function withBoth(uint40 from) private view returns (IApps.Policy memory) {
        return policyOf(two(apps.appOf(app).registeredAt, from));
    }

    // ---- register

    function test_registeredPolicyIsInForceAtOnce() external view {
        eq(apps.policyHash(app, 0), hashOf(inForce()), "with activeFrom set");
        bytes32 id = keccak256(abi.encode(Labels.APP, block.chainid, address(apps), address(this), bytes32("salt")));
        eq(AppId.unwrap(app), id, "app_id of SPEC 1");
    }

    function test_registerRefusals() external {
        vm.expectRevert(abi.encodeWithSelector(IApps.AppKnown.selector, app));
        apps.register("salt", NOTICE, false, policyOf(one(M1, 0)));
        vm.expectRevert(abi.encodeWithSelector(IApps.NoticeOutOfRange.selector, NOTICE - 1, NOTICE, 365 days));
        apps.register("x", NOTICE - 1, false, policyOf(one(M1, 0)));
        uint40 now_ = uint40(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IApps.ActiveFromInvalid.selector, M1, now_, 0));
        apps.register("x", NOTICE, false, policyOf(one(M1, now_)));
        IApps.Policy memory p = policyOf(two(0, 0));
        p.approvals[1].measurement = M1;
        vm.expectRevert(abi.encodeWithSelector(IApps.PolicyInvalid.selector, bytes32("approvals"), 1));
        apps.register("x", NOTICE, false, p);
        p = policyOf(one(M1, 0));
        p.versionLo = 2;
        vm.expectRevert(abi.encodeWithSelector(IApps.PolicyInvalid.selector, bytes32("version"), 2));
        apps.register("x", NOTICE, false, p);
        p = policyOf(one(M1, 0));
        p.minTcbs[0].rawTcb = new bytes(65);
        vm.expectRevert(abi.encodeWithSelector(IApps.PolicyInvalid.selector, bytes32("rawTcb"), 0));
        apps.register("x", NOTICE, false, p);
    }

    // ---- queue

    function test_A76_effectiveByItselfAtItsStoredTime() external {
        uint40 from = uint40(block.timestamp) + NOTICE;
        apps.queue(app, 0, inForce(), policyOf(two(apps.appOf(app).registeredAt, 0)));
        vm.warp(from - 1);
        eq(apps.policyHash(app, 0), hashOf(inForce()), "the old one to the last second");
        vm.warp(from);
        eq(apps.policyHash(app, 0), hashOf(withBoth(from)), "the new one, without any call");
    }

    function test_A76_aNewerChangeRestartsTheWait() external {
        apps.queue(app, 0, inForce(), policyOf(two(apps.appOf(app).registeredAt, 0)));
        vm.warp(block.timestamp + NOTICE - 1);
        IApps.Policy memory other = inForce();
        other.vendorMask = 0;
        apps.queue(app, 0, inForce(), other);
        vm.warp(block.timestamp + 1);
        eq(apps.policyHash(app, 0), hashOf(inForce()), "the first one is gone");
        vm.warp(block.timestamp + NOTICE - 1);
        eq(apps.policyHash(app, 0), hashOf(other), "narrowing waits too");
    }

    function test_A76_noneIsAppliedLate() external {
        uint40 registered = apps.appOf(app).registeredAt;
        uint40 from = uint40(block.timestamp) + NOTICE;
        apps.queue(app, 0, inForce(), policyOf(two(registered, 0)));
        vm.warp(from + 100 days);
        // what took effect long ago is the policy in force: the old one is not accepted as such
        IApps.Policy memory old = inForce();
        vm.expectRevert(abi.encodeWithSelector(IApps.PolicyMismatch.selector, hashOf(old), hashOf(withBoth(from))));
        apps.queue(app, 0, old, old);
        vm.expectRevert(abi.encodeWithSelector(IApps.NothingPending.selector, app, bytes32(0)));
        apps.cancel(app, 0);
    }

    function test_aScopeHasItsOwnPolicyAfterTheNotice() external {
        apps.queue(app, SCOPE, none, policyOf(one(M2, 0)));
        eq(apps.policyHash(app, SCOPE), 0, "none yet");
        uint40 from = uint40(block.timestamp) + NOTICE;
        vm.warp(from);
        eq(apps.policyHash(app, SCOPE), hashOf(policyOf(one(M2, from))), "its first policy waited");
    }

    function test_onlyTheOwner() external {
        vm.startPrank(address(7));
        bytes memory refusal = abi.encodeWithSelector(IApps.NotOwner.selector, app, address(7));
        IApps.Policy memory p = policyOf(one(M1, 0));
        vm.expectRevert(refusal);
        apps.queue(app, 0, p, p);
        vm.expectRevert(refusal);
        apps.queueEnd(app, address(0));
        vm.expectRevert(refusal);
        apps.cancel(app, 0);
        vm.expectRevert(refusal);
        apps.freeze(app, uint40(block.timestamp));
        vm.expectRevert(refusal);
        apps.revoke(app, M1, p, M2);
        vm.expectRevert(abi.encodeWithSelector(IApps.AppUnknown.selector, AppId.wrap(M1)));
        apps.freeze(AppId.wrap(M1), 0);
    }

    function test_cancelTakesAPendingChangeBack() external {
        apps.queue(app, 0, inForce(), policyOf(two(apps.appOf(app).registeredAt, 0)));
        apps.cancel(app, 0);
        vm.warp(block.timestamp + NOTICE);
        eq(apps.policyHash(app, 0), hashOf(inForce()), "nothing happened");
    }

    // ---- end

    function test_endIsForEver() external {
        apps.queueEnd(app, address(0));
        vm.warp(block.timestamp + NOTICE - 1);
        ok(!apps.isGone(app), "not yet");
        vm.warp(block.timestamp + 1);
        ok(apps.isGone(app), "gone");
        eq(apps.policyHash(app, 0), 0, "no policy");
        IApps.Policy memory p = inForce();
        vm.expectRevert(abi.encodeWithSelector(IApps.AppGone.selector, app));
        apps.queue(app, 0, p, p);
        vm.expectRevert(abi.encodeWithSelector(IApps.AppKnown.selector, app));
        apps.register("salt", NOTICE, false, policyOf(one(M1, 0)));
    }

    function test_moveNamesAnotherContract() external {
        vm.expectRevert(abi.encodeWithSelector(IApps.MoveTargetInvalid.selector, address(apps)));
        apps.queueEnd(app, address(apps));
        apps.queueEnd(app, address(0xA));
        eq(apps.slotOf(app, 0).kind, 3, "move");
        eq(apps.slotOf(app, 0).target, address(0xA), "target");
    }

    // ---- freeze

    function test_freezeAtMost72HoursIn30Days() external {
        uint40 begun = uint40(block.timestamp);
        uint256 most = begun + 72 hours - 1;
        vm.expectRevert(abi.encodeWithSelector(IApps.FreezeTooLong.selector, most + 1, most));
        apps.freeze(app, uint40(most + 1));
        apps.freeze(app, begun + 1 hours);
        vm.warp(begun + 71 hours);
        apps.freeze(app, uint40(most));
        vm.warp(begun + 30 days - 1);
        uint40 now_ = uint40(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IApps.FreezeTooLong.selector, now_, most));
        apps.freeze(app, now_);
        vm.warp(begun + 30 days);
        apps.freeze(app, uint40(block.timestamp));
        apps.freeze(app, 0);
        eq(apps.appOf(app).frozenUntil, 0, "ended early");
    }

    // ---- revoke

    function bothInForce() private returns (IApps.Policy memory p, uint40 from) {
        from = uint40(block.timestamp) + NOTICE;
        apps.queue(app, 0, inForce(), policyOf(two(apps.appOf(app).registeredAt, 0)));
        vm.warp(from);
        p = withBoth(from);
    }

    function test_revokeWhileAnotherHasBeenActiveForTheNotice() external {
        (IApps.Policy memory p, uint40 from) = bothInForce();
        // M2 is too young to be the other one
        vm.expectRevert(abi.encodeWithSelector(IApps.NoOtherMeasurement.selector, M2, from, from + NOTICE));
        apps.revoke(app, M1, p, M2);
        apps.revoke(app, M2, p, M1);
        eq(apps.revokedAt(app, M2), block.timestamp, "at once");
        vm.expectRevert(abi.encodeWithSelector(IApps.MeasurementNotActive.selector, M2));
        apps.revoke(app, M1, p, M2);
        vm.expectRevert(abi.encodeWithSelector(IApps.MeasurementRevoked.selector, M2));
        apps.revoke(app, M2, p, M1);
        // nor does it come back
        vm.expectRevert(abi.encodeWithSelector(IApps.MeasurementRevoked.selector, M2));
        apps.queue(app, 0, p, p);
    }

    function test_revokeOfTheOnlyOneWaits() external {
        IApps.Policy memory p = inForce();
        vm.warp(block.timestamp + NOTICE);
        uint256 needed = uint256(p.approvals[0].activeFrom) + NOTICE;
        vm.expectRevert(
            abi.encodeWithSelector(IApps.NoOtherMeasurement.selector, M1, p.approvals[0].activeFrom, needed)
        );
        apps.revoke(app, M1, p, M1);
    }

    function test_revokeWaitsFlagIsImmutable() external {
        AppId other = apps.register("waits", NOTICE, true, policyOf(two(0, 0)));
        uint40 from = uint40(block.timestamp);
        vm.warp(block.timestamp + NOTICE);
        vm.expectRevert(abi.encodeWithSelector(IApps.RevokeWaits.selector, other));
        apps.revoke(other, M1, policyOf(two(from, from)), M2);
    }

    /// An approval with a sunset before a new policy begins is new in it, and so cannot be "the other one".
    function test_sunsetBreaksContinuity() external {
        uint40 registered = uint40(block.timestamp);
        IApps.Policy memory p = policyOf(one(M1, 0));
        p.approvals[0].sunset = registered + 1 days;
        AppId other = apps.register("sunset", NOTICE, false, p);
        p.approvals[0].activeFrom = registered;
        IApps.Policy memory again = policyOf(one(M1, registered));
        vm.expectRevert(abi.encodeWithSelector(IApps.ActiveFromInvalid.selector, M1, registered, 0));
        apps.queue(other, 0, p, again);
        apps.queue(other, 0, p, policyOf(one(M1, 0)));
    }

    function testFuzz_noPolicyTakesEffectBeforeTheNotice(uint40 notice, uint40 at) external {
        notice = uint40(bound(notice, NOTICE, 365 days));
        AppId other = apps.register("fuzz", notice, false, policyOf(one(M1, 0)));
        IApps.Policy memory p = policyOf(one(M1, uint40(block.timestamp)));
        bytes32 before = apps.policyHash(other, 0);
        IApps.Policy memory wide = policyOf(one(M1, uint40(block.timestamp)));
        wide.vendorMask = type(uint16).max;
        apps.queue(other, 0, p, wide);
        at = uint40(bound(at, 0, notice - 1));
        vm.warp(block.timestamp + at);
        eq(apps.policyHash(other, 0), before, "AP1");
    }

    function test_constructorWantsANotice() external {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IApps.NoticeOutOfRange.selector, 1, 7 days, 365 days));
        new Apps(1);
    }
}
