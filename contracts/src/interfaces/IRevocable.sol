// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  IRevocable - a register whose objects can be revoked for ever
/// @notice TcbPolicy: vendor, product, platform, serial. Measurements: measurement. VerifierRouter:
///         verifier. NodeRegistry: node. Kinds and ids: base/Objects.sol.
interface IRevocable {
    /// @notice this register holds no objects of that kind
    error NotRevocableHere(uint8 kind);
    /// @notice no object of that kind can have this id
    error IdOutOfRange(uint8 kind, bytes32 id);
    /// @notice the caller is neither the Timelock nor the Ratifier
    error NotTimelockOrRatifier(address caller);

    /// @notice Revokes an object permanently, also one that is not known yet. Repeating it is a no-op.
    /// @dev    Caller: the Timelock, or the Ratifier (which ratifies a freeze by vote; SPEC 10).
    function revoke(uint8 kind, bytes32 id) external;

    /// @notice Is the object revoked?
    function isRevoked(uint8 kind, bytes32 id) external view returns (bool);
}
