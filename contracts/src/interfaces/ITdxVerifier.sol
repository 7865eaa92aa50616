// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceErrors} from "./IEvidenceErrors.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @title  ITdxVerifier - Intel TDX quotes (v4, v5; ECDSA P-256), verified on chain
/// @notice Callers: all functions - anybody. Certificates, revocation lists and collateral are posted
///         by anybody and count only when they verify under the pinned root. Nothing is removed by
///         hand, and nothing revoked returns by posting it again (revocations are in TcbPolicy).
///
///         Evidence for verify: the quote without certificates, i.e. its signed bytes (632, 638, 702
///         or 939), signature 64, attestation key 64, QE report 384, QE report's signature 64,
///         authentication data (the rest).
///         Hints for verify: leaf record (131 bytes) | length of the TCB table, u16 | TCB table |
///         QE table. For appraise the same without the leaf record.
///         Leaf record: public key 64, PPID 16, FMSPC 6, PCEID 2, component SVNs 16, PCESVN u16, issuer
///         u8 (1 Platform CA, 2 Processor CA), serial 20, last second of the chain's validity u32.
///         TCB table: count of modules u8 | each {major u8 (first: unnumbered, 0), mrsigner 48,
///         attributes 8, mask 8, count of levels u8, levels {isvsvn u16, status u8}} | count of levels u8
///         | each {sgx SVNs 16, tdx SVNs 16, pcesvn u16, status u8}.
///         QE table: miscselect 4, mask 4, attributes 16, mask 16, mrsigner 32, isvprodid u16 | count of
///         levels u8 | levels {isvsvn u16, status u8}.
///
///         Storage read by nodes (abi/layout.json): _inForce[object], SHA-256 of the bytes that Intel
///         signed of the object in force (inner JSON object, tbsCertList); zero: none. Objects: a TCB
///         info is its product; QE identity 1, root CRL 2, Platform CA's CRL 3, Processor CA's CRL 4.
interface ITdxVerifier is IEvidenceVerifier, IEvidenceErrors {
    /// @param tdRequired   TDATTRIBUTES bits that must be set, as a little-endian number
    /// @param tdAllowed    bits that may be set; the debug group and MIGRATABLE never are
    /// @param serviceTd    a bound service TD (MRSERVICETD) is accepted; networks say no
    struct TdRules {
        uint64 tdRequired;
        uint64 tdAllowed;
        uint64 xfamRequired;
        uint64 xfamAllowed;
        bool serviceTd;
    }

    /// @notice The two contracts of pure code that read certificates and collateral: the verifier trusts
    ///         them as itself, so an auditor checks their code hashes against the build.
    struct Readers {
        address certificates;
        address collateral;
    }

    // ---- posting

    /// @notice there is no revocation list of that issuer, or it has expired
    error CrlMissing(uint8 issuer, uint256 until);
    /// @notice a list of that issuer as new as this or newer is in force
    error CrlNotNewer(uint256 found, uint256 needed);
    /// @notice the serial is not in the list
    error SerialNotListed(uint256 serial);
    /// @notice kind is neither TCB info nor QE identity
    error UnknownCollateral(uint8 kind);
    /// @notice below the lowest number that TcbPolicy takes
    error EvaluationTooLow(uint256 found, uint256 needed);
    /// @notice a higher evaluation number is in force
    error EvaluationSuperseded(uint256 found, uint256 needed);
    /// @notice the object of that number which is there is newer
    error CollateralNotNewer(uint256 found, uint256 needed);

    // ---- evidence

    /// @notice the evidence is over 8 KiB
    error EvidenceTooLarge(uint256 found, uint256 most);
    /// @notice the evidence ends early
    error EvidenceTruncated(uint256 found, uint256 needed);
    /// @notice the quote is neither version 4 nor 5
    error UnsupportedVersion(uint16 found);
    /// @notice the attestation key is not ECDSA P-256
    error UnsupportedKeyType(uint16 found);
    /// @notice the quote is not of a TD
    error UnsupportedTee(uint32 found);
    /// @notice the quoting enclave is not Intel's
    error QeVendor(bytes16 found);
    /// @notice the body is not a TD report, or its size is not its type's
    error BodyType(uint16 found, uint32 size);
    /// @notice no such object was posted
    error CollateralMissing(bytes32 object);
    /// @notice the object in force has expired: post a newer one
    error CollateralExpired(bytes32 object, uint256 until);
    /// @notice the table of the hints is not the one in force
    error TableMismatch(bytes32 object);
    /// @notice the QE report is not signed by the PCK key
    error QeSignature();
    /// @notice the QE report binds another attestation key or authentication data
    error QeBinding();
    /// @notice MISCSELECT of the QE differs from the identity's under its mask
    error QeMiscselect(bytes4 found);
    /// @notice ATTRIBUTES of the QE differ from the identity's under their mask
    error QeAttributes(bytes16 found);
    /// @notice the QE's MRSIGNER is not the identity's
    error QeSigner(bytes32 found);
    /// @notice the QE's ISVPRODID is not the identity's
    error QeProduct(uint16 found);
    /// @notice the quoting enclave is in debug mode
    error QeDebug();
    /// @notice wrong signature, or an attestation key that is no point of P-256
    error QuoteSignature();
    /// @notice the TCB info names no TDX module of that major version
    error ModuleUnknown(uint8 major);
    /// @notice the TDX module has another signer than the TCB info names
    error ModuleSigner();
    /// @notice SEAMATTRIBUTES are not all zero
    error ModuleAttributes(bytes8 found);
    /// @notice the TD can be debugged
    error TdDebug(uint64 attributes);
    /// @notice the TD can be migrated
    error TdMigratable(uint64 attributes);
    /// @notice a TDATTRIBUTES bit is set that the network does not allow
    error TdAttributesForbidden(uint64 found, uint64 allowed);
    /// @notice a TDATTRIBUTES bit is missing that the network requires
    error TdAttributesMissing(uint64 found, uint64 needed);
    /// @notice XFAM lacks a required bit or has one that is not allowed
    error Xfam(uint64 found);
    /// @notice a service TD is bound to the TD
    error ServiceTd();

    // ---- events

    event AuthorityPosted(bytes32 indexed authority, uint8 indexed role, uint256 serial, uint256 notAfter);
    event LeafPosted(bytes32 indexed leafTag, bytes32 indexed serialId, bytes32 indexed product, bytes record);
    event CrlInForce(
        uint8 indexed issuer,
        bytes32 indexed digest,
        uint256 thisUpdate,
        uint256 nextUpdate,
        uint256 oldEntries,
        uint256 newEntries
    );
    event CrlPartlyRead(uint8 indexed issuer, bytes32 indexed digest, uint256 done, uint256 entries);
    event CollateralPending(
        bytes32 indexed object, uint256 indexed number, bytes32 digest, uint256 effectAt, uint256 until
    );
    event CollateralInForce(
        bytes32 indexed object, uint256 indexed number, bytes32 digest, bytes32 oldDigest, uint256 until
    );

    /// @notice Posts a certificate: issuer 0 for those directly under the root (PCK CAs, TCB signer),
    ///         else the authority that addCert returned. The root CRL must be in force first.
    /// @return id of the authority, or leafTag of a PCK certificate
    function addCert(bytes calldata certificate, bytes32 issuer) external returns (bytes32 id);

    /// @notice Posts a revocation list of the root (issuer 0) or of an authority. All entries are
    ///         recorded as revoked before it comes into force; `limit` bounds how many this call
    ///         records, and the same call again goes on. The newest list per issuer is in force.
    function addCrl(bytes calldata crl, bytes32 issuer, uint256 limit) external;

    /// @notice Shows serials in any valid list, also one that is not the newest.
    function proveRevoked(bytes calldata crl, bytes32 issuer, uint256[] calldata serials) external;

    /// @notice Posts TCB info (kind 1) or QE identity (kind 2).
    /// @param  object the inner JSON object, exactly as signed  @param r,s its signature
    /// @param  signer authority of role 3
    /// @dev    First of its object, or of the number in force: in force at once (the latter only if not
    ///         older). A higher number: in force after TcbPolicy's grace, counted from the first posting
    ///         of that or any higher number. A lower one: refused, but under a veto the one that was in
    ///         force before.
    function addCollateral(uint8 kind, bytes calldata object, uint256 r, uint256 s, bytes32 signer) external;

    /// @notice Brings ripe collateral of an object into force. verify and addCollateral do it too. If the
    ///         number in force is vetoed, the one before it returns, if it is in date, until the veto ends:
    ///         this alone does that.
    function settle(bytes32 object) external;

    // ---- views

    function inForce(bytes32 object) external view returns (bytes32 digest);
    /// @notice tableTag: first 20 bytes of the table's keccak256; nextRipe 0: nothing pending.
    function active(bytes32 object)
        external
        view
        returns (uint256 number, bytes20 tableTag, uint256 until, uint256 nextRipe, uint256 authorityEpoch);
    function pending(bytes32 object, uint256 index) external view returns (uint256 number, uint256 effectAt);
    function crl(uint8 issuer) external view returns (uint256 thisUpdate, uint256 until, uint256 entries);
    function leafKnown(bytes32 leafTag) external view returns (bool);
    function rules() external view returns (TdRules memory);
    function rootHash() external view returns (bytes32);
}
