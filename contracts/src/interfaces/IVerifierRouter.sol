// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRevocable} from "./IRevocable.sol";

/// @title  IVerifierRouter - which verifier contracts count, per vendor
/// @notice Callers: propose, retire - Timelock; revoke - Timelock or Ratifier; activate - anybody.
///         A vendor has at most two active verifiers, so a new evidence format needs no cut-over.
///
///         Storage word of a verifier, read by nodes (abi/layout.json: _verifiers[address]):
///         | bits    | field       |                                                        |
///         |---------|-------------|--------------------------------------------------------|
///         | 0..15   | id          | 1, 2, ...; what records carry; 0 = never activated     |
///         | 16..23  | vendor      |                                                        |
///         | 24..31  | state       | 0 unknown, 1 proposed, 2 active, 3 retired, 4 revoked  |
///         | 32..71  | proposedAt  | Unix seconds                                           |
///         | 72..111 | activatedAt | Unix seconds; an application accepts records of a      |
///         |         |             | verifier only its own notice after this (SPEC 9)       |
interface IVerifierRouter is IRevocable {
    /// @notice the caller is not the Timelock
    error NotTimelock(address caller);
    /// @notice the address has no code
    error VerifierHasNoCode(address verifier);
    /// @notice the verifier says that it is another vendor's
    error VerifierOfOtherVendor(address verifier, uint8 found, uint8 needed);
    /// @notice a verifier has one life: this one is past that state
    error VerifierInState(address verifier, uint8 found, uint8 needed);
    /// @notice activation comes `from` that time
    error VerifierNotRipe(address verifier, uint40 from);
    /// @notice the proposal lapsed; propose another contract
    error VerifierLapsed(address verifier, uint40 until);
    /// @notice the vendor has two active verifiers already
    error TooManyVerifiers(uint8 vendor);
    /// @notice not an active verifier
    error VerifierNotActive(address verifier, uint8 state);
    /// @notice off chain 31337 the activation delay is at least 14 days
    error DelayTooShort(uint40 found, uint40 needed);

    event VerifierProposed(address indexed verifier, uint8 indexed vendor, uint40 ripeAt, bytes32 codeHash);
    event VerifierActivated(address indexed verifier, uint8 indexed vendor, uint16 id);
    event VerifierRetired(address indexed verifier, uint8 indexed vendor);
    event VerifierRevoked(address indexed verifier);

    /// @notice Timelock: names a verifier, which anybody may activate after the delay.
    function propose(uint8 vendor, address verifier) external;
    /// @notice Anybody: activates a proposed verifier between ripening and 14 days later. TcbPolicy is told what
    ///         it says of its statuses (IEvidenceVerifier.steady).
    function activate(address verifier) external;
    /// @notice Timelock: ends a verifier. Its records are not live any more.
    function retire(address verifier) external;

    /// @notice Vendor and id of an active verifier; reverts with VerifierNotActive.
    function requireActive(address verifier) external view returns (uint8 vendor, uint16 id);
    /// @notice Is the verifier with that id active?
    function isActive(uint16 id) external view returns (bool);
    /// @notice Is this an active verifier of that vendor?
    function isVerifierOf(uint8 vendor, address verifier) external view returns (bool);
    /// @notice Address of the verifier with an id; zero if there is none.
    function verifierOf(uint16 id) external view returns (address);
    /// @notice The word drawn above.
    function verifierWord(address verifier)
        external
        view
        returns (uint16 id, uint8 vendor, uint8 state, uint40 proposedAt, uint40 activatedAt);
    function delaySeconds() external view returns (uint40);
}
