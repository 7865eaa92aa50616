// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {IEpochs} from "../../src/interfaces/IEpochs.sol";
import {ISeating} from "../../src/interfaces/ISeating.sol";
import {NetWorld} from "../kit/NetWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  A vendor lost, frozen, absent, late: attacks A60 and A66 of crypto.md 6
contract EpochsDegradedTest is NetWorld {
    function setUp() external {
        deployNet();
    }

    function test_A60_revokedVendorShrinksTheCommitteeOnce() external {
        genesis(6);
        tcb.revoke(Objects.VENDOR, Objects.vendorId(NITRO));
        attestations.stop(NITRO, true);
        mine(COOLDOWN);
        epochs.announce();
        uint32[] memory ids;
        (ids,) = epochs.members(1);
        for (uint256 i; i < 6; ++i) {
            if (registry.nodeOf(ids[i]).vendor != NITRO) enrol(ids[i]);
        }
        openAfterWindow();
        IEpochs.Attempt memory a = epochs.attempt();
        eq(a.n, 4, "n' = 6 - 2");
        eq(a.t, 3, "T' = 3");
        eq(a.flags & 2, 2, "DEGRADED");
        // dealers are all old members, whatever became of them
        (uint256 all,) = epochs.dealers();
        eq(all, 63, "a revoked member may still deal");
        allCommit();
        mine(1);
        bytes memory p = preimage();
        allVote(sha256(p));
        epochs.activate(p);
        eq(epochs.now_().degraded, 1, "shown");
        eq(epochs.now_().fullN, 6, "remembers its size");
        eq(epochs.pkOf(0), PK, "same PK");
    }

    function test_A60_councilFreezeAloneShrinksNothing() external {
        genesis(6);
        freezeBy2(Objects.VENDOR, Objects.vendorId(NITRO), 5 days);
        attestations.stop(NITRO, true);
        mine(COOLDOWN);
        epochs.announce();
        for (uint32 id = 1; id <= 6; ++id) enrol(id);
        mine(WINDOW + 1);
        // four of six are left: below a = 5, and nobody is lost or absent
        vm.expectRevert(abi.encodeWithSelector(ISeating.CommitteeNotFilled.selector, 6, 4, 5));
        epochs.open();
    }

    function test_A66_absentVendorNeedsTwoWindowsFarApart() external {
        genesis(6);
        attestations.stop(SNP, true);
        uint32[] memory ids;
        (ids,) = epochs.members(1);
        passEpoch();
        for (uint256 round; round < 3; ++round) {
            epochs.announce();
            for (uint256 i; i < 6; ++i) {
                if (registry.nodeOf(ids[i]).vendor != SNP) enrol(ids[i]);
            }
            mine(WINDOW + 1);
            if (round < 2) {
                vm.expectRevert(abi.encodeWithSelector(ISeating.CommitteeNotFilled.selector, 6, 4, 5));
                epochs.open();
                mine(PHASE);
                // the second window ends too early, the third late enough
                mine(round == 0 ? ABSENCE / 2 : ABSENCE);
            }
        }
        epochs.open();
        eq(epochs.attempt().n, 4, "DEGRADED in the third window");
    }

    /// A full committee is due as long as there is none, and the first one ends it: n, T and PK as before.
    function test_A60_endsWithTheFirstFullCommittee() external {
        genesis(6);
        attestations.stop(SNP, true);
        (uint32[] memory ids,) = epochs.members(1);
        passEpoch();
        for (uint256 round; round < 2; ++round) {
            epochs.announce();
            for (uint256 i; i < 6; ++i) {
                if (registry.nodeOf(ids[i]).vendor != SNP) enrol(ids[i]);
            }
            mine(WINDOW + 1 + (round == 0 ? PHASE + ABSENCE : 0));
        }
        epochs.open();
        activateFast();
        eq(epochs.now_().n, 4, "DEGRADED");
        eq(epochs.now_().degraded, 1, "shown");
        // the vendor is back, long before the next committee would be due
        attestations.stop(SNP, false);
        mine(COOLDOWN);
        announceAnd(1, 6);
        openAfterWindow();
        eq(epochs.attempt().n, 6, "n as before");
        eq(epochs.attempt().t, 4, "T as before");
        eq(epochs.attempt().flags & 2, 0, "not DEGRADED");
        activateFast();
        eq(epochs.now_().degraded, 0, "over");
        eq(epochs.pkOf(0), PK, "same PK");
    }

    function test_A66_vendorThatEnrolsIsNeverAbsent() external {
        genesis(6);
        uint32[] memory ids;
        (ids,) = epochs.members(1);
        passEpoch();
        for (uint256 round; round < 3; ++round) {
            epochs.announce();
            for (uint256 i; i < 6; ++i) {
                // one late member of two: half of the seats enrolled
                if (ids[i] != 2) enrol(ids[i]);
            }
            mine(WINDOW + 1 + PHASE);
            mine(ABSENCE);
        }
        (uint256 since, uint256 absent) = seating.windowResult();
        eq(since, 0, "never missing");
        eq(absent, 0, "never absent");
    }
}
