// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "../../src/base/Labels.sol";
import {IEpochs} from "../../src/interfaces/IEpochs.sol";
import {ISeating} from "../../src/interfaces/ISeating.sol";
import {NetWorld} from "../kit/NetWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Every refusal of the nodes' calls, phase ends at -1, 0, +1, running hashes
contract EpochsCallsTest is NetWorld {
    bytes32 private constant T1 = keccak256("t1");

    function setUp() external {
        deployNet();
        joinEvenly(7);
    }

    function opened() private {
        announceAnd(1, 6);
        openAfterWindow();
    }

    function outside(uint256 first, uint256 last) private view returns (bytes memory) {
        return abi.encodeWithSelector(IEpochs.OutsidePhase.selector, block.number, first, last);
    }

    // ---- announce and open

    function test_announceTwiceIsRefusedUntilItLapsed() external {
        epochs.announce();
        uint256 until = block.number + WINDOW + PHASE;
        vm.roll(until);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.AttemptUnderWay.selector, 1, until));
        epochs.announce();
        vm.roll(until + 1);
        epochs.announce();
        eq(epochs.attempt().attempt, 2, "the next attempt");
    }

    function test_openOnlyAfterTheWindowAndBeforeItLapses() external {
        vm.expectRevert(abi.encodeWithSelector(IEpochs.WrongState.selector, 0, 1));
        epochs.open();
        announceAnd(1, 6);
        uint256 first = block.number + WINDOW + 1;
        uint256 last = first + PHASE - 1;
        vm.roll(first - 1);
        vm.expectRevert(outside(first, last));
        epochs.open();
        vm.roll(last + 1);
        vm.expectRevert(outside(first, last));
        epochs.open();
        vm.roll(last);
        epochs.open();
        vm.expectRevert(abi.encodeWithSelector(IEpochs.WrongState.selector, 2, 1));
        epochs.open();
    }

    function test_genesisWaitsForTheSeal() external {
        announceAnd(1, 6);
        vm.roll(block.number + WINDOW + 1);
        bytes32 sealedAt = bytes32(uint256(2)); // its slot
        vm.store(address(measurements), sealedAt, 0);
        vm.expectRevert(abi.encodeWithSelector(ISeating.NotSealedYet.selector, 0));
        epochs.open();
        uint256 from = block.timestamp + 1;
        vm.store(address(measurements), sealedAt, bytes32(from));
        vm.expectRevert(abi.encodeWithSelector(ISeating.NotSealedYet.selector, from));
        epochs.open();
        vm.warp(from);
        epochs.open();
    }

    function test_coolDownAndNothingDue() external {
        opened();
        activateFast();
        uint256 cool = block.timestamp + COOLDOWN;
        vm.warp(cool - 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.CoolingDown.selector, cool));
        epochs.announce();
        vm.warp(cool);
        announceAnd(1, 6);
        mine(WINDOW + 1);
        vm.expectRevert(ISeating.NothingDue.selector);
        epochs.open();
    }

    function test_aCommitteeIsDueToTheSecond() external {
        opened();
        activateFast();
        uint256 due = epochs.now_().activatedAt + EPOCH_SECONDS;
        vm.warp(due - 1);
        announceAnd(1, 6);
        vm.roll(block.number + WINDOW + 1);
        vm.expectRevert(ISeating.NothingDue.selector);
        epochs.open();
        vm.warp(due);
        epochs.open();
        eq(epochs.opening().reasons, 2, "due");
    }

    function test_governanceMakesAChangeDue() external {
        opened();
        activateFast();
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotTimelock.selector, address(this)));
        epochs.demand();
        vm.prank(address(timelock));
        epochs.demand();
        mine(COOLDOWN);
        opened();
        eq(epochs.opening().reasons, 32, "governance");
        activateFast();
        eq(epochs.now_().demanded, 0, "served");
    }

    function test_fewLiveWithReadyMakeAChangeDue() external {
        opened();
        allCommit();
        passVotes();
        bytes memory p = preimage();
        uint32[] memory ids = memberIds();
        for (uint256 i; i < 5; ++i) ready(ids[i], sha256(p));
        epochs.activate(p);
        mine(COOLDOWN);
        announceAnd(1, 6);
        mine(WINDOW + 1);
        // a = 5 of six have READY
        vm.expectRevert(ISeating.NothingDue.selector);
        epochs.open();
        vm.prank(ownerOf(ids[0]));
        registry.leave(ids[0]);
        epochs.open();
        eq(epochs.opening().reasons, 4, "four are live with READY");
    }

    // ---- enrol

    function test_enrolRefusals() external {
        IEpochs.NodeCall memory call = callOf(1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.WrongState.selector, 0, 1));
        epochs.enrol(call, T1, pop(), 0);
        epochs.announce();
        call = enrolCall(1);
        bytes32 ek = ekOf(1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.LengthInvalid.selector, 63, 64));
        epochs.enrol(call, ek, new bytes(63), 0);
        vm.expectRevert(IEpochs.HashZero.selector);
        epochs.enrol(call, 0, pop(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignatureInvalid.selector, 1));
        epochs.enrol(call, T1, pop(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.HintInvalid.selector, 2));
        epochs.enrol(call, ek, pop(), 2);
        uint256 last = block.number + WINDOW;
        vm.roll(last + 1);
        vm.expectRevert(outside(last - WINDOW, last));
        epochs.enrol(call, ek, pop(), 0);
        vm.roll(last);
        epochs.enrol(call, ek, pop(), 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SeqNotNewer.selector, call.seq, call.seq));
        epochs.enrol(call, ek, pop(), 0);
    }

    function test_highSSignatureIsRefused() external {
        epochs.announce();
        IEpochs.NodeCall memory call = enrolCall(1);
        bytes32 ek = ekOf(1);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        call.s = bytes32(order - uint256(call.s));
        call.v = call.v == 27 ? 28 : 27;
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignatureInvalid.selector, 1));
        epochs.enrol(call, ek, pop(), 0);
    }

    function test_deadNodeCannotEnrol() external {
        attestations.stop(TDX, true);
        epochs.announce();
        IEpochs.NodeCall memory call = enrolCall(1);
        bytes32 ek = ekOf(1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotEligible.selector, 1));
        epochs.enrol(call, ek, pop(), 0);
    }

    /// The list is by (bond descending, id), wherever a hint starts.
    function testFuzz_listIsSorted(uint256 seed) external {
        for (uint32 i; i < 8; ++i) {
            uint256 bond = 1 ether + (uint256(keccak256(abi.encode(seed, i))) % 4) * 1 ether;
            joinNode(TDX, "c", bytes32(uint256(9000 + i)), bond);
        }
        epochs.announce();
        for (uint32 i; i < 8; ++i) {
            uint32 id = 8 + uint32((i * 5 + seed % 8) % 8);
            IEpochs.NodeCall memory call = enrolCall(id);
            (uint32[] memory now_,) = epochs.waiting(TDX, 20);
            bytes32 ek = ekOf(id);
            uint32 hint = now_.length == 0 ? 0 : now_[(seed >> 8) % now_.length];
            try epochs.enrol(call, ek, pop(), hint) {}
            catch {
                epochs.enrol(call, ek, pop(), 0);
            }
        }
        (uint32[] memory ids, uint96[] memory bonds) = epochs.waiting(TDX, 20);
        eq(ids.length, 8, "each once");
        for (uint256 i = 1; i < 8; ++i) {
            bool sorted = bonds[i - 1] > bonds[i] || (bonds[i - 1] == bonds[i] && ids[i - 1] < ids[i]);
            ok(sorted, "order");
        }
    }

    // ---- commit

    function test_commitPhaseEnds() external {
        opened();
        uint256 opens = block.number;
        IEpochs.NodeCall memory call = commitCall(1);
        vm.expectRevert(outside(opens + 1, opens + PHASE));
        epochs.commit(call, blobOf(1), 17_000);
        vm.roll(opens + PHASE + 1);
        vm.expectRevert(outside(opens + 1, opens + PHASE));
        epochs.commit(call, blobOf(1), 17_000);
        vm.roll(opens + PHASE);
        epochs.commit(call, blobOf(1), 17_000);
        call = commitCall(1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.CommittedBefore.selector, 1));
        epochs.commit(call, blobOf(1), 17_000);
        call = commitCall(7);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotMember.selector, 7));
        epochs.commit(call, blobOf(7), 17_000);
        call = commitCall(2);
        vm.expectRevert(IEpochs.HashZero.selector);
        epochs.commit(call, 0, 17_000);
    }

    function test_lastCommitEndsThePhase() external {
        opened();
        allCommit();
        (uint256 b1, uint256 b2, uint256 b2c, uint256 b3) = epochs.phases();
        eq(b1, block.number, "B1");
        eq(b2, b1 + PHASE, "B2");
        eq(b2c, b2 + PHASE, "B2c");
        eq(b3, b2c + READY_BLOCKS, "B3");
    }

    function test_laterEpochsAreDealtByTheOldCommittee() external {
        opened();
        activateFast();
        passEpoch();
        opened();
        mine(1);
        IEpochs.NodeCall memory call = commitCall(7);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDealer.selector, 7));
        epochs.commit(call, blobOf(7), 17_000);
        for (uint32 id = 1; id <= 5; ++id) commit(id);
        (,, uint16 index) = epochs.seqOf(6);
        uint256 last = 1 << (uint256(index) - 1);
        (uint256 all, uint256 missing) = epochs.dealers();
        eq(all, 63, "all");
        eq(missing, last, "the one that is silent");
        call = commitCall(5);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.CommittedBefore.selector, 5));
        epochs.commit(call, blobOf(5), 17_000);

        (uint256 b1,,, uint256 b3) = epochs.phases();
        vm.roll(b1 + 1);
        call = voteCall(1, 63, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.BitmapInvalid.selector, 63, 63 & ~last));
        epochs.vote(call, 63, 0);
        call = voteCall(1, 0, T1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.BitmapInvalid.selector, 0, 63 & ~last));
        epochs.vote(call, 0, T1);
        vote(1, 63 & ~last, T1);
        call = complainCall(1, index);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ComplaintInvalid.selector, 1, index));
        epochs.complain(call, index, keccak256("K"), pop());

        // the next attempt begins anew, and its last commit ends the phase
        vm.roll(b3 + 1);
        epochs.fail();
        opened();
        (, missing) = epochs.dealers();
        eq(missing, 63, "nobody yet");
        allCommit();
        (, missing) = epochs.dealers();
        eq(missing, 0, "everybody");
        (b1,,,) = epochs.phases();
        eq(b1, block.number, "B1");
        mine(1);
        vote(1, 63, T1);
    }

    // ---- vote, complain, ready: first and last block of each

    function test_voteBoundaries() external {
        opened();
        allCommit();
        (uint256 b1, uint256 b2,,) = epochs.phases();
        IEpochs.NodeCall memory call = voteCall(1, 63, T1);
        vm.expectRevert(outside(b1 + 1, b2));
        epochs.vote(call, 63, T1);
        vm.roll(b1 + 1);
        epochs.vote(call, 63, T1);
        call = voteCall(1, 62, 0);
        vm.roll(b2 + 1);
        vm.expectRevert(outside(b1 + 1, b2));
        epochs.vote(call, 62, 0);
        vm.roll(b2);
        epochs.vote(call, 62, 0);
    }

    function test_olderVoteCannotReplaceANewerOne() external {
        opened();
        allCommit();
        mine(1);
        IEpochs.NodeCall memory older = voteCall(1, 63, T1);
        IEpochs.NodeCall memory newer = voteCall(1, 1, 0);
        epochs.vote(newer, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SeqNotNewer.selector, older.seq, newer.seq));
        epochs.vote(older, 63, T1);
    }

    function test_complainBoundariesAndOnePerPair() external {
        opened();
        allCommit();
        (uint256 b1,, uint256 b2c,) = epochs.phases();
        IEpochs.NodeCall memory call = complainCall(1, 2);
        vm.expectRevert(outside(b1 + 1, b2c));
        epochs.complain(call, 2, keccak256("K"), pop());
        vm.roll(b2c + 1);
        vm.expectRevert(outside(b1 + 1, b2c));
        epochs.complain(call, 2, keccak256("K"), pop());
        vm.roll(b2c);
        epochs.complain(call, 2, keccak256("K"), pop());
        eq(epochs.attempt().flags & 1, 1, "recorded");
        call = complainCall(1, 2);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ComplaintInvalid.selector, 1, 2));
        epochs.complain(call, 2, keccak256("K"), pop());
        call = complainCall(1, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ComplaintInvalid.selector, 1, 0));
        epochs.complain(call, 0, keccak256("K"), pop());
        call = complainCall(1, 257);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ComplaintInvalid.selector, 1, 257));
        epochs.complain(call, 257, keccak256("K"), pop());
        call = complainCall(7, 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotMember.selector, 7));
        epochs.complain(call, 1, keccak256("K"), pop());
    }

    function test_readyBoundaries() external {
        opened();
        allCommit();
        (,, uint256 b2c, uint256 b3) = epochs.phases();
        IEpochs.NodeCall memory call = readyCall(1, T1);
        vm.roll(b2c);
        vm.expectRevert(outside(b2c + 1, b3));
        epochs.ready(call, T1);
        vm.roll(b3 + 1);
        vm.expectRevert(outside(b2c + 1, b3));
        epochs.ready(call, T1);
        vm.roll(b3);
        epochs.ready(call, T1);
        call = readyCall(1, 0);
        vm.expectRevert(IEpochs.HashZero.selector);
        epochs.ready(call, 0);
        call = readyCall(7, T1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotMember.selector, 7));
        epochs.ready(call, T1);
    }

    function test_lateReadyIsForTheActiveTranscriptAlone() external {
        opened();
        activateFast();
        IEpochs.NodeCall memory call = callOf(1);
        call = signed(call, Labels.READY_TYPEHASH, abi.encode(T1));
        bytes32 needed = epochs.epochOf(1).transcript;
        vm.expectRevert(abi.encodeWithSelector(IEpochs.TranscriptMismatch.selector, T1, needed));
        epochs.ready(call, T1);
        call = callOf(7);
        call = signed(call, Labels.READY_TYPEHASH, abi.encode(needed));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotMember.selector, 7));
        epochs.ready(call, needed);
    }

    // ---- one call of one attempt, contract, node

    function testFuzz_aCallOfAnotherAttemptNeverCounts(uint64 epoch, uint32 number) external {
        opened();
        allCommit();
        mine(1);
        IEpochs.NodeCall memory call = callOf(1);
        vm.assume(epoch != call.epoch || number != call.attempt);
        (call.epoch, call.attempt) = (epoch, number);
        call = signed(call, Labels.VOTE_TYPEHASH, abi.encode(uint256(63), T1));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.WrongAttempt.selector, epoch, number, 1, 1));
        epochs.vote(call, 63, T1);
    }

    function testFuzz_anyChangedFieldBreaksTheSignature(uint8 which, uint256 bit) external {
        opened();
        allCommit();
        mine(1);
        IEpochs.NodeCall memory call = voteCall(1, 63, T1);
        bytes32 mask = bytes32(1 << (bit % 255));
        if (which % 4 == 0) call.ed25519 ^= mask;
        if (which % 4 == 1) call.x25519 ^= mask;
        if (which % 4 == 2) call.r ^= mask;
        if (which % 4 == 3) call.s ^= mask;
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignatureInvalid.selector, 1));
        epochs.vote(call, 63, T1);
    }

    function test_runningHashesFollowEachCall() external {
        opened();
        bytes32 root = epochs.epochOf(1).memberRoot;
        for (uint8 i = 1; i <= 3; ++i) eq(epochs.acc(i), root, "starts at the member root");
        eq(epochs.acc(5), root, "READYs of odd epochs");
        mine(1);
        IEpochs.NodeCall memory call = commitCall(3);
        epochs.commit(call, blobOf(3), 17_000);
        bytes32 structHash = structOf(call, Labels.COMMIT_TYPEHASH, abi.encode(blobOf(3), uint32(17_000)));
        eq(epochs.acc(1), keccak256(abi.encode(root, structHash)), "one commit");
    }

    function test_memberRootIsThatOfTheLeaves() external {
        opened();
        uint32[] memory ids = memberIds();
        bytes32[][] memory domains_ = registry.domainsOf(ids);
        bytes32 root;
        for (uint256 i; i < 6; ++i) {
            bytes32 ekDigest = keccak256(abi.encode(Labels.EK, ekOf(ids[i]), pop()));
            bytes32 leaf = keccak256(
                abi.encode(
                    Labels.LEAF, uint16(i + 1), ids[i], registry.nodeOf(ids[i]).keysHash, ekDigest, domains_[i]
                )
            );
            root = keccak256(abi.encode(root, leaf));
        }
        eq(epochs.epochOf(1).memberRoot, root, "SPEC 7");
        eq(domains_[0].length, 3, "vendor, cloud, operator");
    }

    function test_onlyTheRegistrySetsKeys() external {
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotRegistry.selector, address(this)));
        epochs.keysSet(1, 1, T1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotCouncil.selector, address(this)));
        epochs.cancelSlash(1);
    }
}
