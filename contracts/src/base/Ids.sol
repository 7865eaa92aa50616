// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Labels} from "./Labels.sol";
import {Claims} from "./Types.sol";

/// @title  Ids - ids and digests that C and Solidity compute alike (SPEC 1-4; crypto/ids.h)
/// @notice All are keccak256 over abi.encode. Pure; no refusals.
library Ids {
    /// keysHash of a node: what its evidence, its record and its registration name.
    function keysNode(bytes32 ed25519Key, bytes32 x25519Key, address account) internal pure returns (bytes32) {
        return keccak256(abi.encode(Labels.KEYS_NODE, ed25519Key, x25519Key, account));
    }

    /// keysHash of an application's enclave.
    function keysApp(bytes32 bootSign, bytes32 bootHpke) internal pure returns (bytes32) {
        return keccak256(abi.encode(Labels.KEYS_APP, bootSign, bootHpke));
    }

    /// context of a node's evidence: its owner; of an application's: its app_id.
    function contextOf(address owner) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(owner)));
    }

    /// Key of an on-chain record. Under less, a stranger's enclave, one forged machine or a younger
    /// verifier could overwrite or shadow somebody's record. image = measurement, machine = platform.
    function record(
        uint8 kind,
        bytes32 subject,
        bytes32 context,
        bytes32 image,
        bytes32 machine,
        address verifier
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(Labels.RECORD, kind, subject, context, image, machine, verifier));
    }

    function claims(Claims memory c) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                Labels.CLAIMS, c.vendor, c.product, c.measurement, c.reportData, c.platform, c.rawTcb
            )
        );
    }

    /// fields: concatenated as they stand in the evidence (attestation.md C7).
    function measurement(uint8 vendor, bytes memory fields) internal pure returns (bytes32) {
        return keccak256(abi.encode(vendor, fields));
    }

    /// x: C7's table. A platform without id is zero and is never hashed.
    function platform(uint8 vendor, bytes memory x) internal pure returns (bytes32) {
        return keccak256(abi.encode(vendor, x));
    }
}
