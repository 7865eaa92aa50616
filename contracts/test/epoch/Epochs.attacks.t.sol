// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../../src/base/Objects.sol";
import {Claims} from "../../src/base/Types.sol";
import {ICounting} from "../../src/interfaces/ICounting.sol";
import {IEpochs} from "../../src/interfaces/IEpochs.sol";
import {INodeRegistry} from "../../src/interfaces/INodeRegistry.sol";
import {ISeating} from "../../src/interfaces/ISeating.sol";
import {NetWorld} from "../kit/NetWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Attacks of crypto.md 6 that the contracts must stop, by number
contract EpochsAttacksTest is NetWorld {
    bytes32 private constant LIE = keccak256("a made-up transcript");

    function setUp() external {
        deployNet();
    }

    function strikesOf(uint32 id) private view returns (uint8) {
        return registry.nodeOf(id).strikes;
    }

    function secondOpen() private {
        genesis(6);
        passEpoch();
        announceAnd(1, 6);
        openAfterWindow();
    }

    function reattest(uint32 id) private {
        uint8 vendor = registry.nodeOf(id).vendor;
        bytes32 platform = registry.nodeOf(id).platform;
        freshKey(id);
        Claims memory c = attest(id, vendor, platform);
        INodeRegistry.Keys memory keys = keysOf(id);
        vm.prank(ownerOf(id));
        registry.reattest(id, keys, VERIFIER, c);
    }

    // ---- A47 quotas

    function test_A47_candidateAboveACapIsPassedOver() external {
        // four of one vendor with the largest bonds: two seats are all it gets
        for (uint32 i; i < 4; ++i) joinNode(TDX, bytes32(uint256(1)), bytes32(uint256(500 + i)), 50 ether);
        joinEvenly(6);
        announceAnd(1, 10);
        openAfterWindow();
        uint32[] memory ids = memberIds();
        uint256 tdx;
        for (uint256 i; i < 6; ++i) {
            if (registry.nodeOf(ids[i]).vendor == TDX) ++tdx;
        }
        eq(tdx, 2, "min(T-1, n-T)");
    }

    function test_A47_oneOperatorHasOneSeat() external {
        for (uint32 i; i < 6; ++i) joinNode(uint8(1 + i % 3), bytes32(uint256(1 + i % 3)), "same", BOND);
        announceAnd(1, 6);
        mine(WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(ISeating.CommitteeNotFilled.selector, 6, 1, 6));
        epochs.open();
    }

    // ---- A58 silent receivers at genesis

    function test_A58_silentWithinBoundDoNotStopGenesis() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        passVotes();
        bytes memory p = preimage();
        for (uint32 id = 1; id <= 5; ++id) ready(id, sha256(p));
        epochs.activate(p);
        eq(epochs.now_().epoch, 1, "a = 5 suffice");
    }

    function test_A58_moreSilentAreReplacedInTheNextAttempt() external {
        joinEvenly(9);
        announceAnd(1, 9);
        openAfterWindow();
        uint32[] memory before = memberIds();
        allCommit();
        passVotes();
        for (uint256 i; i < 4; ++i) ready(before[i], LIE);
        (,,, uint256 b3) = epochs.phases();
        mine(b3 + 1 - block.number);
        epochs.fail();
        eq(strikesOf(before[4]), 1, "silent: struck");
        eq(strikesOf(before[5]), 1, "silent: struck");
        eq(strikesOf(before[0]), 0, "T equal READYs: not struck");
        announceAnd(1, 9);
        openAfterWindow();
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 6; ++i) {
            ok(ids[i] != before[4] && ids[i] != before[5], "their seats went to candidates");
        }
        (, , uint256 b2c,) = epochs.phases();
        eq(b2c, block.number + 3 * uint256(PHASE), "phases begin anew");
    }

    // ---- A63 slashing

    function test_A63_blameSlashesAfterTheDelay() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        passVotes();
        bytes memory p = preimageOf(1 << 2, 0);
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 5; ++i) ready(ids[i], sha256(p));
        epochs.activate(p);
        uint96 bond = registry.nodeOf(ids[2]).bond;
        (uint40 from,) = epochs.slashOf(1);
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SlashDelayed.selector, 1, from));
        epochs.slash(1);
        vm.warp(from);
        epochs.slash(1);
        eq(registry.nodeOf(ids[2]).bond, bond / 2, "half is burnt");
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToSlash.selector, 1));
        epochs.slash(1);
    }

    function test_A63_councilCancelsASlash() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        passVotes();
        bytes memory p = preimageOf(1, 0);
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 5; ++i) ready(ids[i], sha256(p));
        epochs.activate(p);
        for (uint256 i; i < 2; ++i) {
            vm.prank(guardian(i));
            council.cancelSlash(1);
        }
        mine(SLASH_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToSlash.selector, 1));
        epochs.slash(1);
    }

    function test_A63_fewerThanAEqualSlashNobody() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        passVotes();
        bytes memory p = preimageOf(1, 0);
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 4; ++i) ready(ids[i], sha256(p));
        vm.expectRevert(abi.encodeWithSelector(ICounting.TooFewEqual.selector, sha256(p), 4, 5));
        epochs.activate(p);
    }

    function test_A63_leaverIsNotGoneBeforeItsSlash() external {
        genesis(6);
        (uint32[] memory ids,) = epochs.members(1);
        vm.prank(ownerOf(ids[0]));
        registry.leave(ids[0]);
        mine(BOND_LOCK);
        epochs.announce();
        for (uint256 i = 1; i < 6; ++i) enrol(ids[i]);
        openAfterWindow();
        allCommit();
        passVotes();
        bytes memory p = preimageOf(1, 0);
        for (uint256 i = 1; i < 6; ++i) ready(ids[i], sha256(p));
        epochs.activate(p);
        // its lock is over and its seat is gone, but the transcript blames what it dealt
        uint256 until = epochs.lockedUntil(ids[0]);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BondLocked.selector, ids[0], until));
        vm.prank(ownerOf(ids[0]));
        registry.withdraw(ids[0]);
        (uint40 from,) = epochs.slashOf(2);
        vm.warp(from);
        epochs.slash(2);
        eq(registry.nodeOf(ids[0]).bond, (BOND + uint256(ids[0]) * 1e15) / 2, "slashed");
        vm.warp(until);
        vm.prank(ownerOf(ids[0]));
        registry.withdraw(ids[0]);
    }

    // ---- A17, A70 what a transcript may say

    function slowAttempt(bytes memory p, bytes memory refusal) private {
        passVotes();
        for (uint32 id = 1; id <= 6; ++id) ready(id, sha256(p));
        vm.expectRevert(refusal);
        epochs.activate(p);
    }

    function test_A70_dealerBelowQIsNeitherInQualNorBlamed() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        mine(1);
        for (uint32 id = 1; id <= 6; ++id) vote(id, id <= 3 ? 63 : 62, 0);
        uint256 snapshot = vm.snapshotState();
        slowAttempt(
            preimageWith(63, 0, 0),
            abi.encodeWithSelector(ICounting.PreimageMismatch.selector, bytes32("QUAL"), bytes32(uint256(63)), bytes32(uint256(62)))
        );
        vm.revertToState(snapshot);
        slowAttempt(
            preimageWith(62, 1, 0),
            abi.encodeWithSelector(ICounting.PreimageMismatch.selector, bytes32("QUAL"), bytes32(uint256(62)), bytes32(uint256(62)))
        );
    }

    function test_A17_qualHasAtLeastTDealers() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        slowAttempt(
            preimageWith(7, 0, 0),
            abi.encodeWithSelector(ICounting.PreimageMismatch.selector, bytes32("|QUAL|"), bytes32(uint256(3)), bytes32(uint256(4)))
        );
    }

    function test_A20_anotherPkIsRefused() external {
        secondOpen();
        bytes32[] memory pk = new bytes32[](1);
        pk[0] = LIE;
        bytes memory p = abi.encode(bytes32(0), uint256(63), uint256(0), uint256(0), pk, pk, uint16(4));
        allCommit();
        mine(1);
        allVote(sha256(p));
        vm.expectRevert(abi.encodeWithSelector(ICounting.PreimageMismatch.selector, bytes32("PK"), LIE, PK));
        epochs.activate(p);
    }

    function test_A20_anotherTIsRefused() external {
        secondOpen();
        bytes32[] memory pk = new bytes32[](1);
        pk[0] = PK;
        bytes memory p = abi.encode(bytes32(0), uint256(63), uint256(0), uint256(0), pk, pk, uint16(3));
        allCommit();
        mine(1);
        allVote(sha256(p));
        vm.expectRevert(
            abi.encodeWithSelector(ICounting.PreimageMismatch.selector, bytes32("T"), bytes32(uint256(3)), bytes32(uint256(4)))
        );
        epochs.activate(p);
    }

    // ---- A65 n and T

    function test_A65_growthOnlyToASizeThatFills() external {
        genesis(6);
        vm.prank(address(timelock));
        epochs.target(9);
        mine(PROBATION);
        joinEvenly(1);
        mine(PROBATION);
        announceAnd(1, 7);
        openAfterWindow();
        eq(epochs.attempt().n, 7, "the largest that fills");
        eq(epochs.attempt().t, 4, "T of seven");
    }

    function test_A65_targetBelowLowersIt() external {
        genesis(9);
        eq(epochs.now_().n, 6, "target, not what joined");
        (uint32[] memory ids,) = epochs.members(1);
        vm.prank(address(timelock));
        epochs.target(3);
        mine(COOLDOWN);
        epochs.announce();
        for (uint256 i; i < 6; ++i) enrol(ids[i]);
        openAfterWindow();
        eq(epochs.attempt().n, 3, "n");
        eq(epochs.attempt().t, 2, "T");
    }

    function test_A65_sizesThatNobodyCanFillAreRefused() external {
        vm.startPrank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SizeInvalid.selector, 4));
        epochs.target(4);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SizeInvalid.selector, 2));
        epochs.target(2);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SizeInvalid.selector, 257));
        epochs.target(257);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotTimelock.selector, address(this)));
        epochs.target(9);
    }

    // ---- A67, A68 recovering members, empty seats

    function test_A68_memberThatDoesNotEnrolKeepsAnEmptySeat() external {
        genesis(6);
        passEpoch();
        (uint32[] memory before,) = epochs.members(1);
        epochs.announce();
        for (uint256 i = 1; i < 6; ++i) enrol(before[i]);
        openAfterWindow();
        (uint32[] memory ids, uint32[] memory reserved) = epochs.members(2);
        eq(ids[0], 0, "empty");
        eq(reserved[0], before[0], "reserved");
        for (uint256 i = 1; i < 6; ++i) eq(ids[i], before[i], "index kept");
        // five members: never n equal, a equal after B2c
        allCommit();
        mine(1);
        bytes memory p = preimage();
        allVote(sha256(p));
        vm.expectRevert(abi.encodeWithSelector(ICounting.TooFewEqual.selector, sha256(p), 5, 6));
        epochs.activate(p);
        passVotes();
        epochs.activate(p);
        // it comes back by recovery: READY for the active transcript
        eq(epochs.epochOf(2).ready & 1, 0, "recovering");
        readyLate(before[0]);
        eq(epochs.epochOf(2).ready & 1, 1, "back");
    }

    // ---- A69 what a hash is worth

    function test_A69_afterAComplaintOnlyReadysCount() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        mine(1);
        bytes memory p = preimage();
        allVote(sha256(p));
        complain(1, 2);
        vm.expectRevert(abi.encodeWithSelector(ICounting.TooFewEqual.selector, sha256(p), 0, 6));
        epochs.activate(p);
    }

    function test_A69_voteWithTranscriptHasEveryBit() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        mine(1);
        IEpochs.NodeCall memory call = voteCall(1, 31, LIE);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.BitmapInvalid.selector, 31, 63));
        epochs.vote(call, 31, LIE);
        call = voteCall(1, 64, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.BitmapInvalid.selector, 64, 63));
        epochs.vote(call, 64, 0);
        vote(1, 31, 0);
    }

    function test_A69_hashOfAReattestedMemberIsVoid() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        mine(1);
        bytes memory p = preimage();
        allVote(sha256(p));
        reattest(3);
        vm.expectRevert(abi.encodeWithSelector(ICounting.TooFewEqual.selector, sha256(p), 5, 6));
        epochs.activate(p);
        // nor can it say anything more in this attempt, with old keys or new
        bytes32 transcript = sha256(p);
        IEpochs.NodeCall memory call = voteCall(3, 63, transcript);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.MemberVoid.selector, 3));
        epochs.vote(call, 63, transcript);
        passVotes();
        epochs.activate(p);
        readyLate(3);
        eq(epochs.epochOf(1).ready, 63, "its new vault has a share by recovery");
    }

    // ---- A71 one EK, one attempt

    function test_A71_enrolmentIsOfOneAttempt() external {
        joinEvenly(6);
        epochs.announce();
        IEpochs.NodeCall memory call = enrolCall(1);
        bytes32 ek = ekOf(1);
        epochs.enrol(call, ek, pop(), 0);
        mine(WINDOW + PHASE + 1);
        epochs.announce();
        vm.expectRevert(abi.encodeWithSelector(IEpochs.WrongAttempt.selector, 1, 1, 1, 2));
        epochs.enrol(call, ek, pop(), 0);
        for (uint32 id = 2; id <= 6; ++id) enrol(id);
        mine(WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(ISeating.CommitteeNotFilled.selector, 6, 5, 6));
        epochs.open();
    }

    function test_A71_reattestInTheWindowVoidsTheEnrolment() external {
        joinEvenly(6);
        announceAnd(1, 6);
        reattest(4);
        mine(WINDOW / 2);
        enrol(4);
        mine(WINDOW / 2 + 1);
        epochs.open();
        eq(epochs.attempt().n, 6, "enrolled again with its new keys");
    }

    function test_A71_reattestWithoutEnrollingAgainHasNoSeat() external {
        joinEvenly(6);
        announceAnd(1, 6);
        reattest(4);
        mine(WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(ISeating.CommitteeNotFilled.selector, 6, 5, 6));
        epochs.open();
    }

    // ---- A72 dissent

    function test_A72_threeDissentersAreStruckAndTheOldEpochServes() external {
        secondOpen();
        allCommit();
        passVotes();
        uint32[] memory ids = memberIds();
        bytes memory p = preimage();
        for (uint256 i; i < 4; ++i) ready(ids[i], sha256(p));
        for (uint256 i = 4; i < 6; ++i) ready(ids[i], LIE);
        (,,, uint256 b3) = epochs.phases();
        mine(b3 - block.number);
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.OutsidePhase.selector, b3, b3 + 1, type(uint256).max)
        );
        epochs.fail();
        mine(1);
        epochs.fail();
        eq(epochs.now_().epoch, 1, "the old epoch serves");
        eq(strikesOf(ids[4]), 1, "dissenter");
        eq(strikesOf(ids[0]), 0, "not a dissenter");
    }

    function test_A72_withoutTEqualNobodyIsStruck() external {
        secondOpen();
        allCommit();
        passVotes();
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 3; ++i) ready(ids[i], LIE);
        for (uint256 i = 3; i < 6; ++i) ready(ids[i], keccak256("another"));
        (,,, uint256 b3) = epochs.phases();
        mine(b3 + 1 - block.number);
        epochs.fail();
        for (uint256 i; i < 6; ++i) eq(strikesOf(ids[i]), 0, "nobody");
    }

    function test_A72_failIsImpossibleWhileAHashHasA() external {
        secondOpen();
        allCommit();
        passVotes();
        uint32[] memory ids = memberIds();
        bytes memory p = preimage();
        for (uint256 i; i < 5; ++i) ready(ids[i], sha256(p));
        (,,, uint256 b3) = epochs.phases();
        mine(b3 + 1 - block.number);
        vm.expectRevert(abi.encodeWithSelector(ICounting.CanActivate.selector, sha256(p), 5));
        epochs.fail();
        epochs.activate(p);
        eq(epochs.now_().epoch, 2, "late, but active");
    }

    function test_A72_benchedWithoutSpareSitsAgain() external {
        secondOpen();
        allCommit();
        passVotes();
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 4; ++i) ready(ids[i], LIE);
        (,,, uint256 b3) = epochs.phases();
        mine(b3 + 1 - block.number);
        epochs.fail();
        announceAnd(1, 6);
        openAfterWindow();
        uint32[] memory again = memberIds();
        for (uint256 i; i < 6; ++i) eq(again[i], ids[i], "no candidate: they stay");
    }

    // ---- strikes of dealers

    function test_dealerWithoutCommitIsStruckAtActive() external {
        secondOpen();
        mine(1);
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 5; ++i) commit(ids[i]);
        (uint256 b1,,,) = epochs.phases();
        mine(b1 + 1 - block.number);
        bytes memory p = preimage();
        allVote(sha256(p));
        epochs.activate(p);
        eq(strikesOf(ids[5]), 1, "no commit");
        eq(strikesOf(ids[0]), 0, "commit");
    }

    function test_dealerBelowQVotesIsStruckAtActive() external {
        secondOpen();
        allCommit();
        mine(1);
        uint32[] memory ids = memberIds();
        // q = 4: three votes for dealer 1, six for the others
        for (uint256 i; i < 6; ++i) vote(ids[i], i < 3 ? 63 : 62, 0);
        passVotes();
        bytes memory p = preimageWith(62, 0, 0);
        for (uint256 i; i < 6; ++i) ready(ids[i], sha256(p));
        epochs.activate(p);
        eq(strikesOf(ids[0]), 1, "below q");
        for (uint256 i = 1; i < 6; ++i) eq(strikesOf(ids[i]), 0, "at least q");
    }

    // ---- what later changes do to an open attempt, and to the next one

    function test_freezeAfterOpenChangesNothingInItAndMakesTheNextDue() external {
        secondOpen();
        freezeBy2(Objects.NODE, Objects.nodeId(2), 5 days);
        activateFast();
        eq(epochs.now_().epoch, 2, "the frozen member took part");
        mine(COOLDOWN);
        epochs.announce();
        for (uint32 id = 1; id <= 6; ++id) enrol(id);
        openAfterWindow();
        eq(epochs.opening().reasons, 8, "revoked or frozen");
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 6; ++i) ok(ids[i] != 2, "no seat while frozen");
    }
}
