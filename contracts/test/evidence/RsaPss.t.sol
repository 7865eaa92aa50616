// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hash384} from "../../src/evidence/Hash384.sol";
import {RsaPss} from "../../src/evidence/RsaPss.sol";
import {Deploys} from "../kit/Deploys.sol";
import {Test} from "../kit/Test.sol";
import {vm} from "../kit/Vm.sol";

/// @title  RSASSA-PSS with 4096 bits: Wycheproof whole, and changed bits
contract RsaPssTest is Test {
    address internal sha;
    string internal json;
    bytes internal modulus;
    bytes internal signature;
    bytes internal message;

    function setUp() external {
        sha = Deploys.create("Sha384.sol:Sha384", "");
        string memory shared = string.concat(vm.projectRoot(), "/../../shared");
        if (!vm.isDir(shared)) vm.skip(true, "no ../shared/vectors");
        json = vm.readFile(
            string.concat(shared, "/vectors/crypto/wycheproof/rsa_pss_4096_sha384_mgf1_48_test.json")
        );
        // a zero byte stands before the modulus
        bytes memory n = hexOf(".testGroups[0].publicKey.modulus");
        eq(n.length, 513, "length of the modulus");
        modulus = new bytes(512);
        for (uint256 i = 0; i < 512; ++i) modulus[i] = n[i + 1];
        message = hexOf(".testGroups[0].tests[1].msg");
        signature = hexOf(".testGroups[0].tests[1].sig");
    }

    function hexOf(string memory path) internal view returns (bytes memory) {
        return vm.parseBytes(string.concat("0x", vm.parseJsonString(json, path)));
    }

    function verify(bytes calldata n, bytes calldata s, bytes calldata m) external view returns (bool) {
        (bytes32 high, bytes16 low) = Hash384.digest(sha, m);
        return RsaPss.verify(sha, high, low, n, s);
    }

    function test_wycheproof() external view {
        uint256 valid;
        uint256 invalid;
        for (uint256 i = 0; i < 141; ++i) {
            string memory t = string.concat(".testGroups[0].tests[", vm.toString(i), "]");
            bool wanted = keccak256(bytes(vm.parseJsonString(json, string.concat(t, ".result")))) == keccak256("valid");
            bool found = this.verify(modulus, hexOf(string.concat(t, ".sig")), hexOf(string.concat(t, ".msg")));
            if (found != wanted) revert NotTrue(string.concat("test ", vm.toString(i + 1)));
            if (found) ++valid;
            else ++invalid;
        }
        eq(valid, 95, "valid ones");
        eq(invalid, 46, "invalid ones");
    }

    function testFuzz_bitOfTheSignature(uint256 bit) external {
        bit %= 4096;
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        ok(!this.verify(modulus, signature, message), "refused");
    }

    function testFuzz_bitOfTheKey(uint256 bit) external {
        bit %= 4096;
        modulus[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        ok(!this.verify(modulus, signature, message), "refused");
    }

    function plusModulus(bytes memory s) internal view returns (bytes memory sum, bool fits) {
        sum = new bytes(512);
        uint256 carry;
        for (uint256 i = 512; i > 0; --i) {
            carry += uint256(uint8(modulus[i - 1])) + uint8(s[i - 1]);
            sum[i - 1] = bytes1(uint8(carry));
            carry >>= 8;
        }
        fits = carry == 0;
    }

    /// s + n is the same number modulo n: only its range tells them apart.
    function test_signaturePlusModulus() external view {
        uint256 found;
        for (uint256 i = 0; i < 141; ++i) {
            string memory t = string.concat(".testGroups[0].tests[", vm.toString(i), "]");
            if (keccak256(bytes(vm.parseJsonString(json, string.concat(t, ".result")))) != keccak256("valid")) continue;
            (bytes memory sum, bool fits) = plusModulus(hexOf(string.concat(t, ".sig")));
            if (!fits) continue;
            ok(!this.verify(modulus, sum, hexOf(string.concat(t, ".msg"))), "s + n");
            ++found;
        }
        ok(found > 3, "signatures small enough");
    }

    function test_sizesAndEnds() external view {
        ok(this.verify(modulus, signature, message), "good");
        ok(!this.verify(modulus, modulus, message), "s = n");
        ok(!this.verify(modulus, new bytes(512), message), "s = 0");
        ok(!this.verify(new bytes(512), signature, message), "n = 0");
        ok(!this.verify(modulus, bytes.concat(hex"00", signature), message), "513 bytes");
        ok(!this.verify(bytes.concat(hex"00", modulus), signature, message), "513 bytes of key");
    }

    function test_gas() external view {
        (bytes32 high, bytes16 low) = Hash384.digest(sha, message);
        uint256 used = this.cost(modulus, signature, high, low);
        ok(used < 410_000, string.concat("gas: ", vm.toString(used)));
    }

    function cost(bytes calldata n, bytes calldata s, bytes32 high, bytes16 low) external view returns (uint256 used) {
        used = gasleft();
        RsaPss.verify(sha, high, low, n, s);
        used -= gasleft();
    }
}
