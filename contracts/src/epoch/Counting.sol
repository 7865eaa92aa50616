// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICounting} from "../interfaces/ICounting.sol";
import {IEpochs} from "../interfaces/IEpochs.sol";
import {Tally} from "./Tally.sol";

/// @title  Counting - what the votes of the open attempt say
/// @notice Manual: ICounting. View only.
/// @custom:gas    256 members below 4M
/// @custom:source SPEC 7
contract Counting is ICounting {
    uint8 private constant OPEN = 2; // IEpochs.Attempt.state
    uint8 private constant COMPLAINED = 1; // IEpochs.Attempt.flags

    /// Bitmaps of a transcript.
    struct Blame {
        uint256 qual;
        uint256 dealers;
        uint256 receivers;
    }

    IEpochs public immutable epochs;

    constructor(address epochs_) {
        epochs = IEpochs(epochs_);
    }

    /// @inheritdoc ICounting
    function outcome(bytes calldata preimage) external view returns (Outcome memory result) {
        IEpochs.Attempt memory a = epochs.attempt();
        (uint32[] memory ids,) = epochs.members(a.epoch);
        IEpochs.Ballot[] memory ballots = epochs.ballotsOf(ids);
        bytes32 transcript = sha256(preimage);
        result.transcript = transcript;
        bytes32[] memory hashes = _latest(a, ballots, false);
        uint256 count;
        for (uint256 i; i < hashes.length; ++i) {
            if (hashes[i] != transcript) continue;
            ++count;
            result.ready |= 1 << i;
        }
        if (count != a.n) {
            (,, uint256 b2c,) = epochs.phases();
            uint256 needed = block.number <= b2c ? a.n : Tally.quorum(a.n, a.t);
            if (count < needed) revert TooFewEqual(transcript, count, needed);
        }

        Blame memory blame = _fields(a.t, preimage, result);
        _judge(a, ids, ballots, blame, result);
    }

    /// @inheritdoc ICounting
    function failure() external view returns (bytes32 hash, uint32[] memory struck) {
        IEpochs.Attempt memory a = epochs.attempt();
        (uint32[] memory ids,) = epochs.members(a.epoch);
        IEpochs.Ballot[] memory ballots = epochs.ballotsOf(ids);
        uint256 count;
        (hash, count) = Tally.majority(_latest(a, ballots, false));
        if (count >= Tally.quorum(a.n, a.t)) revert CanActivate(hash, count);

        bytes32[] memory hashes = _latest(a, ballots, true);
        (hash, count) = Tally.majority(hashes);
        if (hash != 0 && count >= a.t) struck = Tally.without(ids, hashes, hash);
        else hash = 0;
    }

    /// QUAL and blame are about dealers with q votes, and QUAL has an honest one (SPEC 7).
    function _judge(
        IEpochs.Attempt memory a,
        uint32[] memory ids,
        IEpochs.Ballot[] memory ballots,
        Blame memory blame,
        Outcome memory result
    ) private view {
        (uint256 dealers, uint256 missing) = epochs.dealers();
        uint256 heard = dealers & ~missing;
        heard &= Tally.atLeast(_bitmaps(a, ballots, heard), uint256(a.n) / 2 + 1);
        if ((blame.qual | blame.dealers) & ~heard != 0 || blame.qual & blame.dealers != 0) {
            revert PreimageMismatch("QUAL", bytes32(blame.qual), bytes32(heard));
        }
        uint256 least = a.epoch == 1 ? a.t : epochs.now_().t;
        uint256 count = Tally.ones(blame.qual);
        if (count < least) revert PreimageMismatch("|QUAL|", bytes32(count), bytes32(least));
        uint32[] memory dealerIds = ids;
        if (a.epoch > 1) (dealerIds,) = epochs.members(a.epoch - 1);
        result.struck = Tally.select(dealerIds, dealers & ~heard);
        result.blamed =
            Tally.join(Tally.select(dealerIds, blame.dealers), Tally.select(ids, blame.receivers));
    }

    /// Checks a transcript's fields against the chain, and takes them. The first PK stays for ever.
    function _fields(uint16 needed, bytes calldata preimage, Outcome memory result)
        private
        view
        returns (Blame memory blame)
    {
        bytes32[] memory pks;
        bytes32[] memory yHashes;
        uint16 t;
        (, blame.qual, blame.dealers, blame.receivers, pks, yHashes, t) =
            abi.decode(preimage, (bytes32, uint256, uint256, uint256, bytes32[], bytes32[], uint16));
        if (t != needed) revert PreimageMismatch("T", bytes32(uint256(t)), bytes32(uint256(needed)));
        if (pks.length != 1) revert PreimageMismatch("keys", bytes32(pks.length), bytes32(uint256(1)));
        if (yHashes.length != 1) {
            revert PreimageMismatch("yHashes", bytes32(yHashes.length), bytes32(uint256(1)));
        }
        bytes32 known = epochs.pkOf(0);
        if (pks[0] == 0 || (known != 0 && pks[0] != known)) revert PreimageMismatch("PK", pks[0], known);
        (result.pk, result.yHash) = (pks[0], yHashes[0]);
    }

    /// Each member's latest hash that counts, 0 = none. `readyOnly`: READYs alone; once a complaint is
    /// recorded they are the only ones that count.
    function _latest(IEpochs.Attempt memory a, IEpochs.Ballot[] memory ballots, bool readyOnly)
        private
        pure
        returns (bytes32[] memory hashes)
    {
        readyOnly = readyOnly || a.flags & COMPLAINED != 0;
        hashes = new bytes32[](ballots.length);
        for (uint256 i; i < ballots.length; ++i) {
            IEpochs.Ballot memory ballot = ballots[i];
            if (ballot.tag != a.tag || ballot.flags & Tally.VOID != 0) continue;
            if (ballot.flags & Tally.READY != 0) hashes[i] = ballot.ready;
            else if (!readyOnly && ballot.flags & Tally.TRANSCRIPT != 0) hashes[i] = ballot.vote;
        }
    }

    /// Bitmaps of all votes; a vote with a transcript has every commit.
    function _bitmaps(IEpochs.Attempt memory a, IEpochs.Ballot[] memory ballots, uint256 commits)
        private
        pure
        returns (uint256[] memory bitmaps)
    {
        bitmaps = new uint256[](ballots.length);
        for (uint256 i; i < ballots.length; ++i) {
            IEpochs.Ballot memory ballot = ballots[i];
            if (ballot.tag != a.tag || ballot.flags & Tally.VOTED == 0) continue;
            bitmaps[i] = ballot.flags & Tally.TRANSCRIPT != 0 ? commits : uint256(ballot.vote);
        }
    }
}
