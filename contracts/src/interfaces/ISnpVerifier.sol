// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceErrors} from "./IEvidenceErrors.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";

/// @title  ISnpVerifier - AMD SEV-SNP reports (versions 2 to 5; Milan, Genoa, Turin), verified on chain
/// @notice Callers: all functions - anybody. Certificates and revocation lists are posted by anybody and
///         count only when they verify under the pinned ARKs. Nothing is removed by hand, and nothing
///         revoked returns by posting it again (revocations are in TcbPolicy).
///
///         Evidence for verify: the report, 1,184 bytes. Hints: leaf record (194 bytes), then hints of the
///         report's signature for P384. For appraise: none.
///         Leaf record: public key 96, product u8 (0 Milan, 1 Genoa, 2 Turin), role u8 (1 VCEK, 2 VLEK),
///         HWID 64 (zeros behind Turin's 8; VLEK: zero), patch levels as REPORTED_TCB has them 8, serial
///         of the ASK or ASVK 20, last second of the chain's validity u32.
///         leaf of the findings: Objects.serialId(SNP, 16 + product, serial of the ASK or ASVK): serials
///         of VCEKs and VLEKs are all zero, and AMD's lists name ASKs and ASVKs only.
///         AMD states no TCB status: it is UpToDate, and what counts is TcbPolicy's minimum.
///
///         Storage read by nodes (abi/layout.json): _inForce[16 + product], SHA-256 of the tbsCertList in
///         force; zero: none.
interface ISnpVerifier is IEvidenceVerifier, IEvidenceErrors {
    /// @param maxVmpl       greatest VMPL of a guest
    /// @param vlek          reports signed by a VLEK are accepted (platform 0)
    /// @param listsRequired a report counts only while its ARK's revocation list is in date
    struct SnpRules {
        uint32 maxVmpl;
        bool vlek;
        bool listsRequired;
    }

    /// @notice Contracts of pure code, which the verifier trusts as itself: an auditor checks their code
    ///         hashes against the build.
    struct Parts {
        address reader;
        address sha384;
        address p384;
    }

    // ---- construction

    /// @notice two roots are of one product
    error RootTwice(uint8 product);

    /// @notice off chain 31337 a report counts only under a revocation list
    error ListsNotRequired();

    // ---- posting

    /// @notice no root of that product is pinned
    error ProductUnknown(uint8 product);
    /// @notice the key given is not the issuer's
    error IssuerKeyMismatch(bytes32 found, bytes32 needed);
    /// @notice a list of that product as new as this or newer is in force
    error CrlNotNewer(uint256 found, uint256 needed);
    /// @notice the serial is not in the list
    error SerialNotListed(uint256 serial);
    /// @notice AMD's extensions of the key are not those of its product and role
    error AmdExtensions(bytes32 productName);

    // ---- evidence

    /// @notice there is no revocation list of the product's root, or it has expired
    error CrlMissing(uint8 product, uint256 until);
    /// @notice the report's version is not 2 to 5
    error SnpVersion(uint32 found);
    /// @notice the report is not signed with ECDSA P-384 and SHA-384
    error SnpAlgorithm(uint32 found);
    /// @notice a reserved field is not zero
    error SnpReserved(uint256 offset);
    /// @notice POLICY: bit 17 is clear
    error SnpGuestPolicy(uint64 policy);
    /// @notice the guest can be debugged
    error SnpDebug(uint64 policy);
    /// @notice the guest can be migrated
    error SnpMigratable(uint64 policy);
    /// @notice the guest runs at a higher VMPL than the network takes
    error SnpVmpl(uint32 found, uint32 most);
    /// @notice KEY_INFO names another kind of key than the certificate's, or none
    error SnpSigningKey(uint32 keyInfo);
    /// @notice a VCEK of a platform that masks its chip's key
    error SnpMaskedChipKey();
    /// @notice keys of VLEK are not accepted
    error SnpVlek();
    /// @notice the processor of the report is not of the certificate's product
    error SnpProduct(uint8 family, uint8 model);
    /// @notice REPORTED_TCB is not the certificate's
    error SnpReportedTcb(bytes8 found, bytes8 needed);
    /// @notice not CURRENT >= COMMITTED >= REPORTED in every component
    error SnpTcbOrder();
    /// @notice CHIP_ID is not the certificate's HWID
    error SnpChipId();
    /// @notice wrong signature, or false hints
    error SnpSignature();

    // ---- events

    /// @notice An ASK or ASVK counts from now on; key: its modulus.
    event AuthorityPosted(bytes32 indexed authority, uint8 product, uint8 role, uint256 serial, uint256 notAfter);
    /// @notice A VCEK or VLEK counts from now on; record: the preimage of leafTag, for hints.
    event LeafPosted(bytes32 indexed leafTag, bytes32 indexed serialId, bytes32 product, bytes record);
    /// @notice A revocation list came into force.
    event CrlInForce(uint8 indexed product, bytes32 digest, uint256 thisUpdate, uint256 nextUpdate, uint256 entries);

    // ---- functions

    /// @notice Posts a certificate.
    /// @param issuer  product number (0 to 2) for an ASK or ASVK; authority id for a VCEK or VLEK
    /// @param modulus the issuer's RSA modulus, 512 bytes
    /// @return id     authority id, or leaf tag
    function addCert(bytes calldata certificate, bytes32 issuer, bytes calldata modulus) external returns (bytes32 id);

    /// @notice Posts the revocation list of a product's ARK; its serials are recorded before it counts.
    function addCrl(bytes calldata list, uint8 product, bytes calldata modulus) external;

    /// @notice Records serials that a valid list shows, whether or not it is the newest one.
    function proveRevoked(bytes calldata list, uint8 product, bytes calldata modulus, uint256[] calldata serials)
        external;

    // ---- views

    /// @notice SHA-256 of the tbsCertList in force; object: 16 + product
    function inForce(bytes32 object) external view returns (bytes32);

    function crl(uint8 product) external view returns (uint256 thisUpdate, uint256 until);

    function leafKnown(bytes32 leafTag) external view returns (bool);

    function rules() external view returns (SnpRules memory);

    /// @notice SHA-256 of the product's ARK; zero: none is pinned
    function rootHash(uint8 product) external view returns (bytes32);
}
