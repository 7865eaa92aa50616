// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INitroVerifier} from "../../src/interfaces/INitroVerifier.sol";
import {Deploys} from "./Deploys.sol";
import {VendorWorld} from "./VendorWorld.sol";
import {vm} from "./Vm.sol";

/// @title  NitroWorld - NitroVerifier under AWS's real root, and what hosts post
abstract contract NitroWorld is VendorWorld {
    INitroVerifier internal verifier;

    function deployNitro() internal {
        deployParts();
        verifier = INitroVerifier(
            Deploys.create(
                "NitroVerifier.sol:NitroVerifier",
                abi.encode(file("nitro/roots/aws-nitro-root-g1.der"), policyAt(), INitroVerifier.Parts(reader, sha384, p384))
            )
        );
        deployAround(address(verifier), 3);
    }

    /// Certificates of a document in order, the root first, the target last: found by their keys' names.
    function chainOf(bytes memory document) internal pure returns (bytes[] memory chain) {
        chain = new bytes[](5);
        bytes memory target = valueBehind(document, "certificate");
        uint256 at = find(document, "cabundle", 0);
        // 84: array of four
        ok(document[at] == 0x84, "four certificates in cabundle");
        ++at;
        for (uint256 i = 0; i < 4; ++i) (chain[i], at) = string_(document, at);
        chain[4] = target;
    }

    /// Byte string behind a text key.
    function valueBehind(bytes memory document, string memory key) internal pure returns (bytes memory value) {
        (value,) = string_(document, find(document, key, 0));
    }

    /// Position behind the n-th occurrence of a text.
    function find(bytes memory document, string memory text, uint256 n) internal pure returns (uint256) {
        bytes memory t = bytes(text);
        for (uint256 i = 0; i + t.length <= document.length; ++i) {
            bool here = true;
            for (uint256 j = 0; j < t.length && here; ++j) here = document[i + j] == t[j];
            if (here && n == 0) return i + t.length;
            if (here) --n;
        }
        revert NotTrue(string.concat("no such text: ", text));
    }

    /// A byte string with a length of one or two bytes.
    function string_(bytes memory b, uint256 at) internal pure returns (bytes memory s, uint256 next) {
        uint256 size;
        uint8 h = uint8(b[at]);
        if (h == 0x58) (size, at) = (uint8(b[at + 1]), at + 2);
        else if (h == 0x59) (size, at) = (uint256(uint8(b[at + 1])) << 8 | uint8(b[at + 2]), at + 3);
        else (size, at) = (h & 31, at + 1);
        s = new bytes(size);
        for (uint256 i = 0; i < size; ++i) s[i] = b[at + i];
        next = at + size;
    }

    /// Posts one certificate; its record from the event.
    function post(bytes memory certificate, bytes memory issuer, bytes memory hints) internal returns (bytes memory record) {
        vm.recordLogs();
        bytes32 tag = verifier.addCert(certificate, issuer, hints);
        (, record) = abi.decode(lastLog(INitroVerifier.CertificatePosted.selector), (uint8, bytes));
        eq(keccak256(record), tag, "the record hashes to its tag");
    }

    /// Posts the chain of a vector; records from the root's child down to the target.
    function postChain(string memory name) internal returns (bytes[] memory records) {
        bytes[] memory chain = chainOf(file(string.concat("nitro/", name, ".bin")));
        records = new bytes[](5);
        for (uint256 i = 1; i < 5; ++i) {
            records[i] = post(chain[i], records[i - 1], hintsOf(string.concat(name, ".", vm.toString(i))));
        }
    }
}
