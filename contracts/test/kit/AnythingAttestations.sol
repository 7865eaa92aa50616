// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Objects} from "../../src/base/Objects.sol";
import {Claims, Kind, TcbStatus, Vendor} from "../../src/base/Types.sol";
import {TdxQuote} from "../../src/evidence/TdxQuote.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";

/// @title  AnythingAttestations - a test's Attestations that records whatever it is told
/// @notice Callers: attest - anybody. It takes apart what Attestations would have had verified, verifies
///         nothing and records it as good: what a broken verifier, or a forger whom it does not notice,
///         would leave behind. Its code is put at the address of Attestations, so its storage is laid
///         out like that one's and it has no constructor arguments. What it records has collateral epoch
///         0 and verifier number 0.
contract AnythingAttestations {
    uint40 private constant MAX_AGE = 1 days;
    uint8 private constant GOOD = 1;

    mapping(bytes32 record => IAttestations.Record) private _records;

    /// Like IAttestations.attest; hints need only begin with the leaf record (ITdxVerifier).
    function attest(
        uint8 kind,
        bytes32 subject,
        bytes32 context,
        address verifier,
        uint64 boundBlock,
        bytes calldata evidence,
        bytes calldata hints
    ) external returns (bytes32 record) {
        Claims memory c = claimsIn(evidence, hints);
        bytes32 claims = Ids.claims(c);
        record = Ids.record(kind, subject, context, c.measurement, c.platform, verifier);
        _records[record] = IAttestations.Record({
            claims: claims,
            vendor: Vendor.TDX,
            kind: kind,
            status: TcbStatus.UP_TO_DATE,
            standing: GOOD,
            verifierId: 0,
            collateralEpoch: 0,
            boundBlock: uint40(boundBlock),
            attestedAt: uint40(block.timestamp),
            validUntil: uint40(block.timestamp) + MAX_AGE,
            leafTag: uint56(bytes7(Objects.serialId(Vendor.TDX, uint8(hints[106]), uint160(bytes20(hints[107:127])))))
        });
        emit IAttestations.Attested(
            record, subject, context, verifier, c.measurement, c.platform, claims, _state(record)
        );
    }

    function recordOf(bytes32 record) external view returns (IAttestations.Record memory) {
        return _records[record];
    }

    /// Claims of a stripped quote and its leaf record, as they stand there (attestation.md C7).
    function claimsIn(bytes calldata e, bytes calldata hints) public pure returns (Claims memory c) {
        TdxQuote.Layout memory q = TdxQuote.open(e);
        uint256 b = q.body;
        c.vendor = Vendor.TDX;
        c.product = bytes32(bytes8(hints[80:88]));
        c.measurement = Ids.measurement(
            Vendor.TDX,
            bytes.concat(
                e[b + TdxQuote.MRTD:b + TdxQuote.MRTD + 48],
                e[b + TdxQuote.RTMR0:b + TdxQuote.RTMR0 + 192],
                e[b + TdxQuote.MRCONFIGID:b + TdxQuote.MRCONFIGID + 144],
                e[b + TdxQuote.TDATTRIBUTES:b + TdxQuote.TDATTRIBUTES + 16]
            )
        );
        c.reportData = e[b + TdxQuote.REPORTDATA:b + TdxQuote.REPORTDATA + 64];
        c.platform = Ids.platform(Vendor.TDX, hints[64:80]);
        bytes memory second = new bytes(16);
        if (q.is15) second = e[b + TdxQuote.TEE_TCB_SVN2:b + TdxQuote.TEE_TCB_SVN2 + 16];
        uint256 isvsvn = q.qe + TdxQuote.QE_ISVSVN;
        c.rawTcb = bytes.concat(e[b:b + 16], second, hints[88:106], e[isvsvn + 1], e[isvsvn]);
    }

    function _state(bytes32 record) private view returns (uint256 state) {
        IAttestations.Record storage r = _records[record];
        assembly {
            state := sload(add(r.slot, 1))
        }
    }
}
