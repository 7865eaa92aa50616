// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {ITdxVerifier} from "../../src/interfaces/ITdxVerifier.sol";
import {SimIntel} from "../kit/SimIntel.sol";
import {SimWorld} from "../kit/SimWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Which set is in force: grace, vetoes before and after it (IntelSets)
contract TdxVerifierSetsTest is SimWorld {
    SimIntel.Td internal good;

    function setUp() external {
        setUpSim();
        good = SimIntel.td(0, 0);
    }

    // ---- early sets

    function test_higherNumberWaitsItsGrace() external {
        SimIntel.TcbInfo memory t = tcbInfo(18, NOW);
        t.levels[0].pcesvn = 12;
        bytes memory table17 = tcbTable;
        postTcb(t);
        bytes memory table18 = tcbTable;
        eq(number(), 17, "17 is in force");
        (uint256 waiting, uint256 effectAt) = verifier.pending(product, 0);
        eq(waiting, 18, "18 waits");
        eq(effectAt, NOW + GRACE, "until its grace is over");
        tcbTable = table17;
        eq(verifier.verify(SimIntel.evidence(good), hints()).status, 1, "good under 17");

        // a later number waits from its own posting; a re-issue keeps the time
        vm.warp(NOW + 1 days);
        postTcb(tcbInfo(19, NOW));
        t.issueDate = NOW + 1 hours;
        postTcb(t);
        (, effectAt) = verifier.pending(product, 0);
        eq(effectAt, NOW + GRACE, "18 keeps its time");
        (waiting, effectAt) = verifier.pending(product, 1);
        eq(waiting, 19, "19 waits too");
        eq(effectAt, NOW + 1 days + GRACE, "from its own posting");

        vm.warp(NOW + GRACE - 1);
        tcbTable = table17;
        verifier.verify(SimIntel.evidence(good), hints());
        vm.warp(NOW + GRACE);
        uint32 epoch = policy.collateralEpoch(1, product);
        bytes memory e = SimIntel.evidence(good);
        bytes memory h = hints();
        vm.expectRevert(abi.encodeWithSelector(ITdxVerifier.TableMismatch.selector, product));
        verifier.verify(e, h);
        tcbTable = table18;
        eq(verifier.verify(SimIntel.evidence(good), hints()).status, 5, "out of date under 18");
        eq(number(), 18, "18 is in force");
        eq(policy.collateralEpoch(1, product), epoch + 1, "the epoch advanced");
        refuseTcb(tcbInfo(17, NOW + 2 days), abi.encodeWithSelector(ITdxVerifier.EvaluationSuperseded.selector, 17, 18));
    }

    /// Grace runs from the first posting of that or any higher number.
    function test_lowerNumberPostedLaterWaitsNoLonger() external {
        postTcb(tcbInfo(20, NOW));
        vm.warp(NOW + 5 days);
        postTcb(tcbInfo(19, NOW));
        (uint256 n, uint256 effectAt) = verifier.pending(product, 0);
        eq(n, 19, "in order");
        eq(effectAt, NOW + GRACE, "as 20");
        vm.warp(NOW + GRACE);
        verifier.settle(product);
        eq(number(), 20, "the highest ripe one");
        (n,) = verifier.pending(product, 0);
        eq(n, 0, "nothing waits");
    }

    function test_pendingRefusesOlderReissue() external {
        postTcb(tcbInfo(18, NOW));
        refuseTcb(tcbInfo(18, NOW - 1), abi.encodeWithSelector(ITdxVerifier.CollateralNotNewer.selector, NOW - 1, NOW));
    }

    function test_threeWaitTheLowestGivesWay() external {
        for (uint256 n = 18; n <= 20; ++n) postTcb(tcbInfo(n, NOW));
        vm.warp(NOW + 1);
        postTcb(tcbInfo(22, NOW));
        (uint256 first,) = verifier.pending(product, 0);
        (uint256 last,) = verifier.pending(product, 2);
        eq(first, 19, "18 gave way");
        eq(last, 22, "22 waits");
        refuseTcb(tcbInfo(18, NOW), abi.encodeWithSignature("TooManyPending(uint256)", 18));
    }

    function test_veto() external {
        postTcb(tcbInfo(18, NOW));
        vm.prank(TIMELOCK);
        policy.veto(1, 18, uint40(NOW + 40 days));
        vm.warp(NOW + GRACE);
        verifier.settle(product);
        eq(number(), 17, "vetoed");
        (,,, uint256 ripe,) = verifier.active(product);
        eq(ripe, NOW + 40 days + 1, "looked at again after the veto");
        // a higher one is not vetoed
        postTcb(tcbInfo(19, NOW + 10 days));
        vm.warp(NOW + 2 * GRACE);
        verifier.settle(product);
        eq(number(), 19, "the higher number took effect");
    }

    /// Nothing in force yet: a vetoed number waits for the veto's end, another one does not.
    function test_vetoedNumberIsNotTheFirst() external {
        vm.prank(TIMELOCK);
        policy.veto(1, 20, uint40(NOW + 10 days));
        SimIntel.TcbInfo memory t = tcbInfo(20, NOW);
        t.fmspc = 0x111111111111;
        bytes32 other = bytes32(bytes8(0x1111111111110000));
        postTcb(t);
        (uint256 n,,,,) = verifier.active(other);
        eq(n, 0, "vetoed");
        t.number = 19;
        postTcb(t);
        (n,,,,) = verifier.active(other);
        eq(n, 19, "the first that is not");
        vm.warp(NOW + 10 days + 1);
        verifier.settle(other);
        (n,,,,) = verifier.active(other);
        eq(n, 20, "after the veto");
    }

    function test_vetoEndsByItself() external {
        postTcb(tcbInfo(18, NOW));
        vm.prank(TIMELOCK);
        policy.veto(1, 18, uint40(NOW + 40 days));
        vm.warp(NOW + 20 days);
        postTcb(tcbInfo(18, NOW + 20 days));
        vm.warp(NOW + 40 days);
        verifier.settle(product);
        eq(number(), 17, "vetoed in its last second");
        vm.warp(NOW + 40 days + 1);
        verifier.settle(product);
        eq(number(), 18, "in force");
    }

    /// A copy that ran out while it waited does not take the place of a set that is in date.
    function test_copyThatRanOutWaitsOn() external {
        postTcb(tcbInfo(18, NOW));
        veto(18, NOW + 40 days);
        vm.warp(NOW + 20 days);
        postTcb(tcbInfo(17, NOW + 20 days));
        vm.warp(NOW + 40 days + 1);
        verifier.settle(product);
        eq(number(), 17, "18 has run out");
        postTcb(tcbInfo(18, NOW + 40 days));
        verifier.settle(product);
        eq(number(), 18, "posted anew");
    }

    // ---- a veto of what is in force

    function veto(uint32 n, uint256 until) private {
        vm.prank(TIMELOCK);
        policy.veto(1, n, uint40(until));
    }

    /// 18 in force after its grace, 17 before it; returns the digests of both.
    function supersede() private returns (bytes32 before, bytes32 after_) {
        before = verifier.inForce(product);
        postTcb(tcbInfo(18, NOW));
        vm.warp(NOW + GRACE);
        verifier.settle(product);
        eq(number(), 18, "in force");
        verifier.settle(product);
        eq(number(), 18, "and stays");
        after_ = verifier.inForce(product);
    }

    function test_lateVetoBringsTheSetBefore() external {
        (bytes32 before, bytes32 vetoed) = supersede();
        uint256 until = NOW + GRACE + 10 days;
        veto(18, until);
        eq(number(), 18, "until somebody settles");
        verifier.settle(product);
        eq(number(), 17, "the one before");
        eq(verifier.inForce(product), before, "its bytes");
        (uint256 n, uint256 effectAt) = verifier.pending(product, 0);
        eq(n, 18, "the vetoed one waits");
        eq(effectAt, until + 1, "for the end of its veto");
        (,,, uint256 ripe,) = verifier.active(product);
        eq(ripe, until + 1, "looked at again then");
        vm.warp(until);
        verifier.settle(product);
        eq(number(), 17, "in the veto's last second");
        vm.warp(until + 1);
        verifier.settle(product);
        eq(number(), 18, "the veto ended");
        eq(verifier.inForce(product), vetoed, "as it was");
        // a set is vetoed once: 17 can be no more than what stood before
        refuseTcb(
            tcbInfo(17, NOW + 1), abi.encodeWithSelector(ITdxVerifier.EvaluationSuperseded.selector, 17, 18)
        );
    }

    function test_lateVetoWithoutASetBefore() external {
        veto(17, NOW + 10 days);
        verifier.settle(product);
        eq(number(), 17, "there is no other");
    }

    function test_lateVetoWhenTheSetBeforeRanOut() external {
        supersede();
        vm.warp(NOW + 31 days);
        postTcb(tcbInfo(18, NOW + 31 days));
        veto(18, NOW + 50 days);
        verifier.settle(product);
        eq(number(), 18, "17 has run out");
        // another one than that before is not taken, and an older one neither
        refuseTcb(
            tcbInfo(16, NOW + 31 days), abi.encodeWithSelector(ITdxVerifier.EvaluationSuperseded.selector, 16, 18)
        );
        postTcb(tcbInfo(17, NOW + 30 days));
        eq(number(), 17, "posted anew it returns at once");
        vm.warp(NOW + 50 days + 1);
        verifier.settle(product);
        eq(number(), 18, "the veto ended");
    }

    function test_lateVetoRefusesAnOlderReissueOfTheSetBefore() external {
        postTcb(tcbInfo(17, NOW));
        supersede();
        veto(18, NOW + GRACE + 1 days);
        refuseTcb(
            tcbInfo(17, NOW - 1), abi.encodeWithSelector(ITdxVerifier.CollateralNotNewer.selector, NOW - 1, NOW)
        );
    }

    /// Signed under authorities that are to be posted anew: with 17 no machine would be verified at all.
    function test_lateVetoWhenAnAuthorityWasRevokedSince() external {
        supersede();
        vm.prank(TIMELOCK);
        policy.revoke(Objects.SERIAL, keccak256("some certificate"));
        veto(18, NOW + GRACE + 1 days);
        verifier.settle(product);
        eq(number(), 18, "17 is stale");
    }

    function test_lateVetoBelowTheMinimum() external {
        supersede();
        vm.prank(TIMELOCK);
        policy.setVendor(1, 2, 0, 18);
        veto(18, NOW + GRACE + 1 days);
        verifier.settle(product);
        eq(number(), 18, "17 could not be posted any more");
    }

    function test_lateVetoOfBoth() external {
        supersede();
        veto(17, NOW + GRACE + 2 days);
        veto(18, NOW + GRACE + 1 days);
        verifier.settle(product);
        eq(number(), 18, "17 is vetoed too");
    }

    /// What waits already, and is not vetoed, goes on as it would.
    function test_lateVetoAndAHigherNumber() external {
        supersede();
        postTcb(tcbInfo(19, NOW + GRACE));
        veto(18, NOW + GRACE + 40 days);
        verifier.settle(product);
        eq(number(), 17, "the one before");
        (uint256 first,) = verifier.pending(product, 0);
        (uint256 second, uint256 effectAt) = verifier.pending(product, 1);
        eq(first, 18, "in order");
        eq(second, 19, "in order");
        eq(effectAt, NOW + 2 * GRACE, "its grace is what it was");
        vm.warp(NOW + 2 * GRACE);
        verifier.settle(product);
        eq(number(), 19, "in force");
        (first,) = verifier.pending(product, 0);
        eq(first, 0, "18 is past");
        // and 19 vetoed in its turn brings 17, not 18
        veto(19, NOW + 2 * GRACE + 1 days);
        verifier.settle(product);
        eq(number(), 17, "the one before");
    }

    function test_lateVetoWithThreeWaiting() external {
        supersede();
        for (uint256 n = 19; n <= 21; ++n) postTcb(tcbInfo(n, NOW + GRACE));
        veto(18, NOW + GRACE + 1 days);
        verifier.settle(product);
        eq(number(), 17, "the one before");
        (uint256 first,) = verifier.pending(product, 0);
        eq(first, 19, "the vetoed one is forgotten");
    }

    // ---- any order

    /// What order of posts and days ever: the number never falls, and none is early.
    function testFuzz_numbersNeverFall(uint256 seed) external {
        uint256[64] memory firstSeen;
        uint256 present = NOW;
        uint256 before = number();
        for (uint256 i = 0; i < 12; ++i) {
            uint256 n = 17 + (seed >> (i * 8)) % 8;
            present += 1 + ((seed >> (i * 8 + 4)) % 16) * 1 days / 2;
            vm.warp(present);
            bytes memory json = SimIntel.tcbInfo(tcbInfo(n, present - 1));
            (uint256 r, uint256 s) = SimIntel.sign(json);
            (bool done,) = address(verifier).call(abi.encodeCall(verifier.addCollateral, (1, json, r, s, tcbSigner)));
            if (done) {
                for (uint256 k = 0; k <= n; ++k) {
                    if (firstSeen[k] == 0) firstSeen[k] = present;
                }
            }
            uint256 now_ = number();
            ok(now_ >= before, "the number never falls");
            if (now_ != before) ok(present >= firstSeen[now_] + GRACE, "no number is early");
            before = now_;
        }
    }
}
