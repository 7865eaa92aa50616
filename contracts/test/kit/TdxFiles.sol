// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pem} from "./Pem.sol";
import {vm} from "./Vm.sol";

/// @title  TdxFiles - what hosts do off chain: a quote and a vendor's answers, taken apart for calls
library TdxFiles {
    error QuoteStructure(uint256 offset);
    error BodyStructure();

    struct Quote {
        bytes evidence;
        bytes leaf;
        bytes ca;
        bytes root;
    }

    struct Body {
        bytes object;
        uint256 r;
        uint256 s;
    }

    /// A whole quote: evidence without certificates, and the chain of its PEM. Lengths must nest exactly
    /// and only zeros may follow.
    function quote(bytes memory q) internal pure returns (Quote memory out) {
        if (q.length < 54 || q.length > 32768) revert QuoteStructure(0);
        uint256 version = le(q, 0, 2);
        uint256 signedEnd;
        if (version == 4) signedEnd = 632;
        else if (version == 5) signedEnd = 54 + le(q, 50, 4);
        else revert QuoteStructure(0);
        uint256 end = signedEnd + 4 + le(q, signedEnd, 4);
        if (end > q.length) revert QuoteStructure(signedEnd);
        uint256 pos = signedEnd + 4;
        if (le(q, pos + 128, 2) != 6 || pos + 134 + le(q, pos + 130, 4) != end) revert QuoteStructure(pos + 128);
        uint256 auth = le(q, pos + 134 + 448, 2);
        uint256 authStart = pos + 134 + 450;
        uint256 inner = authStart + auth;
        if (le(q, inner, 2) != 5 || inner + 6 + le(q, inner + 2, 4) != end) revert QuoteStructure(inner);
        for (uint256 i = end; i < q.length; ++i) {
            if (q[i] != 0) revert QuoteStructure(i);
        }
        out.evidence = bytes.concat(
            slice(q, 0, signedEnd),
            slice(q, pos, pos + 128),
            slice(q, pos + 134, pos + 134 + 448),
            slice(q, authStart, inner)
        );
        bytes[] memory chain = Pem.read(slice(q, inner + 6, end));
        if (chain.length != 3) revert QuoteStructure(inner);
        (out.leaf, out.ca, out.root) = (chain[0], chain[1], chain[2]);
    }

    /// {"name":{...},"signature":"<128 hex>"}, in that order, as vendors print it.
    function body(bytes memory text, string memory name) internal pure returns (Body memory out) {
        bytes memory head = bytes.concat('{"', bytes(name), '":');
        bytes memory middle = ',"signature":"';
        uint256 end = text.length;
        while (end > 0 && uint8(text[end - 1]) <= 0x20) --end;
        if (end < head.length + middle.length + 130) revert BodyStructure();
        uint256 start = end - 130;
        if (
            keccak256(slice(text, 0, head.length)) != keccak256(head)
                || keccak256(slice(text, start - middle.length, start)) != keccak256(middle)
                || text[end - 1] != "}" || text[end - 2] != '"'
        ) revert BodyStructure();
        out.object = slice(text, head.length, start - middle.length);
        bytes memory signature = vm.parseBytes(string(bytes.concat("0x", slice(text, start, start + 128))));
        (out.r, out.s) = abi.decode(signature, (uint256, uint256));
    }

    function le(bytes memory b, uint256 pos, uint256 n) internal pure returns (uint256 v) {
        if (pos + n > b.length) revert QuoteStructure(pos);
        for (uint256 i = 0; i < n; ++i) v |= uint256(uint8(b[pos + i])) << (8 * i);
    }

    function slice(bytes memory b, uint256 start, uint256 end) internal pure returns (bytes memory out) {
        if (start > end || end > b.length) revert QuoteStructure(start);
        out = new bytes(end - start);
        assembly {
            mcopy(add(out, 32), add(add(b, 32), start), sub(end, start))
        }
    }
}
