// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claims} from "../base/Types.sol";

/// @title  IAttestations - which enclave proved what, and until when
/// @notice Callers: attest, recheck - anybody. Nobody can delete or rewrite a record.
///
///         A record is keyed by Ids.record(kind, subject, context, measurement, platform, verifier):
///         subject = keysHash, context = owner (as bytes32) or app_id. Two words, read by nodes
///         (abi/layout.json: _records[key]); both zero = absent:
///         | word | bits     | field           |                                                  |
///         |------|----------|-----------------|--------------------------------------------------|
///         | 0    | 0..255   | claims          | digest, SPEC 4                                   |
///         | 1    | 0..7     | vendor          |                                                  |
///         | 1    | 8..15    | kind            | 1 node, 2 application                            |
///         | 1    | 16..23   | status          | TcbStatus at the last attest or recheck          |
///         | 1    | 24..31   | standing        | 1 good, 2 refused, 3 leaf revoked (final)        |
///         | 1    | 32..47   | verifierId      | VerifierRouter's number                          |
///         | 1    | 48..79   | collateralEpoch | TcbPolicy's at the last attest or recheck        |
///         | 1    | 80..119  | boundBlock      | number; never falls                              |
///         | 1    | 120..159 | attestedAt      | Unix seconds                                     |
///         | 1    | 160..199 | validUntil      | Unix seconds, last one that counts               |
///         | 1    | 200..255 | leafTag         | first 7 bytes of Findings.leaf                   |
interface IAttestations {
    struct Record {
        bytes32 claims;
        uint8 vendor;
        uint8 kind;
        uint8 status;
        uint8 standing;
        uint16 verifierId;
        uint32 collateralEpoch;
        uint40 boundBlock;
        uint40 attestedAt;
        uint40 validUntil;
        uint56 leafTag;
    }

    /// What a recheck tells of a record: fields of its claims, and the certificate that vouches for the platform.
    /// @param reportHigh first half of the claims' report data; the second is the reserved one
    /// @param issuer     with the serial: Findings.leaf of the attest is their Objects.serialId
    struct Preimage {
        bytes32 product;
        bytes32 measurement;
        bytes32 reportHigh;
        bytes32 platform;
        uint8 issuer;
        uint256 serial;
    }

    /// @notice kind is neither node nor application
    error UnknownKind(uint8 kind);
    /// @notice the bound block is older than maxBoundAge blocks; quote anew
    error BoundBlockTooOld(uint256 boundBlock, uint256 oldest);
    /// @notice the bound block is not mined yet
    error BoundBlockInFuture(uint256 boundBlock, uint256 newest);
    /// @notice the record has evidence of that or a later block; quote anew
    error BoundBlockNotNewer(uint40 boundBlock, uint40 recorded);
    /// @notice the evidence binds other keys, context, chain, contract or block
    error ReportDataMismatch(bytes32 found, bytes32 needed);
    /// @notice the second half of the report data is not the reserved one
    error ReportDataNotReserved(bytes32 found);
    /// @notice an application's record cannot be renewed under a freeze that covers it
    error Frozen(uint8 kind, bytes32 id, uint40 until);
    /// @notice there is no record under that key
    error NoRecord(bytes32 record);
    /// @notice the preimage does not hash to the record's claims
    error ClaimsMismatch(bytes32 found, bytes32 needed);
    /// @notice the leaf is not the one that the record was made with
    error LeafMismatch(bytes32 record, bytes32 leaf);
    /// @notice constructor: a period is out of its range
    error PeriodOutOfRange(uint256 found, uint256 least, uint256 most);

    /// @notice A record was made or renewed. Evidence is in the calldata; state is word 1.
    event Attested(
        bytes32 indexed record,
        bytes32 indexed subject,
        bytes32 indexed context,
        address verifier,
        bytes32 measurement,
        bytes32 platform,
        bytes32 claims,
        uint256 state
    );
    /// @notice A record's status, standing or collateral epoch changed; both words 1.
    event Rechecked(bytes32 indexed record, uint256 oldState, uint256 newState);

    /// @notice Verifies evidence and records what it proves (SPEC 3-5).
    /// @param  kind       1 node, 2 application
    /// @param  subject    keysHash of the enclave's keys (Ids.keysNode, Ids.keysApp)
    /// @param  context    the node's owner as bytes32, or the app_id
    /// @param  verifier   an active verifier; part of the record's key
    /// @param  boundBlock the block whose hash is inside the report data
    /// @param  evidence   see the verifier's manual
    /// @param  hints      see the verifier's manual
    /// @return record     key of the record
    /// @dev    Anybody may send it for anybody: report data binds subject and context. The same
    ///         evidence again succeeds and changes nothing, so a copied transaction cannot make the
    ///         original fail. Not checked here: that the measurement is approved (NodeRegistry, Apps).
    function attest(
        uint8 kind,
        bytes32 subject,
        bytes32 context,
        address verifier,
        uint64 boundBlock,
        bytes calldata evidence,
        bytes calldata hints
    ) external returns (bytes32 record);

    /// @notice Judges a record again under the collateral and policy of now; never moves validUntil. What
    ///         the record knows is left out of its claims' preimage: the vendor, and the reserved half of the
    ///         report data. A verifier that is not active any more: TcbPolicy's VerifierInactive.
    /// @param  p      see Preimage
    /// @param  rawTcb as in the claims
    /// @param  hints  see the verifier's appraise
    function recheck(bytes32 record, Preimage calldata p, bytes calldata rawTcb, bytes calldata hints) external;

    /// @notice True if the record exists, has not expired, stands good, its verifier is active, and
    ///         its vendor is neither revoked nor, like the verifier, frozen by the council.
    ///         Not checked: measurement, node, product and platform freezes (NodeRegistry's duty; a
    ///         revoked product or platform shows here after a recheck).
    function live(bytes32 record) external view returns (bool);

    /// @notice The record; all zero if absent.
    function recordOf(bytes32 record) external view returns (Record memory);
    /// @notice Digest of claims, for whoever must open a record (NodeRegistry.join).
    function claimsOf(Claims calldata preimage) external pure returns (bytes32);
    /// @notice The report data that evidence must carry: D, then the reserved half (SPEC 3).
    function reportData(uint8 kind, bytes32 subject, bytes32 context, uint64 boundBlock, bytes32 blockHash)
        external
        view
        returns (bytes32 high, bytes32 low);
    function maxBoundAgeBlocks() external view returns (uint64);
    function maxAgeSeconds() external view returns (uint40);
}
