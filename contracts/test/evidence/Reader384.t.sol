// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AmdKey} from "../../src/evidence/AmdKey.sol";
import {Certificate384} from "../../src/evidence/Certificate384.sol";
import {Deploys} from "../kit/Deploys.sol";
import {VendorCases} from "./VendorCases.t.sol";

/// What tests call of Reader384, which they deploy by artifact.
interface IReader384 {
    function certificate(bytes calldata der)
        external
        pure
        returns (Certificate384.Certificate memory c, bytes memory key);
    function amdKey(bytes calldata der, uint256 start, uint256 end) external pure returns (AmdKey.Key memory);
    function revocationList(bytes calldata der)
        external
        pure
        returns (Certificate384.RevocationList memory l, uint256[] memory serials);
}

/// @title  Reader384 on DER of which one place is wrong, each under the error that it names
/// @notice Cases: test/reference/reader_cases.py.
contract Reader384Test is VendorCases {
    IReader384 internal readers;

    function setUp() external {
        readers = IReader384(Deploys.create("Reader384.sol:Reader384", ""));
    }

    function callOf(bytes memory der, string memory kind) internal pure returns (bytes memory) {
        if (same(kind, "certificate")) return abi.encodeCall(IReader384.certificate, (der));
        if (same(kind, "list")) return abi.encodeCall(IReader384.revocationList, (der));
        return abi.encodeCall(IReader384.amdKey, (der, 0, der.length));
    }

    function test_everyCase() external view {
        uint256 i;
        for (; there("reader", i); ++i) {
            bytes memory call = callOf(input("reader", i, "a"), string(input("reader", i, "b")));
            (bool good, bytes memory answer) = address(readers).staticcall(call);
            settle("reader", i, good, answer);
        }
        ok(i >= 150, "cases");
    }

    /// What is read of good ones: the fields that verifiers judge by.
    function test_fields() external view {
        (Certificate384.Certificate memory c, bytes memory key) = readers.certificate(caseFile("snp", "ask"));
        eq(c.serial, 0x10001, "serial");
        eq(c.commonName, "SEV-Milan", "common name");
        ok(c.isCa && c.pathLength == 0 && c.usage == 0x0400, "a CA with none below it");
        eq(c.algorithm, Certificate384.PSS, "algorithm");
        eq(keccak256(key), keccak256(caseFile("snp", "modulus")), "modulus");
        eq(c.notBefore, NOW - 86400, "first second");
        eq(c.notAfter, NOW + 10 ** 8, "last second");
        (c, key) = readers.certificate(caseFile("nitro", "1.der"));
        ok(c.isCa && c.pathLength == 3 && c.usage == 0x8600, "a CA with three below it");
        eq(c.keyKind, Certificate384.P384_KEY, "kind of key");
        eq(key.length, 96, "point");
        eq(c.signature.length, 96, "r and s");
        (c,) = readers.certificate(caseFile("nitro", "0.der"));
        eq(c.pathLength, type(uint256).max, "as many below it as there are");
        eq(c.issuer, c.subject, "by itself");
    }

    /// Serials of a list, all and in order.
    function test_serials() external view {
        uint256 found;
        for (uint256 i = 0; there("reader", i); ++i) {
            if (!same(string(input("reader", i, "what")), "list: three entries")) continue;
            (, uint256[] memory serials) = readers.revocationList(input("reader", i, "a"));
            eq(serials.length, 3, "entries");
            for (uint256 j = 0; j < 3; ++j) eq(serials[j], j + 1, "serial");
            ++found;
        }
        eq(found, 1, "the case");
    }
}
