/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - the one error type of the project.
 *
 * A function that can fail returns enum err_code and is PC_MUST_USE. Zero is success. The upper
 * byte is the class, which tells a caller what to do without knowing the cause:
 *
 *   PEER    somebody cheated or spoke nonsense; evidence may be kept, the sender named
 *   ENV     disk, network, randomness, memory: try again later
 *   POLICY  refused by a rule: the normal "no"
 *   BUG     cannot happen; pc_bug() aborts with file and line
 *
 * On error every output of a function is zeroed or untouched, never half written.
 * Names are stable: logs, JSON and exit codes carry them (pc_err_name).
 */
#ifndef PC_BASE_ERR_H
#define PC_BASE_ERR_H

#define PC_MUST_USE __attribute__((warn_unused_result))

#define PC_ERR_CLASS_PEER   0x100
#define PC_ERR_CLASS_ENV    0x200
#define PC_ERR_CLASS_POLICY 0x300

/* X(constant, value, stable name, sentence) */
#define PC_ERR_LIST(X)                                                                             \
    X(PC_OK, 0x000, "ok", "success")                                                               \
    X(PC_E_MALFORMED, 0x101, "malformed", "input does not follow its format")                      \
    X(PC_E_TRUNCATED, 0x102, "truncated", "input ends early")                                      \
    X(PC_E_TRAILING, 0x103, "trailing_bytes", "input goes on after its end")                       \
    X(PC_E_TOO_LARGE, 0x104, "too_large", "a length or count is over its maximum")                 \
    X(PC_E_NOT_CANONICAL, 0x105, "not_canonical", "an encoding is not the canonical one")          \
    X(PC_E_IDENTITY, 0x106, "identity", "a group element is the identity")                         \
    X(PC_E_PROOF, 0x107, "bad_proof", "a proof does not verify")                                   \
    X(PC_E_SIGNATURE, 0x108, "bad_signature", "a signature does not verify")                       \
    X(PC_E_AUTH, 0x109, "bad_mac", "an authenticated decryption failed")                           \
    X(PC_E_SHARE, 0x10a, "bad_share", "a share does not match its commitment")                     \
    X(PC_E_DEGREE, 0x10b, "bad_degree", "commitments do not lie on a polynomial of the degree")    \
    X(PC_E_MISMATCH, 0x10c, "mismatch", "two statements about the same thing differ")              \
    X(PC_E_SEQUENCE, 0x10d, "out_of_sequence", "a message came in a state that does not allow it") \
    X(PC_E_IO, 0x201, "io", "reading or writing failed")                                           \
    X(PC_E_MEMORY, 0x202, "memory", "memory could not be had or locked")                           \
    X(PC_E_RETRY, 0x203, "retry", "not known now; try again")                                      \
    X(PC_E_TIMEOUT, 0x204, "timeout", "no answer in time")                                         \
    X(PC_E_CLOSED, 0x205, "closed", "the other end is gone")                                       \
    X(PC_E_CORRUPT, 0x206, "corrupt", "stored data is damaged or foreign")                         \
    X(PC_E_FULL, 0x207, "full", "a bounded resource is used up")                                   \
    X(PC_E_BEHIND, 0x208, "chain_behind", "the chain view is too old")                             \
    X(PC_E_DISAGREE, 0x209, "chain_disagreement", "sources disagree")                              \
    X(PC_E_REFUSED, 0x301, "refused", "a rule refuses it")                                         \
    X(PC_E_NOT_FOUND, 0x302, "not_found", "there is no such thing")                                \
    X(PC_E_EXISTS, 0x303, "exists", "it is there already")                                         \
    X(PC_E_STALE, 0x304, "stale", "it is too old")                                                 \
    X(PC_E_USAGE, 0x305, "usage", "an argument is missing or wrong")                               \
    X(PC_E_UNSUPPORTED, 0x306, "unsupported", "a kind or version that is not built in")

enum err_code {
#define PC_ERR_ENUM(id, value, name, text) id = value,
    PC_ERR_LIST(PC_ERR_ENUM)
#undef PC_ERR_ENUM
};

/* Stable name ("bad_share") and sentence of a code; never NULL. */
const char *pc_err_name(enum err_code e);
const char *pc_err_text(enum err_code e);

/* Class of a code: one of PC_ERR_CLASS_*, 0 for PC_OK. */
static inline int pc_err_class(enum err_code e)
{
    return (int)e & 0xf00;
}

/* Leaf parsers and checkers only: return the error of EXPR if it has one. Owners of resources or
 * secrets use a single `out:` label instead. */
#define PC_TRY(expr)                                                                               \
    do {                                                                                           \
        enum err_code pc_try_e = (expr);                                                           \
        if (pc_try_e != PC_OK)                                                                     \
            return pc_try_e;                                                                       \
    } while (0)

/* A state that cannot be: print where and abort. Secrets die with the process. */
_Noreturn void pc_bug_at(const char *file, int line, const char *what);
#define pc_bug(what) pc_bug_at(__FILE__, __LINE__, (what))
#define PC_ASSERT(cond)                                                                            \
    do {                                                                                           \
        if (!(cond))                                                                               \
            pc_bug(#cond);                                                                         \
    } while (0)

#endif
