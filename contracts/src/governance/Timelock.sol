// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title  Timelock - whatever adds trust waits here, in public, for the notice period
/// @notice OpenZeppelin's, less every way to shorten the notice: the delay is fixed, roles are those of
///         the constructor (the Governor proposes and cancels, anybody executes, nobody else is admin), and
///         an operation that nobody executes lapses `lapseSeconds` after it ripened.
/// @custom:invariant TL1 getMinDelay never changes
/// @custom:invariant TL2 no role is ever granted after construction
/// @custom:invariant TL3 a lapsed operation is as if it had never been scheduled
/// @custom:source    SPEC 10
contract Timelock is TimelockController {
    /// @notice off chain 31337 the notice is at least 7 d
    error NoticeTooShort(uint256 found, uint256 needed);
    /// @notice the notice period is fixed
    error NoticeIsFixed();
    /// @notice roles are those of the constructor
    error RolesAreFixed();

    uint256 private constant DEVELOPMENT = 31_337;
    uint256 private constant SHORTEST_NOTICE = 7 days;

    uint256 public immutable lapseSeconds;

    constructor(uint256 noticeSeconds, uint256 lapseSeconds_, address governor)
        TimelockController(noticeSeconds, _one(governor), _one(address(0)), address(0))
    {
        if (block.chainid != DEVELOPMENT && noticeSeconds < SHORTEST_NOTICE) {
            revert NoticeTooShort(noticeSeconds, SHORTEST_NOTICE);
        }
        lapseSeconds = lapseSeconds_;
    }

    /// @notice Always reverts.
    function updateDelay(uint256) public pure override {
        revert NoticeIsFixed();
    }

    /// @notice Always reverts.
    function grantRole(bytes32, address) public pure override {
        revert RolesAreFixed();
    }

    /// @notice Always reverts.
    function revokeRole(bytes32, address) public pure override {
        revert RolesAreFixed();
    }

    /// @notice Always reverts: a role given up would be a way to stop governance.
    function renounceRole(bytes32, address) public pure override {
        revert RolesAreFixed();
    }

    /// @notice As OpenZeppelin's, but Unset once an operation lapsed.
    function getOperationState(bytes32 id) public view override returns (OperationState state) {
        state = super.getOperationState(id);
        if (state == OperationState.Ready && block.timestamp > getTimestamp(id) + lapseSeconds) {
            state = OperationState.Unset;
        }
    }

    function _one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
