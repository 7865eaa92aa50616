// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISnpVerifier} from "../../src/interfaces/ISnpVerifier.sol";
import {Deploys} from "./Deploys.sol";
import {VendorWorld} from "./VendorWorld.sol";
import {vm} from "./Vm.sol";

/// @title  SnpWorld - SnpVerifier under AMD's real ARKs, and what hosts post
abstract contract SnpWorld is VendorWorld {
    ISnpVerifier internal verifier;
    string[3] internal products = ["milan", "genoa", "turin"];

    function cert(string memory name) internal view returns (bytes memory) {
        return file(string.concat("snp/certs/", name, ".der"));
    }

    /// Modulus of an RSA certificate: 512 bytes behind the fixed start of its key.
    function modulusOf(bytes memory der) internal pure returns (bytes memory modulus) {
        bytes32 mark = 0x30820222300d06092a864886f70d01010105000382020f003082020a02820201;
        modulus = new bytes(512);
        for (uint256 at = 0; at + 545 <= der.length; ++at) {
            bytes32 w;
            assembly ("memory-safe") {
                w := mload(add(add(der, 32), at))
            }
            if (w != mark) continue;
            assembly ("memory-safe") {
                mcopy(add(modulus, 32), add(add(der, 65), at), 512)
            }
            return modulus;
        }
        revert NotTrue("a certificate with an RSA key");
    }

    function deploySnp(ISnpVerifier.SnpRules memory rules) internal {
        deployParts();
        bytes[] memory roots = new bytes[](3);
        for (uint256 i = 0; i < 3; ++i) roots[i] = cert(string.concat("ark-", products[i]));
        verifier = ISnpVerifier(
            Deploys.create(
                "SnpVerifier.sol:SnpVerifier",
                abi.encode(roots, policyAt(), ISnpVerifier.Parts(reader, sha384, p384), rules)
            )
        );
        deployAround(address(verifier), 2);
    }

    function productOf(string memory certificate) internal view returns (uint256 product) {
        // "ask-milan.der": the name's last nine characters begin with it
        while (!same(stem(certificate, 4), string.concat("ask-", products[product]))
            && !same(stem(certificate, 4), string.concat("asvk-", products[product]))) ++product;
    }

    /// Posts an ASK or ASVK of snp/certs.
    function postIssuer(string memory path) internal returns (bytes32) {
        uint256 product = productOf(path);
        bytes memory modulus = modulusOf(cert(string.concat("ark-", products[product])));
        return verifier.addCert(file(path), bytes32(product), modulus);
    }

    /// Posts a leaf below an issuer of snp/certs; its record from the event.
    function postLeaf(bytes memory leaf, string memory issuer) internal returns (bytes memory record) {
        bytes32 id = postIssuer(issuer);
        vm.recordLogs();
        bytes32 tag = verifier.addCert(leaf, id, modulusOf(file(issuer)));
        (, record) = abi.decode(lastLog(ISnpVerifier.LeafPosted.selector), (bytes32, bytes));
        eq(keccak256(record), tag, "the record hashes to its tag");
    }
}
