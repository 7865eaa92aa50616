// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {IMeasurements} from "../../src/interfaces/IMeasurements.sol";
import {IRevocable} from "../../src/interfaces/IRevocable.sol";
import {FreeCouncil} from "../kit/Council.sol";
import {Deploys} from "../kit/Deploys.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

contract MeasurementsTest is Test {
    address internal constant TIMELOCK = address(0x71);
    address internal constant RATIFIER = address(0x72);
    uint256 internal constant NOW = 1_790_000_000;

    IMeasurements internal m;
    FreeCouncil internal council;

    function setUp() external {
        vm.warp(NOW);
        council = new FreeCouncil();
        m = IMeasurements(
            Deploys.create(
                "Measurements.sol:Measurements", abi.encode(address(this), TIMELOCK, RATIFIER, address(council))
            )
        );
    }

    function entry(bytes32 digest) internal pure returns (IMeasurements.Entry memory) {
        return IMeasurements.Entry(digest, 1, keccak256("source"), keccak256("build"));
    }

    function sealOne() internal {
        IMeasurements.Entry[] memory list = new IMeasurements.Entry[](1);
        list[0] = entry("genesis");
        m.seal(list);
    }

    function is_(bytes32 digest, IMeasurements.Standing want) internal view {
        eq(uint256(m.standing(digest)), uint256(want), "standing");
    }

    function test_sealOnceByTheDeployer() external {
        IMeasurements.Entry[] memory list = new IMeasurements.Entry[](0);
        vm.expectRevert(IMeasurements.NothingToSeal.selector);
        m.seal(list);
        list = new IMeasurements.Entry[](2);
        (list[0], list[1]) = (entry("a"), entry("b"));
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.NotDeployer.selector, TIMELOCK));
        vm.prank(TIMELOCK);
        m.seal(list);
        vm.expectRevert(IMeasurements.NotSealed.selector);
        vm.prank(TIMELOCK);
        m.add(entry("c"), uint40(NOW));
        m.seal(list);
        eq(m.sealedAt(), NOW, "sealedAt");
        eq(m.count(), 2, "count");
        is_("a", IMeasurements.Standing.Active);
        is_("b", IMeasurements.Standing.Active);
        eq(m.measurementAt(2), bytes32("b"), "by index");
        eq(m.buildOf("a"), keccak256(abi.encode(keccak256("source"), keccak256("build"))), "build");
        vm.expectRevert(IMeasurements.SealedAlready.selector);
        m.seal(list);
    }

    function test_sealRefusesTwiceTheSame() external {
        IMeasurements.Entry[] memory list = new IMeasurements.Entry[](2);
        (list[0], list[1]) = (entry("a"), entry("a"));
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.MeasurementKnown.selector, bytes32("a")));
        m.seal(list);
    }

    function test_incompleteEntries() external {
        sealOne();
        IMeasurements.Entry[4] memory bad = [entry(0), entry("x"), entry("x"), entry("x")];
        bad[1].vendor = 0;
        bad[2].sourceDigest = 0;
        bad[3].buildDigest = 0;
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMeasurements.EntryIncomplete.selector, bad[i].measurement));
            vm.prank(TIMELOCK);
            m.add(bad[i], uint40(NOW));
        }
    }

    function test_lifeOfAMeasurement() external {
        sealOne();
        is_("next", IMeasurements.Standing.Absent);
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.NotTimelock.selector, address(this)));
        m.add(entry("next"), uint40(NOW + 100));
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.TimeOutOfOrder.selector, NOW - 1, NOW));
        vm.prank(TIMELOCK);
        m.add(entry("next"), uint40(NOW - 1));
        vm.prank(TIMELOCK);
        m.add(entry("next"), uint40(NOW + 100));
        vm.warp(NOW + 99);
        is_("next", IMeasurements.Standing.Pending);
        ok(!m.isActive("next") && !m.isRenewable("next"), "pending counts for nothing");
        vm.warp(NOW + 100);
        is_("next", IMeasurements.Standing.Active);
        vm.prank(TIMELOCK);
        m.sunset("genesis", uint40(NOW + 200));
        vm.warp(NOW + 199);
        is_("genesis", IMeasurements.Standing.Active);
        vm.warp(NOW + 200);
        is_("genesis", IMeasurements.Standing.Gone);
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.MeasurementKnown.selector, bytes32("genesis")));
        vm.prank(TIMELOCK);
        m.add(entry("genesis"), uint40(NOW + 300));
    }

    function test_sunsetOnlyComesNearer() external {
        sealOne();
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.NotTimelock.selector, address(this)));
        m.sunset("genesis", uint40(NOW + 1));
        vm.startPrank(TIMELOCK);
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.MeasurementUnknown.selector, bytes32("none")));
        m.sunset("none", uint40(NOW + 1));
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.TimeOutOfOrder.selector, NOW - 1, NOW));
        m.sunset("genesis", uint40(NOW - 1));
        m.sunset("genesis", uint40(NOW + 100));
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.SunsetSet.selector, bytes32("genesis"), NOW + 100));
        m.sunset("genesis", uint40(NOW + 100));
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.SunsetSet.selector, bytes32("genesis"), NOW + 100));
        m.sunset("genesis", uint40(NOW + 101));
        m.sunset("genesis", uint40(NOW + 50));
        vm.stopPrank();
        (,,,, uint40 at_) = m.entryOf("genesis");
        eq(at_, NOW + 50, "nearer");
    }

    function test_freezeAndItsEnd() external {
        sealOne();
        council.set(Objects.objectOf(Objects.MEASUREMENT, "genesis"), uint40(NOW + 10));
        is_("genesis", IMeasurements.Standing.Frozen);
        ok(!m.isActive("genesis"), "not active");
        ok(m.isRenewable("genesis"), "nodes renew under a freeze");
        vm.warp(NOW + 11);
        is_("genesis", IMeasurements.Standing.Active);
    }

    function test_revoke() external {
        sealOne();
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotTimelockOrRatifier.selector, address(this)));
        m.revoke(Objects.MEASUREMENT, "genesis");
        vm.startPrank(RATIFIER);
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotRevocableHere.selector, Objects.VENDOR));
        m.revoke(Objects.VENDOR, "genesis");
        m.revoke(Objects.MEASUREMENT, "genesis");
        m.revoke(Objects.MEASUREMENT, "genesis");
        m.revoke(Objects.MEASUREMENT, "unheard of");
        vm.stopPrank();
        is_("genesis", IMeasurements.Standing.Revoked);
        is_("unheard of", IMeasurements.Standing.Revoked);
        ok(m.isRevoked(Objects.MEASUREMENT, "genesis"), "revoked");
        vm.expectRevert(abi.encodeWithSelector(IMeasurements.MeasurementKnown.selector, bytes32("unheard of")));
        vm.prank(TIMELOCK);
        m.add(entry("unheard of"), uint40(NOW));
        vm.expectRevert(abi.encodeWithSelector(IRevocable.NotRevocableHere.selector, Objects.VENDOR));
        m.isRevoked(Objects.VENDOR, "genesis");
    }
}
