// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  P384 - ECDSA over P-384 as a contract that is called like a precompile
/// @notice Calldata: hash, r, s, x, y (48 bytes each), then hints. The answer is one word: 1 if (r, s) is
///         a signature of that hash under the key (x, y), else 0; also for a false or malformed hint.
///         Total: no input reverts. Nothing is believed of hints: a false one can only give 0. Several
///         hints fit one signature, so they are no identifier; nor is the signature (high s is accepted).
///
/// Relation. The hints name integers u, w, a, b with w != 0, and the contract computes that
///     u Q + w R + a G + b 2^192 G = O,    u s + w r = k1 n,    (a + 2^192 b) s + w h = k2 n,
/// where R is on the curve and its x is r or r + n. The second and third say, modulo n, that
/// s (uQ + wR + (a + 2^192 b) G) = w (sR - rQ - hG), so sR = rQ + hG: the signature is good. u and w can
/// be found of half the length of n, so the sum takes half the doublings.
///
/// Ladder. A stream of operations defines the four integers: each adds an odd multiple of Q, R, G or
/// 2^192 G to the sum, at a power of two. Points are affine; the slope of every line is a hint, and is
/// checked exactly: 2 l y = 3 x^2 - 3 for a tangent, l (x' - x) = y' - y with x' != x for a chord. No
/// point of the curve has y = 0 and none but O has none, so no case is left out. "2P + T" skips
/// the y of P + T: slopes l and m with (l + m)(x" - x) = -2y. The last operation compares the sum with
/// the negative of its point. Twice the sum may be taken 31 times between two additions of that kind.
///
/// Field. A value v is an integer, |v| < 2^430, kept as four words:
///     0: v mod 2^256,  1: v mod M1,  2: v mod M2,  3: v / 2^256 mod M3;    y as words 0 and 3 alone.
/// A product is reduced by R = M1 M2: (t + q p) / R with q = q2 M1 + t1 M2, q2 = -t/p mod M2,
/// t1 = 2t/p mod M1 (M1 = 1 mod M2, and -2 inverts M2 modulo M1). Words 0 and 3 of the result are exact,
/// and give words 1 and 2: v + 2^180 M1 is positive and below 2^256 M3, so it is word 0 + 2^256 u with
/// u from word 3. Sums are not reduced. "v = 0 mod p" is: word 0 says which multiple of p, at most
/// 2^64 of them, and word 3 agrees; |v| is below 2^256 M3 / 2, so it is that multiple.
/// Bounds: slopes are below 2^384, reduced products below 2^386 when x is; x doubles per tangent and is
/// cancelled by 2P + T, so |x| < 2^42 p; y grows by one product per step, so |y| < 2^400.
/// @custom:gas    420,000 and 245,000 of calldata (contracts/gas)
/// @custom:source FIPS 186-5 6.4.2; SEC 1 4.1.4; contracts.md 3
contract P384 {
    uint256 private constant M1 = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
    uint256 private constant M2 = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
    uint256 private constant M3 = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7;
    uint256 private constant RINV0 = 0x8000000000000000000000000000000000000000000000000000000000000001;
    uint256 private constant RED1 = 0x9999999acccccccc666666653333333199999998cccccccc6666666733333333;
    uint256 private constant RED2 = 0x249249246db6db6d49249248db6db6da92492491b6db6db6249249246db6db6d;
    uint256 private constant RED3 = 0x53ee4f5b06b7cc8d3ee4f5b06b7cc8d3ee4f5b06b7cc8d3ee4f5b06b7cc8d39;
    uint256 private constant THREE_RINV0 = 0x8000000000000000000000000000000000000000000000000000000000000003;
    uint256 private constant MINUS_THREE_RED1 = 0x3333332f9999999accccccd06666666b333333359999999accccccca66666665;
    uint256 private constant MINUS_THREE_RED2 = 0x12492492b6db6db8249249256db6db704924924adb6db6dd92492492b6db6db8;
    uint256 private constant MINUS_THREE_RED3 = 0x43511eeebd89a5843511eeebd89a5843511eeebd89a5843511eeebd89a5843;
    uint256 private constant Q0 = 0x8000000000000000000000000000000100000000ffffffffffffffff00000001;
    uint256 private constant T0 = 0x100000000ffffffffffffffff00000001;
    uint256 private constant Q3 = 0x38b6341d7062a9134b6341d7062a9134d2bf5a814ae3f410b5686dccae58b6c;
    uint256 private constant T3 = 0x2611a4397bc9b01e211a4397bc9b01e21fdd1d0a0286fcbab8f03dd8287c7b2;
    uint256 private constant WINV3 = 0xb1c71c71c71c71c71c71c71c71c71c71c71c71c71c71c71c71c71c71c71c71;
    uint256 private constant MINUS_WINV3 = 0x74e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e38e386;
    uint256 private constant LIFT = 0x1000000000000000000000000000000000000000000000;
    uint256 private constant LIFT3 = 0x38e38e38e38e38e38f37ffffffffffffffffffffffffffffffffffffffffffc;
    uint256 private constant MINUS_LIFT2 = 0x7fffffffffffffffffefffffffffffffffffffffffffffffffffffffffffffff;
    uint256 private constant PINV0 = 0x3000000050000000400000001fffffffffffffffefffffffeffffffff;
    uint256 private constant PW3 = 0x2dc71c71c71c71c71c71c71c71c71c81b8e38e38d555555555555555638e38b;
    uint256 private constant RANGE = 0x10000000000000000;
    uint256 private constant RANGES = 0x20000000000000000;
    uint256 private constant RANGE3 = 0x638e38e38e38e37e471c71c72aaaaaaaaaaaaaaa9c71c71c7fffffffffffff9;
    uint256 private constant M3_RANGE3 = 0xe38e38e38e38e37e471c71c72aaaaaaaaaaaaaaa9c71c71c7fffffffffffff0;
    uint256 private constant TWICE_M3 = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffee;
    uint256 private constant THRICE_M3 = 0x17ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe5;
    uint256 private constant MINUS_3R_HIGH = 0x2;
    uint256 private constant MINUS_3R_LOW = 0xfffffffe80000000000000017ffffffe7ffffffffffffffffffffffffffffffd;
    uint256 private constant RANGE3_LESS_3R = 0x2f8e38e3a38e38d39c71c71c6aaaaaaabffffffff1c71c71d5555555555554f;
    uint256 private constant BR0 = 0xc6aa621041dba33401198ad0744386006dab9e6be61d4bdbe99987cfeb4ff030;
    uint256 private constant MINUS_BR3 = 0x34f688c6353ae8b5fff05bd7f98a787f4ab04fa868aebb36e338f9c09a4dda9;
    uint256 private constant RR_HIGH = 0x80000000800000003fffffff7fffffff;
    uint256 private constant RR_LOW = 0x40000000ffffffff3fffffff40000001fffffffcbfffffff40000002ffffffff;
    uint256 private constant P_HIGH = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant P_LOW = 0xfffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff;
    uint256 private constant N_HIGH = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant N_LOW = 0xffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973;
    uint256 private constant W3 = 0x120;
    uint256 private constant TWO192 = 0x1000000000000000000000000000000000000000000000000;
    uint256 private constant SCALAR_OFFSET = 0x10000000000000000000000000000000000000000000000000000000;
    // memory: x0 x1 x2 x3 y0 y3 of the sum and of the point to add
    uint256 private constant SUM = 0x200;
    uint256 private constant SUM1 = 0x220;
    uint256 private constant SUM2 = 0x240;
    uint256 private constant SUM3 = 0x260;
    uint256 private constant SUMY0 = 0x280;
    uint256 private constant SUMY3 = 0x2a0;
    uint256 private constant TERM = 0x300;
    uint256 private constant TERM1 = 0x320;
    uint256 private constant TERM2 = 0x340;
    uint256 private constant TERM3 = 0x360;
    uint256 private constant TERMY0 = 0x380;
    uint256 private constant TERMY3 = 0x3a0;
    /// u, w, a, b, each plus SCALAR_OFFSET
    uint256 private constant SCALARS = 0x400;
    /// 96 bytes of the table of G
    uint256 private constant ROW = 0x480;
    /// elements of four words
    uint256 private constant E1 = 0x500;
    uint256 private constant E1_1 = 0x520;
    uint256 private constant E1_2 = 0x540;
    uint256 private constant E1_3 = 0x560;
    uint256 private constant E2 = 0x580;
    uint256 private constant E2_1 = 0x5a0;
    uint256 private constant E2_2 = 0x5c0;
    uint256 private constant E2_3 = 0x5e0;
    uint256 private constant E3 = 0x600;
    uint256 private constant E4 = 0x680;
    /// eight odd multiples of Q, then of R, six words each
    uint256 private constant MULTIPLES = 0x1000;
    uint256 private constant MULTIPLES_R = 0x1600;

    /// hash of P384Table's code
    uint256 private constant TABLE_HASH = 0xa160b9bcfa01dbe246647ffc4ba1149e9d5d4a108a6556b27e880ac7ea8b88d2;

    address private immutable _table;

    /// @notice the contract with the multiples of G has other code
    error TableNotPinned(address table);

    constructor(address table) {
        if (uint256(table.codehash) != TABLE_HASH) revert TableNotPinned(table);
        _table = table;
    }

    fallback() external {
        address table = _table;
        assembly {
            function fail() {
                mstore(0, 0)
                return(0, 32)
            }

            // ---- field

            /// v (words 0 and 3) is a multiple of p; RANGE3 is in v3 already
            function requireZero(v0, v3) {
                let z := add(mul(v0, PINV0), RANGE)
                if or(gt(z, RANGES), mod(add(v3, mulmod(sub(RANGES, z), PW3, M3)), M3)) { fail() }
            }

            function multiply(to, a, b) {
                let q := mulmod(mulmod(mload(add(a, 64)), mload(add(b, 64)), M2), RED2, M2)
                let t := mulmod(mulmod(mload(add(a, 32)), mload(add(b, 32)), M1), RED1, M1)
                let v := mulmod(mulmod(mload(add(a, 96)), mload(add(b, 96)), M3), RED3, M3)
                v := addmod(v, add(mulmod(q, Q3, M3), mulmod(t, T3, M3)), M3)
                let r := add(mul(mul(mload(a), mload(b)), RINV0), add(mul(q, Q0), mul(t, T0)))
                mstore(to, r)
                mstore(add(to, 96), v)
                r := sub(r, LIFT)
                v := addmod(v, add(mulmod(r, MINUS_WINV3, M3), LIFT3), M3)
                mstore(add(to, 32), addmod(r, v, M1))
                mstore(add(to, 64), addmod(r, add(add(v, v), MINUS_LIFT2), M2))
            }

            /// an integer of 384 bits as four words
            function split(to, high, low) {
                mstore(to, low)
                mstore(add(to, 32), addmod(low, high, M1))
                mstore(add(to, 64), addmod(low, add(high, high), M2))
                mstore(add(to, 96), mod(add(mulmod(low, WINV3, M3), high), M3))
            }

            function below(ah, al, bh, bl) -> yes {
                yes := or(lt(ah, bh), and(eq(ah, bh), lt(al, bl)))
            }

            function wide(at) -> high, low {
                high := shr(128, calldataload(at))
                low := calldataload(add(at, 16))
            }

            // ---- points

            /// the sum becomes the point with these coordinates, which must be on the curve
            function point(xh, xl, yh, yl) {
                split(E1, RR_HIGH, RR_LOW)
                split(E2, yh, yl)
                multiply(E3, E2, E1)
                mstore(SUMY0, mload(E3))
                mstore(SUMY3, mload(add(E3, 96)))
                split(E2, xh, xl)
                multiply(SUM, E2, E1)
                // x (x^2 - 3) + b = y^2
                multiply(E2, SUM, SUM)
                split(E1, MINUS_3R_HIGH, MINUS_3R_LOW)
                mstore(E2, add(mload(E2), mload(E1)))
                mstore(E2_1, addmod(mload(E2_1), mload(E1_1), M1))
                mstore(E2_2, addmod(mload(E2_2), mload(E1_2), M2))
                mstore(E2_3, addmod(mload(E2_3), mload(E1_3), M3))
                multiply(E4, E2, SUM)
                multiply(E2, E3, E3)
                requireZero(
                    sub(sub(mload(E2), mload(E4)), BR0),
                    add(add(mload(E2_3), sub(M3, mload(add(E4, 96)))), add(MINUS_BR3, RANGE3))
                )
            }

            /// sum := 2 sum; the slope stands at `at`. s0 to s3: the slope times what reduction multiplies by.
            function double(at) {
                let low := calldataload(add(at, 16))
                at := shr(128, calldataload(at))
                let s0 := mul(low, RINV0)
                let l1 := addmod(low, at, M1)
                let s1 := mulmod(l1, RED1, M1)
                let l2 := addmod(low, add(at, at), M2)
                let s2 := mulmod(l2, RED2, M2)
                let l3 := add(mulmod(low, WINV3, M3), at)
                let s3 := mulmod(l3, RED3, M3)
                {
                    // 2 l y - 3 x^2 + 3 = 0
                    let r := sub(shl(1, mload(SUMY0)), LIFT)
                    let u := addmod(shl(1, mload(SUMY3)), add(mulmod(r, MINUS_WINV3, M3), LIFT3), M3)
                    let t := addmod(
                        mulmod(s1, addmod(r, u, M1), M1),
                        mulmod(mulmod(mload(SUM1), mload(SUM1), M1), MINUS_THREE_RED1, M1),
                        M1
                    )
                    let q := add(
                        mulmod(s2, addmod(r, add(add(u, u), MINUS_LIFT2), M2), M2),
                        mulmod(mulmod(mload(SUM2), mload(SUM2), M2), MINUS_THREE_RED2, M2)
                    )
                    r := sub(add(
                        sub(shl(1, mul(s0, mload(SUMY0))), mul(THREE_RINV0, mul(mload(SUM), mload(SUM)))),
                        add(mul(q, Q0), mul(t, T0))
                    ), MINUS_3R_LOW)
                    u := add(
                        add(
                            mulmod(s3, shl(1, mload(SUMY3)), M3),
                            mulmod(mulmod(mload(SUM3), mload(SUM3), M3), MINUS_THREE_RED3, M3)
                        ),
                        add(add(mulmod(q, Q3, M3), mulmod(t, T3, M3)), RANGE3_LESS_3R)
                    )
                    let z := add(mul(r, PINV0), RANGE)
                    if or(gt(z, RANGES), mod(add(u, mulmod(sub(RANGES, z), PW3, M3)), M3)) { fail() }
                }
                // x' = l^2 - 2x
                let q := mulmod(s2, l2, M2)
                let t := mulmod(s1, l1, M1)
                let v := addmod(
                    add(mulmod(s3, l3, M3), sub(TWICE_M3, shl(1, mload(SUM3)))),
                    add(mulmod(q, Q3, M3), mulmod(t, T3, M3)),
                    M3
                )
                t := add(sub(mul(s0, low), shl(1, mload(SUM))), add(mul(q, Q0), mul(t, T0)))
                // the sum gets the x with words 0 and 3 in t and v, and y := l (x - x') - y
                let y0 := sub(mul(s0, sub(mload(SUM), t)), mload(SUMY0))
                let y3 := add(mulmod(s3, add(mload(SUM3), sub(M3, v)), M3), sub(M3, mload(SUMY3)))
                mstore(SUM, t)
                mstore(SUM3, v)
                t := sub(t, LIFT)
                v := addmod(v, add(mulmod(t, MINUS_WINV3, M3), LIFT3), M3)
                {
                    let x1 := addmod(t, v, M1)
                    let x2 := addmod(t, add(add(v, v), MINUS_LIFT2), M2)
                    t := mulmod(s2, add(mload(SUM2), xor(x2, M2)), M2)
                    v := mulmod(s1, addmod(mload(SUM1), not(x1), M1), M1)
                    mstore(SUM1, x1)
                    mstore(SUM2, x2)
                }
                mstore(SUMY0, add(y0, add(mul(t, Q0), mul(v, T0))))
                mstore(SUMY3, addmod(y3, add(mulmod(t, Q3, M3), mulmod(v, T3, M3)), M3))
            }

            /// sum := sum + term
            function addTerm(at) {
                let low := calldataload(add(at, 16))
                at := shr(128, calldataload(at))
                let s0 := mul(low, RINV0)
                let l1 := addmod(low, at, M1)
                let s1 := mulmod(l1, RED1, M1)
                let l2 := addmod(low, add(at, at), M2)
                let s2 := mulmod(l2, RED2, M2)
                let l3 := add(mulmod(low, WINV3, M3), at)
                let s3 := mulmod(l3, RED3, M3)
                {
                    // l (x' - x) = y' - y for the term x', y', and x' is not x
                    let d := sub(mload(TERM), mload(SUM))
                    if iszero(gt(add(mul(d, PINV0), RANGE), RANGES)) { fail() }
                    let q := mulmod(s2, add(mload(TERM2), xor(mload(SUM2), M2)), M2)
                    let t := mulmod(s1, addmod(mload(TERM1), not(mload(SUM1)), M1), M1)
                    let z := add(mul(
                        add(add(mul(s0, d), sub(mload(SUMY0), mload(TERMY0))), add(mul(q, Q0), mul(t, T0))), PINV0
                    ), RANGE)
                    if or(gt(z, RANGES), mod(add(
                        add(
                            add(mulmod(s3, add(mload(TERM3), sub(M3, mload(SUM3))), M3), mload(SUMY3)),
                            add(sub(M3_RANGE3, mload(TERMY3)), add(mulmod(q, Q3, M3), mulmod(t, T3, M3)))
                        ),
                        mulmod(sub(RANGES, z), PW3, M3)
                    ), M3)) { fail() }
                }
                // x" = l^2 - x - x'
                let q := mulmod(s2, l2, M2)
                let t := mulmod(s1, l1, M1)
                let v := addmod(
                    add(mulmod(s3, l3, M3), sub(TWICE_M3, add(mload(SUM3), mload(TERM3)))),
                    add(mulmod(q, Q3, M3), mulmod(t, T3, M3)),
                    M3
                )
                t := add(sub(mul(s0, low), add(mload(SUM), mload(TERM))), add(mul(q, Q0), mul(t, T0)))
                // the sum gets the x with words 0 and 3 in t and v, and y := l (x - x') - y
                let y0 := sub(mul(s0, sub(mload(SUM), t)), mload(SUMY0))
                let y3 := add(mulmod(s3, add(mload(SUM3), sub(M3, v)), M3), sub(M3, mload(SUMY3)))
                mstore(SUM, t)
                mstore(SUM3, v)
                t := sub(t, LIFT)
                v := addmod(v, add(mulmod(t, MINUS_WINV3, M3), LIFT3), M3)
                {
                    let x1 := addmod(t, v, M1)
                    let x2 := addmod(t, add(add(v, v), MINUS_LIFT2), M2)
                    t := mulmod(s2, add(mload(SUM2), xor(x2, M2)), M2)
                    v := mulmod(s1, addmod(mload(SUM1), not(x1), M1), M1)
                    mstore(SUM1, x1)
                    mstore(SUM2, x2)
                }
                mstore(SUMY0, add(y0, add(mul(t, Q0), mul(v, T0))))
                mstore(SUMY3, addmod(y3, add(mulmod(t, Q3, M3), mulmod(v, T3, M3)), M3))
            }

            /// sum := 2 sum + term; two slopes
            function doubleAddTerm(at) {
                {
                    let low := calldataload(add(at, 16))
                    let high := shr(128, calldataload(at))
                    let s0 := mul(low, RINV0)
                    let l1 := addmod(low, high, M1)
                    let s1 := mulmod(l1, RED1, M1)
                    let l2 := addmod(low, add(high, high), M2)
                    let s2 := mulmod(l2, RED2, M2)
                    let l3 := add(mulmod(low, WINV3, M3), high)
                    let s3 := mulmod(l3, RED3, M3)
                    {
                        // l (x' - x) = y' - y for the term x', y', and x' is not x
                        let d := sub(mload(TERM), mload(SUM))
                        if iszero(gt(add(mul(d, PINV0), RANGE), RANGES)) { fail() }
                        let q := mulmod(s2, add(mload(TERM2), xor(mload(SUM2), M2)), M2)
                        let t := mulmod(s1, addmod(mload(TERM1), not(mload(SUM1)), M1), M1)
                        let z := add(mul(
                            add(add(mul(s0, d), sub(mload(SUMY0), mload(TERMY0))), add(mul(q, Q0), mul(t, T0))), PINV0
                        ), RANGE)
                        if or(gt(z, RANGES), mod(add(
                            add(
                                add(mulmod(s3, add(mload(TERM3), sub(M3, mload(SUM3))), M3), mload(SUMY3)),
                                add(sub(M3_RANGE3, mload(TERMY3)), add(mulmod(q, Q3, M3), mulmod(t, T3, M3)))
                            ),
                            mulmod(sub(RANGES, z), PW3, M3)
                        ), M3)) { fail() }
                    }
                    mstore(E1, s0)
                    mstore(E1_1, s1)
                    mstore(E1_2, s2)
                    mstore(E1_3, s3)
                    // d = x" - x = l^2 - 2x - x'
                    let q := mulmod(s2, l2, M2)
                    let t := mulmod(s1, l1, M1)
                    let v := addmod(
                        add(mulmod(s3, l3, M3), sub(THRICE_M3, add(shl(1, mload(SUM3)), mload(TERM3)))),
                        add(mulmod(q, Q3, M3), mulmod(t, T3, M3)),
                        M3
                    )
                    t := add(sub(mul(s0, low), add(shl(1, mload(SUM)), mload(TERM))), add(mul(q, Q0), mul(t, T0)))
                    mstore(E2, t)
                    mstore(E2_3, v)
                    t := sub(t, LIFT)
                    v := addmod(v, add(mulmod(t, MINUS_WINV3, M3), LIFT3), M3)
                    mstore(E2_1, addmod(t, v, M1))
                    mstore(E2_2, addmod(t, add(add(v, v), MINUS_LIFT2), M2))
                }
                let low := calldataload(add(at, 64))
                at := shr(128, calldataload(add(at, 48)))
                let s0 := mul(low, RINV0)
                let l1 := addmod(low, at, M1)
                let s1 := mulmod(l1, RED1, M1)
                let l2 := addmod(low, add(at, at), M2)
                let s2 := mulmod(l2, RED2, M2)
                let l3 := add(mulmod(low, WINV3, M3), at)
                let s3 := mulmod(l3, RED3, M3)
                {
                    // (l + m) d + 2y = 0
                    let q := mulmod(add(s2, mload(E1_2)), mload(E2_2), M2)
                    let t := mulmod(addmod(s1, mload(E1_1), M1), mload(E2_1), M1)
                    let z := add(mul(
                        add(
                            add(mul(add(s0, mload(E1)), mload(E2)), shl(1, mload(SUMY0))), add(mul(q, Q0), mul(t, T0))
                        ), PINV0
                    ), RANGE)
                    if or(gt(z, RANGES), mod(add(
                        add(
                            add(mulmod(add(s3, mload(E1_3)), mload(E2_3), M3), shl(1, mload(SUMY3))),
                            add(add(mulmod(q, Q3, M3), mulmod(t, T3, M3)), RANGE3)
                        ),
                        mulmod(sub(RANGES, z), PW3, M3)
                    ), M3)) { fail() }
                }
                // m^2 - d - 2x
                let q := mulmod(s2, l2, M2)
                let t := mulmod(s1, l1, M1)
                let v := addmod(
                    add(mulmod(s3, l3, M3), sub(THRICE_M3, add(shl(1, mload(SUM3)), mload(E2_3)))),
                    add(mulmod(q, Q3, M3), mulmod(t, T3, M3)),
                    M3
                )
                t := add(sub(mul(s0, low), add(shl(1, mload(SUM)), mload(E2))), add(mul(q, Q0), mul(t, T0)))
                // the sum gets the x with words 0 and 3 in t and v, and y := l (x - x') - y
                let y0 := sub(mul(s0, sub(mload(SUM), t)), mload(SUMY0))
                let y3 := add(mulmod(s3, add(mload(SUM3), sub(M3, v)), M3), sub(M3, mload(SUMY3)))
                mstore(SUM, t)
                mstore(SUM3, v)
                t := sub(t, LIFT)
                v := addmod(v, add(mulmod(t, MINUS_WINV3, M3), LIFT3), M3)
                {
                    let x1 := addmod(t, v, M1)
                    let x2 := addmod(t, add(add(v, v), MINUS_LIFT2), M2)
                    t := mulmod(s2, add(mload(SUM2), xor(x2, M2)), M2)
                    v := mulmod(s1, addmod(mload(SUM1), not(x1), M1), M1)
                    mstore(SUM1, x1)
                    mstore(SUM2, x2)
                }
                mstore(SUMY0, add(y0, add(mul(t, Q0), mul(v, T0))))
                mstore(SUMY3, addmod(y3, add(mulmod(t, Q3, M3), mulmod(v, T3, M3)), M3))
            }

            /// the sum's 1, 3, ... 15 fold to `to`; eight slopes
            function oddMultiples(to, at) {
                mcopy(to, SUM, 192)
                double(at)
                mcopy(TERM, SUM, 192)
                mcopy(SUM, to, 192)
                for { let end := add(to, 1344) } lt(to, end) { } {
                    at := add(at, 48)
                    addTerm(at)
                    to := add(to, 192)
                    mcopy(to, SUM, 192)
                }
            }

            /// The point that an operation names becomes the term, and its scalar is counted. code: bit 15
            /// minus; bit 13 a multiple of G, 2^192 G (bits 7..0), else of Q, R (bits 3..0).
            function fetch(from, code, power) {
                let digit
                let scalar
                switch and(code, 0x2000)
                case 0 {
                    mcopy(TERM, add(MULTIPLES, mul(and(code, 15), 192)), 192)
                    digit := shl(power, or(shl(1, and(code, 7)), 1))
                    scalar := add(SCALARS, shl(2, and(code, 8)))
                }
                default {
                    code := and(code, 0x80ff)
                    // the last multiple is not in the table
                    if eq(and(code, 0xff), 0xff) { fail() }
                    extcodecopy(from, ROW, mul(and(code, 0xff), 96), 96)
                    digit := shl(power, or(and(shl(1, code), 0xfe), 1))
                    scalar := add(add(SCALARS, 64), shr(2, and(code, 0x80)))
                    let high := shr(128, mload(ROW))
                    let low := mload(add(ROW, 16))
                    mstore(TERM, low)
                    mstore(TERM1, addmod(low, high, M1))
                    mstore(TERM2, addmod(low, add(high, high), M2))
                    mstore(TERM3, mod(add(mulmod(low, WINV3, M3), high), M3))
                    low := mload(add(ROW, 64))
                    mstore(TERMY0, low)
                    mstore(TERMY3, mod(add(mulmod(low, WINV3, M3), shr(128, mload(add(ROW, 48)))), M3))
                }
                if shr(15, code) {
                    mstore(TERMY0, sub(0, mload(TERMY0)))
                    mstore(TERMY3, sub(M3, mload(TERMY3)))
                    digit := sub(0, digit)
                }
                mstore(scalar, add(mload(scalar), digit))
            }

            // ---- scalars

            function residue(high, low, wrap, m) -> v {
                v := addmod(mulmod(high, wrap, m), low, m)
            }

            /// Both identities modulo m; wrap is 2^256 mod m. m is above both offsets but 2^400.
            function requireScalars(m, wrap) {
                let w := addmod(mload(add(SCALARS, 32)), sub(m, SCALAR_OFFSET), m)
                let high, low := wide(96)
                let s := residue(high, low, wrap, m)
                let order := residue(N_HIGH, N_LOW, wrap, m)
                high, low := wide(48)
                let left := mulmod(w, residue(high, low, wrap, m), m)
                left := addmod(left, mulmod(addmod(mload(SCALARS), sub(m, SCALAR_OFFSET), m), s, m), m)
                if sub(left, mulmod(addmod(calldataload(291), sub(m, SCALAR_OFFSET), m), order, m)) { fail() }
                high, low := wide(0)
                left := mulmod(w, residue(high, low, wrap, m), m)
                high := addmod(mload(add(SCALARS, 96)), sub(m, SCALAR_OFFSET), m)
                high := mulmod(high, TWO192, m)
                high := addmod(high, addmod(mload(add(SCALARS, 64)), sub(m, SCALAR_OFFSET), m), m)
                left := addmod(left, mulmod(high, s, m), m)
                // k2 + 2^400
                high := residue(calldataload(323), calldataload(355), wrap, m)
                high := addmod(high, sub(m, mulmod(shl(144, 1), wrap, m)), m)
                if sub(left, mulmod(high, order, m)) { fail() }
            }

            /// The second identity modulo 2^256. With the others it holds as integers: both sides are below
            /// 2^1016. The first needs M1, M2 and M3 alone: its sides are below 2^641.
            function requireScalars0() {
                let w := sub(mload(add(SCALARS, 32)), SCALAR_OFFSET)
                let s := calldataload(112)
                let left := mul(sub(mload(add(SCALARS, 96)), SCALAR_OFFSET), TWO192)
                left := add(left, sub(mload(add(SCALARS, 64)), SCALAR_OFFSET))
                left := add(mul(left, s), mul(w, calldataload(16)))
                if sub(left, mul(calldataload(355), N_LOW)) { fail() }
            }

            // ---- verification. Hints: lift, power, number of operations (a byte each), y of R (48),
            // k1 + 2^220 (32), k2 + 2^400 (64), operations (3 each), slopes (48 each).

            let power := byte(1, calldataload(240))
            let op := 387
            // last operation
            let end := byte(2, calldataload(240))
            // sums of scalars must not wrap
            if or(gt(power, 200), lt(end, 2)) { fail() }
            end := add(op, mul(3, sub(end, 1)))
            let at := add(end, 3)
            {
                // 0 < s < n, 0 < r < n, and r + n < p where R's x is that
                let high, low := wide(96)
                if or(iszero(or(high, low)), iszero(below(high, low, N_HIGH, N_LOW))) { fail() }
                high, low := wide(48)
                if or(iszero(or(high, low)), iszero(below(high, low, N_HIGH, N_LOW))) { fail() }
                let lift := byte(0, calldataload(240))
                if gt(lift, 1) { fail() }
                if lift {
                    let sum := add(low, N_LOW)
                    high := add(add(high, N_HIGH), lt(sum, low))
                    low := sum
                    if iszero(below(high, low, P_HIGH, P_LOW)) { fail() }
                }
                let yh, yl := wide(243)
                point(high, low, yh, yl)
            }
            oddMultiples(MULTIPLES_R, at)
            at := add(at, 384)
            {
                let xh, xl := wide(144)
                let yh, yl := wide(192)
                if iszero(and(below(xh, xl, P_HIGH, P_LOW), below(yh, yl, P_HIGH, P_LOW))) { fail() }
                point(xh, xl, yh, yl)
            }
            oddMultiples(MULTIPLES, at)
            at := add(at, 384)
            mstore(SCALARS, SCALAR_OFFSET)
            mstore(add(SCALARS, 32), SCALAR_OFFSET)
            mstore(add(SCALARS, 64), SCALAR_OFFSET)
            mstore(add(SCALARS, 96), SCALAR_OFFSET)

            fetch(table, and(shr(232, calldataload(op)), 0xffff), power)
            mcopy(SUM, TERM, 192)
            for { op := add(op, 3) } lt(op, end) { op := add(op, 3) } {
                let code := shr(232, calldataload(op))
                switch and(code, 0x4000)
                case 0 {
                    fetch(table, and(code, 0xffff), power)
                    addTerm(at)
                    at := add(at, 48)
                }
                default {
                    let count := and(shr(16, code), 31)
                    power := sub(sub(power, count), 1)
                    for { count := add(at, mul(count, 48)) } lt(at, count) { at := add(at, 48) } { double(at) }
                    fetch(table, and(code, 0xffff), power)
                    doubleAddTerm(at)
                    at := add(at, 96)
                }
            }
            {
                let code := shr(232, calldataload(op))
                let count := and(shr(16, code), 31)
                power := sub(power, count)
                for { count := add(at, mul(count, 48)) } lt(at, count) { at := add(at, 48) } { double(at) }
                fetch(table, and(code, 0xffff), power)
            }
            // all doublings that the scalars count were made, and no hint is left
            if or(power, sub(at, calldatasize())) { fail() }
            requireZero(sub(mload(SUM), mload(TERM)), add(mload(SUM3), sub(M3_RANGE3, mload(TERM3))))
            requireZero(add(mload(SUMY0), mload(TERMY0)), add(add(mload(SUMY3), mload(TERMY3)), RANGE3))
            if eq(mload(add(SCALARS, 32)), SCALAR_OFFSET) { fail() }
            requireScalars0()
            requireScalars(M1, 1)
            requireScalars(M2, 2)
            requireScalars(M3, W3)
            mstore(0, 1)
            return(0, 32)
        }
    }
}
