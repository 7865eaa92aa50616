// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  IGuardianCouncil - m of k guardians who can only take trust away, and only for a while
/// @notice Callers: freeze, cancel, cancelSlash - a guardian, effective at the m-th approval of the same
///         act; setMembers - Timelock; noteRatified - Ratifier. Whoever cares asks frozenUntil.
///         An approval counts for `approvalSeconds` and for the council that gave it: a change of
///         members voids open approvals. Objects are named by base/Objects.sol. A freeze ends by itself.
///
///         Word of an object, read by nodes (abi/layout.json: _freezes[object]), low bit first:
///         | 0..39   | until    | last second in which it is frozen; 0 = never was          |
///         | 40..79  | begun    | when the last freeze began                                |
///         | 80..119 | ratified | when a vote made a freeze permanent; 0 = never            |
///         _leafFreezes[bytes7 tag]: until, for kind SERIAL, by the first 7 bytes of the serial's id
///         (IAttestations.Record.leafTag).
///
/// @custom:invariant GC1 a freeze ends at most 7 d after it began
/// @custom:invariant GC2 two freezes of one object begin at least 30 d apart
/// @custom:invariant GC3 when a freeze begins, at most one vendor and at most n-T members of the active
///                       committee stand frozen; a vendor or product whose revocation was ratified in
///                       the last 60 d counts as frozen
/// @custom:invariant GC4 one list of actions is cancelled at most once; one that only replaces the
///                       council never
/// @custom:source    SPEC 10
interface IGuardianCouncil {
    struct Freeze {
        uint40 until;
        uint40 begun;
        uint40 ratified;
    }

    /// @notice the caller is not a guardian
    error NotGuardian(address caller);
    /// @notice the caller is not the Timelock
    error NotTimelock(address caller);
    /// @notice the caller is not the Ratifier
    error NotRatifier(address caller);
    /// @notice this guardian has approved this act already
    error AlreadyApproved(bytes32 act, address guardian);
    /// @notice base/Objects.sol knows no such kind
    error KindUnknown(uint8 kind);
    /// @notice zero, or longer than a freeze may last
    error FreezeLengthInvalid(uint256 found, uint256 most);
    /// @notice the object was frozen less than 30 d ago
    error FrozenRecently(bytes32 object, uint256 nextAt);
    /// @notice so many vendors would stand frozen
    error VendorsFrozen(uint256 found, uint256 most);
    /// @notice so many members would stand frozen
    error MembersFrozen(uint256 found, uint256 most);
    /// @notice more freezes at a time than can be counted
    error TooManyFreezes(uint256 most);
    /// @notice this list of actions was cancelled once; a second time it stands
    error AlreadyCancelled(bytes32 actions);
    /// @notice the list does nothing but replace the council
    error OnlyReplacesCouncil();
    /// @notice 1 <= threshold <= members <= 32
    error MembersInvalid(uint256 members, uint256 threshold);
    /// @notice addresses ascend, none is zero
    error MembersUnsorted(address before, address found);
    /// @notice constructor: a period is out of its range
    error PeriodOutOfRange(uint256 found, uint256 least, uint256 most);

    event MembersSet(uint32 indexed generation, uint256 threshold, address[] members);
    event Approved(bytes32 indexed act, address indexed guardian, uint256 approvals, uint256 needed);
    event Frozen(bytes32 indexed object, uint8 kind, bytes32 id, uint40 until);
    event Cancelled(bytes32 indexed actions, uint256 proposal);
    event SlashCancelled(uint64 indexed epoch);
    event Ratified(bytes32 indexed object);

    // ---- guardians

    /// @notice Freezes the object for so many seconds, counted from the last approval.
    function freeze(uint8 kind, bytes32 id, uint40 seconds_) external;
    /// @notice Cancels a proposal of the Governor at any stage before it is executed. What counts as
    ///         the same list is keccak256(abi.encode(targets, values, calldatas)), whatever its
    ///         description.
    function cancel(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas,
        bytes32 descriptionHash
    ) external;
    /// @notice Withdraws the slash that the transcript of that epoch asks for, before it is done.
    function cancelSlash(uint64 epoch) external;

    // ---- Timelock, Ratifier

    /// @notice Timelock: replaces the council. Open approvals are void.
    function setMembers(address[] calldata members, uint256 threshold) external;
    /// @notice Ratifier: a vote made this object's freeze permanent; it counts in GC3 for 60 d.
    function noteRatified(uint8 kind, bytes32 id) external;

    // ---- views

    /// @notice Last second in which the object is frozen; 0 if it never was. Frozen now if and only
    ///         if block.timestamp <= frozenUntil(object).
    function frozenUntil(bytes32 object) external view returns (uint40);
    /// @notice The same for whatever certificate has a serial id that begins with these bytes.
    function leafFrozenUntil(uint56 leafTag) external view returns (uint40);
    /// @notice Latest end of any freeze ever made, of whatever object. Past it nothing is frozen, so
    ///         a caller that would ask about several objects asks this first.
    function anyFreezeUntil() external view returns (uint40);
    function freezeOf(bytes32 object) external view returns (Freeze memory);
    function guardians() external view returns (address[] memory members, uint256 threshold);
    /// @notice Approvals of an act that still count.
    function approvals(bytes32 act) external view returns (uint256);
    function longestFreezeSeconds() external view returns (uint40);
}
