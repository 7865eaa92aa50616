// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../base/Objects.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {IRevocable} from "../interfaces/IRevocable.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {IVerifierRouter} from "../interfaces/IVerifierRouter.sol";

/// @title  VerifierRouter - which verifier contracts count, per vendor
/// @notice Callers: propose, retire - Timelock; revoke - Timelock or Ratifier; activate - anybody.
///         The manual is IVerifierRouter.
/// @custom:invariant VR1 a vendor has at most two active verifiers
/// @custom:invariant VR2 a verifier is never active before its delay has passed, those of birth excepted
/// @custom:invariant VR3 a retired or revoked verifier is never active again
/// @custom:storage   _verifiers: one word per verifier, drawn in IVerifierRouter
/// @custom:source    SPEC 10
contract VerifierRouter is IVerifierRouter {
    uint8 private constant UNKNOWN = 0;
    uint8 private constant PROPOSED = 1;
    uint8 private constant ACTIVE = 2;
    uint8 private constant RETIRED = 3;
    uint8 private constant REVOKED = 4;

    uint256 private constant MAX_PER_VENDOR = 2;
    uint40 private constant LAPSE_SECONDS = 14 days;
    uint40 private constant MIN_DELAY_SECONDS = 14 days;
    uint256 private constant DEVELOPMENT_CHAIN = 31337;

    struct Verifier {
        uint16 id;
        uint8 vendor;
        uint8 state;
        uint40 proposedAt;
        uint40 activatedAt;
    }

    address public immutable timelock;
    address public immutable ratifier;
    uint40 public immutable delaySeconds;
    ITcbPolicy public immutable policy;

    mapping(address verifier => Verifier) private _verifiers;
    mapping(uint16 id => address verifier) private _ids;
    mapping(uint8 vendor => uint256 count) private _activeCount;
    uint16 private _lastId;

    /// @param policy_   TcbPolicy, which is told of every change
    /// @param verifiers what is active at birth: part of what is audited before anything runs
    constructor(address timelock_, address ratifier_, address policy_, uint40 delay, address[] memory verifiers) {
        if (block.chainid != DEVELOPMENT_CHAIN && delay < MIN_DELAY_SECONDS) {
            revert DelayTooShort(delay, MIN_DELAY_SECONDS);
        }
        timelock = timelock_;
        ratifier = ratifier_;
        delaySeconds = delay;
        policy = ITcbPolicy(policy_);
        for (uint256 i = 0; i < verifiers.length; ++i) {
            if (verifiers[i].code.length == 0) revert VerifierHasNoCode(verifiers[i]);
            Verifier storage v = _verifiers[verifiers[i]];
            if (v.state != UNKNOWN) revert VerifierInState(verifiers[i], v.state, UNKNOWN);
            v.vendor = IEvidenceVerifier(verifiers[i]).vendor();
            v.proposedAt = uint40(block.timestamp);
            _activate(verifiers[i]);
        }
    }

    // ---- Timelock

    /// @inheritdoc IVerifierRouter
    function propose(uint8 vendor, address verifier) external {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        if (verifier.code.length == 0) revert VerifierHasNoCode(verifier);
        Verifier storage v = _verifiers[verifier];
        if (v.state != UNKNOWN) revert VerifierInState(verifier, v.state, UNKNOWN);
        uint8 found = IEvidenceVerifier(verifier).vendor();
        if (found != vendor) revert VerifierOfOtherVendor(verifier, found, vendor);
        v.vendor = vendor;
        v.state = PROPOSED;
        v.proposedAt = uint40(block.timestamp);
        emit VerifierProposed(verifier, vendor, v.proposedAt + delaySeconds, verifier.codehash);
    }

    /// @inheritdoc IVerifierRouter
    function retire(address verifier) external {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        Verifier storage v = _verifiers[verifier];
        if (v.state == ACTIVE) _deactivate(verifier);
        else if (v.state != PROPOSED) revert VerifierInState(verifier, v.state, ACTIVE);
        v.state = RETIRED;
        emit VerifierRetired(verifier, v.vendor);
    }

    // ---- Timelock, Ratifier

    /// @inheritdoc IRevocable
    function revoke(uint8 kind, bytes32 id) external {
        if (msg.sender != timelock && msg.sender != ratifier) revert NotTimelockOrRatifier(msg.sender);
        if (kind != Objects.VERIFIER) revert NotRevocableHere(kind);
        address verifier = _addressOf(id);
        Verifier storage v = _verifiers[verifier];
        if (v.state == REVOKED) return;
        if (v.state == ACTIVE) _deactivate(verifier);
        v.state = REVOKED;
        emit VerifierRevoked(verifier);
    }

    // ---- anybody

    /// @inheritdoc IVerifierRouter
    function activate(address verifier) external {
        Verifier storage v = _verifiers[verifier];
        if (v.state != PROPOSED) revert VerifierInState(verifier, v.state, PROPOSED);
        uint40 ripe = v.proposedAt + delaySeconds;
        if (block.timestamp < ripe) revert VerifierNotRipe(verifier, ripe);
        if (block.timestamp > ripe + LAPSE_SECONDS) revert VerifierLapsed(verifier, ripe + LAPSE_SECONDS);
        _activate(verifier);
    }

    // ---- views

    /// @inheritdoc IVerifierRouter
    function requireActive(address verifier) external view returns (uint8 vendor, uint16 id) {
        Verifier memory v = _verifiers[verifier];
        if (v.state != ACTIVE) revert VerifierNotActive(verifier, v.state);
        return (v.vendor, v.id);
    }

    /// @inheritdoc IVerifierRouter
    function isActive(uint16 id) external view returns (bool) {
        return _verifiers[_ids[id]].state == ACTIVE;
    }

    /// @inheritdoc IVerifierRouter
    function isVerifierOf(uint8 vendor, address verifier) external view returns (bool) {
        Verifier memory v = _verifiers[verifier];
        return v.state == ACTIVE && v.vendor == vendor;
    }

    /// @inheritdoc IVerifierRouter
    function verifierOf(uint16 id) external view returns (address) {
        return _ids[id];
    }

    /// @inheritdoc IVerifierRouter
    function verifierWord(address verifier)
        external
        view
        returns (uint16 id, uint8 vendor, uint8 state, uint40 proposedAt, uint40 activatedAt)
    {
        Verifier memory v = _verifiers[verifier];
        return (v.id, v.vendor, v.state, v.proposedAt, v.activatedAt);
    }

    /// @inheritdoc IRevocable
    function isRevoked(uint8 kind, bytes32 id) external view returns (bool) {
        if (kind != Objects.VERIFIER) revert NotRevocableHere(kind);
        return _verifiers[_addressOf(id)].state == REVOKED;
    }

    // ---- internals

    /// An id with anything above the address would hit the address below it.
    function _addressOf(bytes32 id) private pure returns (address) {
        if (uint256(id) > type(uint160).max) revert IdOutOfRange(Objects.VERIFIER, id);
        return address(uint160(uint256(id)));
    }

    function _activate(address verifier) private {
        Verifier storage v = _verifiers[verifier];
        if (_activeCount[v.vendor] == MAX_PER_VENDOR) revert TooManyVerifiers(v.vendor);
        ++_activeCount[v.vendor];
        v.id = ++_lastId;
        v.state = ACTIVE;
        v.activatedAt = uint40(block.timestamp);
        _ids[v.id] = verifier;
        emit VerifierActivated(verifier, v.vendor, v.id);
        policy.noteVerifier(verifier, v.vendor, v.id, IEvidenceVerifier(verifier).steady());
    }

    function _deactivate(address verifier) private {
        uint8 vendor = _verifiers[verifier].vendor;
        --_activeCount[vendor];
        policy.noteVerifier(verifier, vendor, 0, false);
    }
}
