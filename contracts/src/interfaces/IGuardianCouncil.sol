// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  IGuardianCouncil - what is frozen at the moment, and until when
/// @notice Objects are named by base/Objects.sol. A freeze ends by itself.
interface IGuardianCouncil {
    /// @notice Last second in which the object is frozen; 0 if it never was. Frozen now if and only
    ///         if block.timestamp <= frozenUntil(object).
    function frozenUntil(bytes32 object) external view returns (uint40);

    /// @notice Latest end of any freeze ever made, of whatever object. Past it nothing is frozen, so
    ///         a caller that would ask about several objects asks this first.
    function anyFreezeUntil() external view returns (uint40);
}
