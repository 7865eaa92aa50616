// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  IEvidenceErrors - refusals that the verifiers of all vendors share
interface IEvidenceErrors {
    /// @notice off chain 31337 the root must be the vendor's
    error RootNotPinned(bytes32 found, bytes32 needed);
    /// @notice the root certificate is not a self-signed authority
    error RootNotAuthority();
    /// @notice the certificate or list is not valid now
    error NotValidNow(uint256 from, uint256 until, uint256 present);
    /// @notice another name, usage, flag or extension than the certificate's place demands
    error CertificateRole(bytes32 commonName);
    /// @notice the issuer's name differs
    error IssuerMismatch(bytes32 found, bytes32 needed);
    /// @notice the signature is not the issuer's
    error SignatureInvalid();
    /// @notice no such authority was posted
    error AuthorityUnknown(bytes32 authority);
    /// @notice a revocation came since the authority was posted: post it again
    error AuthorityStale(bytes32 authority);
    /// @notice the certificate is revoked
    error CertificateRevoked(bytes32 serialId);
    /// @notice the evidence has another length
    error EvidenceLength(uint256 found, uint256 needed);
    /// @notice the hints end early
    error HintsTruncated(uint256 found, uint256 needed);
    /// @notice no certificate with that record was posted
    error LeafUnknown(bytes32 leafTag);
    /// @notice the certificate or one above it has expired
    error LeafExpired(uint256 until);
    /// @notice rawTcb has another length than the vendor's
    error RawTcbLength(uint256 found);
}
