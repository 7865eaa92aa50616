/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the text: parse and span scanner end, agree on what is an object, and a span parses as
 * the member that the tree has. */
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_doc *doc, *part;
    struct bytes text = bytes_of(data, size), span;
    enum err_code e = json_parse(&doc, text, 65536, 16);
    enum err_code s = json_member_span(&span, text, "a", 16);
    if (e == PC_OK) {
        struct json_value root = json_root(doc), v;
        uint64_t n;
        bool object = json_kind_of(&root) == PC_JSON_OBJECT;
        if (object && s != PC_OK && s != PC_E_NOT_FOUND)
            abort(); /* what the tree takes, the scanner must follow */
        if (s == PC_OK && !json_has(&root, "a"))
            abort();
        if (s == PC_OK && json_get_member(&root, "a", &v) == PC_OK &&
            json_kind_of(&v) >= PC_JSON_ARRAY) {
            if (json_parse(&part, span, 65536, 16) != PC_OK)
                abort();
            json_free(part);
        }
        (void)!json_get_u64(&root, object ? "a" : NULL, 10, &n);
    }
    json_free(doc);
    return 0;
}
