// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "./Labels.sol";

/// @title  Objects - names of what can be frozen by the council or revoked by vote
/// @notice object = keccak256(abi.encode(tag, uint8 kind, bytes32 id)). The same name is used by
///         GuardianCouncil (freezes), TcbPolicy, Measurements, VerifierRouter and NodeRegistry.
library Objects {
    uint8 internal constant VENDOR = 1;
    uint8 internal constant PRODUCT = 2;
    uint8 internal constant PLATFORM = 3;
    uint8 internal constant SERIAL = 4;
    uint8 internal constant MEASUREMENT = 5;
    uint8 internal constant NODE = 6;
    uint8 internal constant VERIFIER = 7;

    function objectOf(uint8 kind, bytes32 id) internal pure returns (bytes32) {
        return _hash(Labels.OBJECT, kind, uint256(id));
    }

    /// id of a vendor: its number.
    function vendorId(uint8 vendor) internal pure returns (bytes32) {
        return bytes32(uint256(vendor));
    }

    /// id of a product of a vendor; product as in claims.
    function productId(uint8 vendor, bytes32 product) internal pure returns (bytes32) {
        return keccak256(abi.encode(vendor, product));
    }

    /// id of a certificate. issuer: 0 the vendor's root, 1 its first kind of authority (TDX: PCK
    /// Platform CA), 2 its second (PCK Processor CA). serial: the DER INTEGER as a number.
    function serialId(uint8 vendor, uint8 issuer, uint256 serial) internal pure returns (bytes32) {
        return _hash(bytes32(uint256(vendor)), issuer, serial);
    }

    /// id of a measurement: its digest (SPEC 4).
    function measurementId(bytes32 measurement) internal pure returns (bytes32) {
        return measurement;
    }

    /// id of a node: its number in NodeRegistry.
    function nodeId(uint32 node) internal pure returns (bytes32) {
        return bytes32(uint256(node));
    }

    /// id of a verifier: its address.
    function verifierId(address verifier) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(verifier)));
    }

    /// keccak256(abi.encode(a, b, c)), written behind the free memory pointer and left there (170 gas less).
    function _hash(bytes32 a, uint8 b, uint256 c) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, a)
            mstore(add(m, 0x20), and(b, 0xff))
            mstore(add(m, 0x40), c)
            digest := keccak256(m, 0x60)
        }
    }
}
