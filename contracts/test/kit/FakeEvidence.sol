// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Objects} from "../../src/base/Objects.sol";
import {Claims} from "../../src/base/Types.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {IMeasurements} from "../../src/interfaces/IMeasurements.sol";

/// @title  FakeAttestations - records that a test states, where registry and epochs are under test
/// @notice Answers what they ask: live, recordOf. Vendor and verifier freezes are a flag here.
contract FakeAttestations {
    mapping(bytes32 record => IAttestations.Record) private _records;
    mapping(uint8 vendor => bool) public stopped;

    function state(bytes32 record, Claims calldata claims, uint40 validUntil) external {
        IAttestations.Record storage r = _records[record];
        r.claims = Ids.claims(claims);
        r.vendor = claims.vendor;
        r.kind = 1;
        r.standing = 1;
        r.validUntil = validUntil;
        r.leafTag = uint56(bytes7(keccak256(abi.encode(claims.platform))));
    }

    function setStanding(bytes32 record, uint8 standing) external {
        _records[record].standing = standing;
    }

    function setValidUntil(bytes32 record, uint40 until) external {
        _records[record].validUntil = until;
    }

    function stop(uint8 vendor, bool stopped_) external {
        stopped[vendor] = stopped_;
    }

    function live(bytes32 record) external view returns (bool) {
        IAttestations.Record storage r = _records[record];
        return r.validUntil >= block.timestamp && r.standing == 1 && !stopped[r.vendor];
    }

    function recordOf(bytes32 record) external view returns (IAttestations.Record memory) {
        return _records[record];
    }
}

/// @title  FakeMeasurements - measurements that a test approves and revokes
contract FakeMeasurements {
    mapping(bytes32 measurement => bool) public isActive;
    mapping(bytes32 measurement => bool) private _revoked;
    uint40 public sealedAt;

    function set(bytes32 measurement, bool active) external {
        isActive[measurement] = active;
    }

    function seal() external {
        sealedAt = uint40(block.timestamp);
    }

    function isRenewable(bytes32 measurement) external view returns (bool) {
        return isActive[measurement];
    }

    function revoke(uint8, bytes32 measurement) external {
        _revoked[measurement] = true;
        isActive[measurement] = false;
    }

    function isRevoked(uint8, bytes32 measurement) external view returns (bool) {
        return _revoked[measurement];
    }
}

/// @title  FakeTcbPolicy - revocations that a test states
contract FakeTcbPolicy {
    mapping(bytes32 object => bool) private _revoked;

    function revoke(uint8 kind, bytes32 id) external {
        _revoked[Objects.objectOf(kind, id)] = true;
    }

    function isRevoked(uint8 kind, bytes32 id) external view returns (bool) {
        return _revoked[Objects.objectOf(kind, id)];
    }

    function productAccepted(uint8 vendor, bytes32 product) external view returns (bool) {
        return !_revoked[Objects.objectOf(Objects.PRODUCT, Objects.productId(vendor, product))];
    }
}

/// @title  FakeCouncil - nothing is ever frozen
contract FakeCouncil {
    function frozenUntil(bytes32) external pure returns (uint40) {
        return 0;
    }

    function leafFrozenUntil(uint56) external pure returns (uint40) {
        return 0;
    }

    function anyFreezeUntil() external pure returns (uint40) {
        return 0;
    }
}
