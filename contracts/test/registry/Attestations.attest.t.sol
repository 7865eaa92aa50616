// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ids} from "../../src/base/Ids.sol";
import {IAttestations} from "../../src/interfaces/IAttestations.sol";
import {SimWorld} from "../kit/SimWorld.sol";
import {vm} from "../kit/Vm.sol";

contract AttestationsAttestTest is SimWorld {
    bytes32 internal subject;
    bytes32 internal context;

    function setUp() external {
        setUpSim();
        subject = Ids.keysNode(keccak256("ed"), keccak256("x"), address(0xacc));
        context = Ids.contextOf(address(0x0123));
    }

    function test_firstAndRenewal() external {
        (uint64 bound, bytes32 hash) = nextBlock();
        bytes memory e = evidenceFor(1, subject, context, bound, hash);
        bytes32 key = attestations.attest(1, subject, context, address(verifier), bound, e, hints());
        IAttestations.Record memory r = attestations.recordOf(key);
        eq(r.boundBlock, bound, "bound block");
        ok(attestations.live(key), "live");
        (bound, hash) = nextBlock();
        e = evidenceFor(1, subject, context, bound, hash);
        eq(attestations.attest(1, subject, context, address(verifier), bound, e, hints()), key, "same key");
    }
}
