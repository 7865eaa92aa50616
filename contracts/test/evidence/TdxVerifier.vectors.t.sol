// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dates} from "../../src/base/Dates.sol";
import {Ids} from "../../src/base/Ids.sol";
import {Claims, TcbStatus} from "../../src/base/Types.sol";
import {IEvidenceVerifier} from "../../src/interfaces/IEvidenceVerifier.sol";
import {TdxFiles} from "../kit/TdxFiles.sol";
import {TdxWorld} from "../kit/TdxWorld.sol";
import {vm} from "../kit/Vm.sol";

/// @title  Genuine Intel evidence and collateral on chain, under the real root
contract TdxVerifierVectorsTest is TdxWorld {
    function setUp() external {
        if (vectorsMissing()) vm.skip(true, "no ../shared/vectors");
        deployWorld(file("tdx/roots/intel-sgx-root-ca.der"), manifestRules());
    }

    /// attestation.md C7's worked vector.
    function test_claimsOfPhala() external {
        vm.warp(Dates.iso("2025-06-25T00:00:00Z", 0));
        TdxFiles.Quote memory q = TdxFiles.quote(file("tdx/v4-phala-uptodate.bin"));
        postSet(readSet("b0c06f000000-2025-06"), q.ca);
        leafRecord = postLeaf(q.leaf);
        IEvidenceVerifier.Findings memory f = verifier.verify(q.evidence, hints());
        eq(bytes32(bytes8(f.measurement)), bytes32(bytes8(0x85ad30c310775053)), "measurement");
        eq(bytes32(bytes8(f.platform)), bytes32(bytes8(0xa5eae5915ed487e0)), "platform");
        bytes32 claims = Ids.claims(
            Claims(f.vendor, f.product, f.measurement, abi.encodePacked(f.reportHigh, f.reportLow), f.platform, f.rawTcb)
        );
        eq(bytes32(bytes8(claims)), bytes32(bytes8(0x3be2b77af936c042)), "claims");
        eq(f.status, TcbStatus.UP_TO_DATE, "status");
        judge(f);
    }
}
