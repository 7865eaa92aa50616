// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Objects} from "../base/Objects.sol";
import {IGuardianCouncil} from "../interfaces/IGuardianCouncil.sol";
import {IMeasurements} from "../interfaces/IMeasurements.sol";
import {IRevocable} from "../interfaces/IRevocable.sol";

/// @title  Measurements - which node images count, and from when until when
/// @notice Callers: seal - deployer, once; add, sunset - Timelock; revoke - Timelock or Ratifier.
///         The manual is IMeasurements.
/// @custom:invariant ME1 after seal nobody but the Timelock adds
/// @custom:invariant ME2 a revoked measurement never counts again
/// @custom:invariant ME3 a sunset is never lifted or moved to a later time
/// @custom:storage   _entries, _builds: words drawn in IMeasurements
/// @custom:source    SPEC 4, 10
contract Measurements is IMeasurements {
    struct Word {
        uint16 index;
        uint8 vendor;
        uint8 revoked;
        uint40 activeFrom;
        uint40 sunsetAt;
    }

    address public immutable deployer;
    address public immutable timelock;
    address public immutable ratifier;
    IGuardianCouncil public immutable council;

    uint40 public sealedAt;
    uint16 public count;
    mapping(bytes32 measurement => Word) private _entries;
    mapping(bytes32 measurement => bytes32 digest) private _builds;
    mapping(uint16 index => bytes32 measurement) private _indexed;

    constructor(address deployer_, address timelock_, address ratifier_, address council_) {
        deployer = deployer_;
        timelock = timelock_;
        ratifier = ratifier_;
        council = IGuardianCouncil(council_);
    }

    // ---- deployer

    /// @inheritdoc IMeasurements
    function seal(Entry[] calldata list) external {
        if (msg.sender != deployer) revert NotDeployer(msg.sender);
        if (sealedAt != 0) revert SealedAlready();
        if (list.length == 0) revert NothingToSeal();
        sealedAt = uint40(block.timestamp);
        for (uint256 i = 0; i < list.length; ++i) _add(list[i], uint40(block.timestamp));
        emit Sealed(uint40(block.timestamp), count);
    }

    // ---- Timelock

    /// @inheritdoc IMeasurements
    function add(Entry calldata entry, uint40 activeFrom) external {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        if (sealedAt == 0) revert NotSealed();
        if (activeFrom < block.timestamp) revert TimeOutOfOrder(activeFrom, uint40(block.timestamp));
        _add(entry, activeFrom);
    }

    /// @inheritdoc IMeasurements
    function sunset(bytes32 measurement, uint40 end) external {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
        Word storage w = _entries[measurement];
        if (w.index == 0) revert MeasurementUnknown(measurement);
        uint40 old = w.sunsetAt;
        if (end < block.timestamp) revert TimeOutOfOrder(end, uint40(block.timestamp));
        if (old != 0 && end >= old) revert SunsetSet(measurement, old);
        w.sunsetAt = end;
        emit MeasurementSunset(measurement, old, end);
    }

    // ---- Timelock, Ratifier

    /// @inheritdoc IRevocable
    function revoke(uint8 kind, bytes32 id) external {
        if (msg.sender != timelock && msg.sender != ratifier) revert NotTimelockOrRatifier(msg.sender);
        if (kind != Objects.MEASUREMENT) revert NotRevocableHere(kind);
        if (_entries[id].revoked != 0) return;
        _entries[id].revoked = 1;
        emit MeasurementRevoked(id);
    }

    // ---- views

    /// @inheritdoc IMeasurements
    function standing(bytes32 measurement) public view returns (Standing) {
        Word memory w = _entries[measurement];
        if (w.revoked != 0) return Standing.Revoked;
        if (w.index == 0) return Standing.Absent;
        if (w.sunsetAt != 0 && block.timestamp >= w.sunsetAt) return Standing.Gone;
        if (block.timestamp < w.activeFrom) return Standing.Pending;
        bytes32 object = Objects.objectOf(Objects.MEASUREMENT, measurement);
        if (council.frozenUntil(object) >= block.timestamp) return Standing.Frozen;
        return Standing.Active;
    }

    /// @inheritdoc IMeasurements
    function isActive(bytes32 measurement) external view returns (bool) {
        return standing(measurement) == Standing.Active;
    }

    /// @inheritdoc IMeasurements
    function isRenewable(bytes32 measurement) external view returns (bool) {
        Standing s = standing(measurement);
        return s == Standing.Active || s == Standing.Frozen;
    }

    /// @inheritdoc IMeasurements
    function entryOf(bytes32 measurement)
        external
        view
        returns (uint16 index, uint8 vendor, bool revoked, uint40 activeFrom, uint40 sunsetAt)
    {
        Word memory w = _entries[measurement];
        return (w.index, w.vendor, w.revoked != 0, w.activeFrom, w.sunsetAt);
    }

    /// @inheritdoc IMeasurements
    function buildOf(bytes32 measurement) external view returns (bytes32) {
        return _builds[measurement];
    }

    /// @inheritdoc IMeasurements
    function measurementAt(uint16 index) external view returns (bytes32) {
        return _indexed[index];
    }

    /// @inheritdoc IRevocable
    function isRevoked(uint8 kind, bytes32 id) external view returns (bool) {
        if (kind != Objects.MEASUREMENT) revert NotRevocableHere(kind);
        return _entries[id].revoked != 0;
    }

    // ---- internals

    function _add(Entry calldata e, uint40 activeFrom) private {
        if (e.measurement == 0 || e.vendor == 0 || e.sourceDigest == 0 || e.buildDigest == 0) {
            revert EntryIncomplete(e.measurement);
        }
        Word storage w = _entries[e.measurement];
        if (w.index != 0 || w.revoked != 0) revert MeasurementKnown(e.measurement);
        if (count == type(uint16).max) revert TooManyMeasurements();
        uint16 index = ++count;
        w.index = index;
        w.vendor = e.vendor;
        w.activeFrom = activeFrom;
        _builds[e.measurement] = keccak256(abi.encode(e.sourceDigest, e.buildDigest));
        _indexed[index] = e.measurement;
        emit MeasurementAdded(e.measurement, index, e.vendor, activeFrom, e.sourceDigest, e.buildDigest);
    }
}
