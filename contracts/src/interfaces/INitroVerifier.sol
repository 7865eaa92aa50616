// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceErrors} from "./IEvidenceErrors.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @title  INitroVerifier - AWS Nitro Enclaves attestation documents, verified on chain
/// @notice Callers: all functions - anybody. Certificates are posted by anybody, from the root down, and
///         count only when they verify under the pinned root G1. AWS publishes no usable revocation lists:
///         certificates are revoked by vote (TcbPolicy), and nothing revoked returns by posting it again,
///         nor does anything below it.
///
///         Evidence for verify: the document, whole. Hints: record of the target certificate (186 bytes),
///         then hints of the document's signature for P384. For appraise: none.
///         Record: public key 96, keccak256 of the subject's DER 32, path 32, kind u8 (0 CA, 1 target),
///         number of CAs that may stand below u8 (255 any), last second of the chain's validity u32,
///         serial 20.
///         Path: SHA-256 of the root's DER; below it SHA-256 of the issuer's path and the DER. So the
///         chain in a document is the chain that was posted, byte for byte.
///         leaf of the findings: Objects.serialId(NITRO, 1, serial of the target). CAs: issuer 0.
///         AWS states no TCB: rawTcb is empty, product zero and the status UpToDate.
interface INitroVerifier is IEvidenceVerifier, IEvidenceErrors {
    /// @notice Contracts of pure code, which the verifier trusts as itself: an auditor checks their code
    ///         hashes against the build.
    struct Parts {
        address reader;
        address sha384;
        address p384;
    }

    // ---- posting

    /// @notice the record is of a target certificate, which issues nothing
    error NotAnAuthority(bytes32 tag);
    /// @notice the issuer may have no further CA below it
    error PathTooLong();

    // ---- evidence

    /// @notice the document is over 16 KiB
    error DocumentTooLarge(uint256 found, uint256 most);
    /// @notice the envelope is no COSE_Sign1 of four parts with a signature of 96 bytes
    error CoseForm(uint256 offset);
    /// @notice the protected header is not {1: -35}, or the unprotected one is not empty
    error CoseHeader(uint256 offset);
    /// @notice a field is missing; found: bit 0 module_id, digest, timestamp, pcrs, certificate, cabundle,
    ///         public_key, user_data, nonce
    error FieldMissing(uint256 found, uint256 needed);
    /// @notice a field (its bit) has a value out of its range
    error FieldValue(uint256 field);
    /// @notice the document's chain is not that of the record
    error PathMismatch(bytes32 found, bytes32 needed);
    /// @notice |timestamp - block time| is over ten minutes
    error TimestampFar(uint256 milliseconds, uint256 present);
    /// @notice a PCR of the measurement is missing
    error PcrMissing(uint8 index);
    /// @notice a PCR of the measurement is zero
    error PcrZero(uint8 index);
    /// @notice the enclave runs in debug mode
    error EnclaveDebug();
    /// @notice user_data has not the 64 bytes of report data
    error UserDataLength(uint256 found);
    /// @notice public_key or nonce is not null
    error ExtraField();
    /// @notice wrong signature, or false hints
    error DocumentSignature();

    // ---- events

    /// @notice A certificate counts from now on; record: the preimage of tag, for hints and for posting below.
    event CertificatePosted(bytes32 indexed tag, bytes32 indexed serialId, uint8 kind, bytes record);

    // ---- functions

    /// @notice Posts a certificate.
    /// @param issuer record of its issuer; empty: the root
    /// @param hints  hints of its signature for P384
    /// @return tag   keccak256 of its record
    function addCert(bytes calldata certificate, bytes calldata issuer, bytes calldata hints)
        external
        returns (bytes32 tag);

    /// @notice What verify does but for the form of user_data, public_key and nonce.
    /// @return findings all but the report data
    /// @return userData the document's; empty also if it is null
    function examine(bytes calldata document, bytes calldata hints)
        external
        view
        returns (Findings memory findings, bytes memory userData);

    // ---- views

    function certificateKnown(bytes32 tag) external view returns (bool);

    function rootHash() external view returns (bytes32);
}
