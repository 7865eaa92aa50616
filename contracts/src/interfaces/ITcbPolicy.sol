// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRevocable} from "./IRevocable.sol";

/// @title  ITcbPolicy - what the network demands of a machine beyond being genuine
/// @notice Callers: setters, veto, lift - Timelock; revoke - Timelock or Ratifier; advance and
///         recordRevoked - active verifiers of the vendor; reconsider - anybody. It outlives verifiers, so a new one forgets
///         no revocation. Deny by default: a vendor that is not set up here is not accepted.
///
///         Words read by nodes (abi/layout.json), low bit first:
///         _vendors[uint8 vendor]
///         | 0..31    | epoch           | part of the collateral epoch: collateral, lists, acts   |
///         | 32..63   | authorityEpoch  | rises when a certificate of an authority is revoked     |
///         | 64..79   | statuses        | bit (1 << TcbStatus) = accepted                         |
///         | 80..119  | outOfDateUntil  | OutOfDate* count only up to this time; 0 = never        |
///         | 120..151 | minEvaluation   | lowest evaluation number of collateral                  |
///         | 152..159 | standing        | 0 not accepted, 1 accepted, 2 revoked                   |
///         | 160..167 | platformsRevoked| 1 = some platform was revoked (of whatever vendor)      |
///         | 168..175 | productsSet     | 1 = some product of the vendor has a word of its own    |
///         | 176..207 | list1Until      | last second of the revocation list in force of issuer 1 |
///         | 208..239 | list2Until      | the same of issuer 2; 0 = there is none                 |
///         | 240..247 | steadyVerifier  | an active verifier whose statuses never change, by id:  |
///         |          |                 | a recheck does not ask it; 0 = there is none            |
///         | 248..255 | serialsRevoked  | 1 = some serial was revoked (by vote: of any vendor)    |
///         _products[bytes32 productId]
///         | 0..31    | epoch           | acts on the product; collateral epoch = vendor's + this |
///         | 32..39   | standing        | 0 as its vendor, 1 switched off, 2 revoked              |
///         | 40..47   | minTcbLength    | 0 = no minimum                                          |
///         | 48..63   | statuses        | 0 = as its vendor                                       |
///         | 64..103  | outOfDateUntil  | with statuses                                           |
///         _minTcb[productId]: two words, minTcbLength bytes from the left (layout of rawTcb)
///         _revoked[object]: platforms and serials; 0 = not revoked
///         | 0..7     | state           | 1 revoked, 2 lifted                                     |
///         | 8..47    | listedAt        | thisUpdate of the newest list that showed it, or time   |
///         _vetoes[keccak256(abi.encode(uint8 vendor, uint32 number))]: until, Unix seconds
interface ITcbPolicy is IRevocable {
    /// @notice What is judged: who found it, and fields of Findings.
    struct Subject {
        address verifier;
        uint8 vendor;
        uint8 issuer;
        bytes32 product;
        bytes32 platform;
        bytes32 leaf;
        uint8 status;
        uint32 authorityEpoch;
        bytes rawTcb;
    }

    struct VendorPolicy {
        uint32 epoch;
        uint32 authorityEpoch;
        uint16 statuses;
        uint40 outOfDateUntil;
        uint32 minEvaluation;
        uint8 standing;
        bool platformsRevoked;
        bool productsSet;
        uint32 list1Until;
        uint32 list2Until;
        uint8 steadyVerifier;
        bool serialsRevoked;
    }

    struct ProductPolicy {
        uint32 epoch;
        uint8 standing;
        uint8 minTcbLength;
        uint16 statuses;
        uint40 outOfDateUntil;
    }

    /// @notice the caller is not the Timelock
    error NotTimelock(address caller);
    /// @notice not an active verifier of that vendor
    error NotVerifier(address verifier, uint8 vendor);
    /// @notice the verifier with that number is not active any more: attest anew under another one
    error VerifierInactive(uint16 id);
    /// @notice the caller is not the VerifierRouter
    error NotRouter(address caller);
    /// @notice there is no revocation list of the leaf's issuer, or it has expired: post a newer one
    error ListMissing(uint8 vendor, uint8 issuer, uint40 until);
    /// @notice the vendor is not accepted
    error VendorNotAccepted(uint8 vendor);
    /// @notice the vendor was revoked
    error VendorRevoked(uint8 vendor);
    /// @notice the product is switched off
    error ProductOff(uint8 vendor, bytes32 product);
    /// @notice the product was revoked
    error ProductRevoked(uint8 vendor, bytes32 product);
    /// @notice the platform was revoked
    error PlatformRevoked(bytes32 platform);
    /// @notice the certificate that vouches for the platform was revoked
    error LeafRevoked(bytes32 leaf);
    /// @notice an authority above the certificates was revoked since they were posted: post them again
    error AuthorityEpochPassed(uint32 found, uint32 needed);
    /// @notice this TCB status is not accepted (bit set in `accepted` = accepted)
    error StatusNotAccepted(uint8 status, uint16 accepted);
    /// @notice a security version is below the minimum, or the lengths differ (index 254)
    error TcbBelowMinimum(uint8 index);
    /// @notice Revoked and NotSupported are never accepted, and bits above the statuses mean nothing
    error StatusesNotAllowed(uint16 statuses);
    /// @notice a period is out of its range
    error PeriodOutOfRange(uint40 found, uint40 least, uint40 most);
    /// @notice a set can be vetoed once
    error VetoedBefore(uint8 vendor, uint32 number);
    /// @notice only a revoked serial can be lifted
    error NotRevoked(bytes32 object);
    /// @notice what is revoked stays so
    error RevokedForever(uint8 kind, bytes32 id);

    event VendorSet(uint8 indexed vendor, uint16 statuses, uint40 outOfDateUntil, uint32 minEvaluation);
    event ProductSet(uint8 indexed vendor, bytes32 indexed product, bool off, uint16 statuses, uint40 outOfDateUntil);
    event MinTcbSet(uint8 indexed vendor, bytes32 indexed product, bytes oldMinimum, bytes newMinimum);
    event GraceSet(uint40 oldGrace, uint40 newGrace);
    event SetVetoed(uint8 indexed vendor, uint32 indexed number, uint40 until);
    event Revoked(uint8 indexed kind, bytes32 indexed id);
    /// @notice A certificate's serial was shown in a valid list.
    event SerialRevoked(uint8 indexed vendor, uint8 indexed issuer, uint256 indexed serial, uint40 listedAt);
    event SerialLifted(uint8 indexed vendor, uint8 indexed issuer, uint256 indexed serial);
    /// @notice The collateral epoch advanced: of one product, or of the whole vendor (product 0).
    event EpochAdvanced(uint8 indexed vendor, bytes32 indexed product, uint32 epoch);
    event AuthorityEpochAdvanced(uint8 indexed vendor, uint32 epoch);

    // ---- VerifierRouter

    /// @notice VerifierRouter: a verifier became active (its id) or stopped being so (0). Kept here too,
    ///         so that judging evidence reads it beside everything else. A steady one (IEvidenceVerifier)
    ///         is named in its vendor's word, until a younger one is or it ends; ids above 255 never are.
    function noteVerifier(address verifier, uint8 vendor, uint16 id, bool steady) external;

    // ---- verifiers

    /// @notice Verifier of the vendor: levels or identities changed. Advances the vendor's part of the
    ///         collateral epoch: verdicts on all its products are made anew, which costs nodes little.
    function advance(uint8 vendor) external;
    /// @notice Verifier of the vendor: these serials stand in a valid list. New ones count at once and
    ///         advance the collateral epoch; issuer 0 (the root) also the authority epoch.
    ///         A lifted serial counts again only for a list newer than the one that it was lifted from.
    function recordRevoked(uint8 vendor, uint8 issuer, uint256[] calldata serials, uint40 listedAt)
        external;
    /// @notice Verifier of the vendor: all serials of the newest list of issuer 1 or 2 are recorded, and
    ///         the list holds until then.
    function noteList(uint8 vendor, uint8 issuer, uint32 until) external;

    // ---- anybody

    /// @notice Judges a record again: the first cause as a value (error selector, 0 = accepted), the status and
    ///         the collateral epoch. Dates of lists and authority epochs don't matter: a record outlives them.
    ///         Reverts with VerifierInactive, or as the verifier's appraise does.
    /// @param  verifierId number of the verifier that made the record; asked for the status unless it is its
    ///                    vendor's steady one
    /// @param  recorded   the record's status: what a steady verifier says again
    /// @param  product    as in the claims, likewise platform and rawTcb
    /// @param  leaf       Findings.leaf
    /// @param  hints      see the verifier's appraise
    /// @dev    The answer is worth what the arguments are: Attestations has them from the record and its
    ///         claims. State changes only as the verifier's appraise changes it.
    function reconsider(
        uint16 verifierId,
        uint8 vendor,
        uint8 recorded,
        bytes32 product,
        bytes32 platform,
        bytes32 leaf,
        bytes calldata rawTcb,
        bytes calldata hints
    ) external returns (bytes4 cause, uint8 status, uint32 collateralEpoch);

    // ---- Timelock

    /// @notice Accepts a vendor with these statuses. Of a vendor that base/Types does not name, whose flags no
    ///         vote would reach, everything is read from the start. outOfDateUntil limits the OutOfDate ones.
    ///         Collateral below minEvaluation is not taken any more; what is in force ends with its dates.
    function setVendor(uint8 vendor, uint16 statuses, uint40 outOfDateUntil, uint32 minEvaluation) external;
    /// @notice Switches a product off or on, or gives it statuses of its own (0 = as its vendor).
    function setProduct(uint8 vendor, bytes32 product, bool off, uint16 statuses, uint40 outOfDateUntil)
        external;
    /// @notice Least rawTcb of a product, compared component by component; empty = none.
    function setMinTcb(uint8 vendor, bytes32 product, bytes calldata minimum) external;
    /// @notice Grace between first posting and effect of a higher evaluation number.
    function setGrace(uint40 graceSeconds) external;
    /// @notice Keeps a vendor's set of that evaluation number out of force until then: once, 60 d at most.
    ///         Of a number that is in force already, the set before it returns (ITdxVerifier.settle).
    function veto(uint8 vendor, uint32 number, uint40 until) external;
    /// @notice Takes a serial's revocation back; see recordRevoked. While lists still show it nodes go on
    ///         refusing it, and anybody can prove it by a newer list: so this is for what lists dropped.
    function liftSerial(uint8 vendor, uint8 issuer, uint256 serial) external;

    // ---- views

    /// @notice Reverts with the first cause why the subject is not accepted; else its collateral epoch
    ///         and the verifier's id.
    function judge(Subject calldata subject)
        external
        view
        returns (uint32 collateralEpoch, uint16 verifierId);
    function collateralEpoch(uint8 vendor, bytes32 product) external view returns (uint32);
    function authorityEpoch(uint8 vendor) external view returns (uint32);
    function minEvaluation(uint8 vendor) external view returns (uint32);
    function vendorAccepted(uint8 vendor) external view returns (bool);
    function productAccepted(uint8 vendor, bytes32 product) external view returns (bool);
    function graceSeconds() external view returns (uint40);
    function vetoedUntil(uint8 vendor, uint32 number) external view returns (uint40);
    function vendorPolicy(uint8 vendor) external view returns (VendorPolicy memory);
    function productPolicy(uint8 vendor, bytes32 product) external view returns (ProductPolicy memory);
    function minTcb(uint8 vendor, bytes32 product) external view returns (bytes memory);
}
