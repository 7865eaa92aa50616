// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  IRatifier - a vote that makes a freeze permanent, inside the freeze
/// @notice An OpenZeppelin Governor without timelock whose only possible proposal is `ratify` of one
///         object that the council has frozen. delay + period < longest freeze, so that the vote ends
///         while the freeze lasts; nothing else can be proposed, and the usual `propose` reverts.
/// @custom:invariant RA1 only an object under a freeze that lasts past the vote's end is put to the vote
/// @custom:invariant RA2 a vote is carried out only while the freeze lasts
/// @custom:invariant RA3 a ratified revocation of a vendor or product leaves >= T live members of >= 2
///                       vendors; else it takes the Timelock
/// @custom:source    SPEC 10
interface IRatifier {
    /// @notice Ratifier has no proposals but ratify
    error OnlyRatify();
    /// @notice the object's freeze ends before the vote would
    error FreezeEndsBefore(uint256 until, uint256 needed);
    /// @notice the object is not frozen any more
    error NotFrozen(uint8 kind, bytes32 id);
    /// @notice too few live members would be left, or of too few vendors
    error TooFewLeft(uint256 members, uint256 neededMembers, uint256 vendors);
    /// @notice base/Objects.sol knows no such kind
    error KindUnknown(uint8 kind);
    /// @notice the vote's periods and the longest freeze do not fit
    error PeriodsTooLong(uint256 found, uint256 most);
    /// @notice constructor: no floor, or no percentage
    error QuorumInvalid(uint256 floor, uint256 percent);
    /// @notice the caller is not this contract after a vote
    error NotVoted(address caller);

    /// @notice Puts it to the vote. The freeze is identified by when it began, so each may be voted once.
    function ratify(uint8 kind, bytes32 id) external returns (uint256 proposal);
    /// @notice Carried out by a successful vote alone: revokes at the object's register.
    function revokeFrozen(uint8 kind, bytes32 id, uint40 begun) external;
    /// @notice Actions of the proposal about a freeze, for `execute` and for whoever shows it.
    function actions(uint8 kind, bytes32 id, uint40 begun)
        external
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash);
}
