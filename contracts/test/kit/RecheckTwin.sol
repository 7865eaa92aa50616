// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {Labels} from "../../src/base/Labels.sol";
import {Objects} from "../../src/base/Objects.sol";
import {Claims, TcbStatus, Vendor} from "../../src/base/Types.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {ITcbPolicy} from "../../src/interfaces/ITcbPolicy.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {SaidVerifier} from "./SaidVerifier.sol";

/// @title  RecheckTwin - what a recheck must do, said plainly and from public views alone
/// @notice No flag, no packed word, no steady verifier: every object is asked for, and every verifier.
library RecheckTwin {
    struct World {
        IAttestations attestations;
        ITcbPolicy policy;
        IVerifierRouter router;
    }

    uint8 private constant GOOD = 1;
    uint8 private constant REFUSED = 2;
    uint8 private constant LEAF_REVOKED = 3;

    /// Revert data, empty if it succeeds; and the record as it is then.
    function expected(World memory w, bytes32 key, IAttestations.Preimage memory p, bytes memory rawTcb)
        internal
        view
        returns (bytes memory refusal, IAttestations.Record memory r)
    {
        r = w.attestations.recordOf(key);
        if (r.claims == 0) return (abi.encodeWithSelector(IAttestations.NoRecord.selector, key), r);
        bytes32 claims = Ids.claims(
            Claims(r.vendor, p.product, p.measurement, abi.encodePacked(p.reportHigh, Labels.REPORT), p.platform, rawTcb)
        );
        if (claims != r.claims) {
            return (abi.encodeWithSelector(IAttestations.ClaimsMismatch.selector, claims, r.claims), r);
        }
        bytes32 leaf = keccak256(abi.encode(r.vendor, p.issuer, p.serial));
        if (uint256(leaf) >> 200 != r.leafTag) {
            return (abi.encodeWithSelector(IAttestations.LeafMismatch.selector, key, leaf), r);
        }
        if (!w.router.isActive(r.verifierId)) {
            return (abi.encodeWithSelector(ITcbPolicy.VerifierInactive.selector, r.verifierId), r);
        }
        r.status = SaidVerifier(w.router.verifierOf(r.verifierId)).status();
        r.collateralEpoch = w.policy.collateralEpoch(r.vendor, p.product);
        if (r.standing == LEAF_REVOKED) return ("", r);
        bool vendorIn = w.policy.vendorPolicy(r.vendor).standing == 1;
        if (vendorIn && w.policy.isRevoked(Objects.SERIAL, leaf)) r.standing = LEAF_REVOKED;
        else r.standing = vendorIn && _fits(w.policy, r, p, rawTcb) ? GOOD : REFUSED;
    }

    function _fits(
        ITcbPolicy policy,
        IAttestations.Record memory r,
        IAttestations.Preimage memory p,
        bytes memory rawTcb
    ) private view returns (bool) {
        if (p.platform != 0 && policy.isRevoked(Objects.PLATFORM, p.platform)) return false;
        if (policy.isRevoked(Objects.PRODUCT, Objects.productId(r.vendor, p.product))) return false;
        if (!policy.productAccepted(r.vendor, p.product)) return false;
        ITcbPolicy.VendorPolicy memory v = policy.vendorPolicy(r.vendor);
        ITcbPolicy.ProductPolicy memory own = policy.productPolicy(r.vendor, p.product);
        (uint256 statuses, uint256 until) =
            own.statuses == 0 ? (v.statuses, v.outOfDateUntil) : (own.statuses, own.outOfDateUntil);
        bool old = r.status == TcbStatus.OUT_OF_DATE || r.status == TcbStatus.OUT_OF_DATE_CONFIGURATION;
        if ((statuses >> r.status) & 1 == 0 || (old && block.timestamp > until)) return false;
        return _reaches(r.vendor, rawTcb, policy.minTcb(r.vendor, p.product));
    }

    /// TDX: 48 versions, two numbers of two bytes. SNP: 32 versions, 24 bytes of bits.
    function _reaches(uint8 vendor, bytes memory raw, bytes memory least) private pure returns (bool) {
        if (least.length == 0) return true;
        if (raw.length != least.length) return false;
        if (vendor == Vendor.SNP) {
            for (uint256 i = 0; i < 56; ++i) {
                if (i < 32 ? raw[i] < least[i] : raw[i] & least[i] != least[i]) return false;
            }
            return true;
        }
        for (uint256 i = 0; i < 48; ++i) {
            if (raw[i] < least[i]) return false;
        }
        for (uint256 i = 48; i < 52; i += 2) {
            if (_u16(raw, i) < _u16(least, i)) return false;
        }
        return true;
    }

    function _u16(bytes memory b, uint256 i) private pure returns (uint256) {
        return uint256(uint8(b[i])) << 8 | uint8(b[i + 1]);
    }
}
