// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRevocable} from "./IRevocable.sol";

/// @title  IMeasurements - which node images count, and from when until when
/// @notice Callers: seal - deployer, once; add, sunset - Timelock; revoke - Timelock or Ratifier.
///         Freezes are the council's (object MEASUREMENT). Life: pending, active, sunset, gone.
///
///         Storage word of a measurement, read by nodes (abi/layout.json: _entries[measurement]):
///         | bits    | field      |                                                        |
///         |---------|------------|--------------------------------------------------------|
///         | 0..15   | index      | 1, 2, ...; zero = absent                               |
///         | 16..23  | vendor     |                                                        |
///         | 24..31  | revoked    | 1 = for ever                                           |
///         | 32..71  | activeFrom | Unix seconds                                           |
///         | 72..111 | sunsetAt   | Unix seconds, first one that does not count; 0 = none  |
///         Beside it _builds[measurement] = keccak256(abi.encode(sourceDigest, buildDigest)).
interface IMeasurements is IRevocable {
    /// @param measurement  digest of SPEC 4
    /// @param vendor       whose evidence has it
    /// @param sourceDigest SHA-256 of the source archive
    /// @param buildDigest  SHA-256 of the reproducible build's outputs
    struct Entry {
        bytes32 measurement;
        uint8 vendor;
        bytes32 sourceDigest;
        bytes32 buildDigest;
    }

    enum Standing {
        Absent,
        Pending,
        Active,
        Frozen,
        Gone,
        Revoked
    }

    /// @notice the caller is not the Timelock
    error NotTimelock(address caller);
    /// @notice the caller is not the deployer named at construction
    error NotDeployer(address caller);
    /// @notice genesis measurements are sealed once
    error SealedAlready();
    /// @notice nothing can be added before seal
    error NotSealed();
    /// @notice the list is empty
    error NothingToSeal();
    /// @notice zero measurement, vendor or digests
    error EntryIncomplete(bytes32 measurement);
    /// @notice the measurement is there already (or was revoked)
    error MeasurementKnown(bytes32 measurement);
    /// @notice there is no such measurement
    error MeasurementUnknown(bytes32 measurement);
    /// @notice a time lies in the past or a sunset before the activation
    error TimeOutOfOrder(uint40 found, uint40 least);
    /// @notice a sunset can only be brought forward or set once, never lifted
    error SunsetSet(bytes32 measurement, uint40 sunsetAt);
    /// @notice no more than 65,535 measurements
    error TooManyMeasurements();

    event MeasurementAdded(
        bytes32 indexed measurement,
        uint16 indexed index,
        uint8 vendor,
        uint40 activeFrom,
        bytes32 sourceDigest,
        bytes32 buildDigest
    );
    event Sealed(uint40 sealedAt, uint16 count);
    event MeasurementSunset(bytes32 indexed measurement, uint40 oldSunset, uint40 newSunset);
    event MeasurementRevoked(bytes32 indexed measurement);

    /// @notice Deployer, once: the genesis measurements, active at once. Nobody has this right again.
    function seal(Entry[] calldata list) external;
    /// @notice Timelock: adds a measurement that counts from `activeFrom` on (not before now).
    function add(Entry calldata entry, uint40 activeFrom) external;
    /// @notice Timelock: the measurement counts until (excluding) `end`; later only an earlier time.
    function sunset(bytes32 measurement, uint40 end) external;

    /// @notice Time of seal; 0 before it. Epochs refuses genesis until some days after.
    function sealedAt() external view returns (uint40);
    /// @notice Present standing, freezes included.
    function standing(bytes32 measurement) external view returns (Standing);
    /// @notice standing == Active
    function isActive(bytes32 measurement) external view returns (bool);
    /// @notice Active or Frozen: good enough to renew a node's record and keep its seat (SPEC 10).
    function isRenewable(bytes32 measurement) external view returns (bool);
    function entryOf(bytes32 measurement)
        external
        view
        returns (uint16 index, uint8 vendor, bool revoked, uint40 activeFrom, uint40 sunsetAt);
    function buildOf(bytes32 measurement) external view returns (bytes32);
    /// @notice The measurement with an index; zero if there is none.
    function measurementAt(uint16 index) external view returns (bytes32);
    function count() external view returns (uint16);
}
