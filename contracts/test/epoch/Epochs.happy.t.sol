// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs} from "../../src/interfaces/IEpochs.sol";
import {NetWorld} from "../kit/NetWorld.sol";

/// @title  Epochs, undisturbed: genesis and the epochs after it
contract EpochsHappyTest is NetWorld {
    function setUp() external {
        deployNet();
    }

    function test_genesisByEqualVotes() external {
        genesis(6);
        IEpochs.Now memory current = epochs.now_();
        eq(current.epoch, 1, "epoch");
        eq(current.n, 6, "n");
        eq(current.t, 4, "T");
        eq(current.fullN, 6, "fullN");
        eq(epochs.pkOf(0), PK, "PK");
        eq(epochs.epochOf(1).ready, 63, "all READY");
        eq(epochs.attempt().state, 0, "no attempt");
    }

    function test_secondEpochKeepsSeatsAndKey() external {
        genesis(6);
        passEpoch();
        (uint32[] memory before,) = epochs.members(1);
        announceAnd(1, 6);
        openAfterWindow();
        activateFast();
        (uint32[] memory ids,) = epochs.members(2);
        for (uint256 i; i < 6; ++i) eq(ids[i], before[i], "same seat");
        eq(epochs.now_().epoch, 2, "epoch");
        eq(epochs.pkOf(0), PK, "PK");
    }

    function test_slowPathByReadys() external {
        joinEvenly(6);
        announceAnd(1, 6);
        openAfterWindow();
        allCommit();
        passVotes();
        bytes memory p = preimage();
        for (uint32 id = 1; id <= 5; ++id) ready(id, sha256(p));
        epochs.activate(p);
        eq(epochs.now_().epoch, 1, "epoch");
        uint256 bits = epochs.epochOf(1).ready;
        uint32[] memory ids;
        (ids,) = epochs.members(1);
        for (uint256 i; i < 6; ++i) eq((bits >> i) & 1, ids[i] == 6 ? 0 : 1, "recovering without READY");
        readyLate(6);
        eq(epochs.epochOf(1).ready, 63, "cleared");
    }
}
