/* SPDX-License-Identifier: Apache-2.0 */
/* The strict CBOR reader beside libcbor: whatever we take, libcbor takes too, all of it, and writes
 * the same bytes again. (The other way round it takes much more, and gigabytes for some of it: so
 * it is asked only about what was taken.) It checks that text is UTF-8, which our reader leaves to
 * who interprets it: so text is made ASCII before it is asked. */
#include <cbor.h>
#include <stdlib.h>

#include "attest/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t copy[4096];
static struct bytes texts[sizeof(copy)]; /* in the input; each takes a byte at least */
static size_t count;

static void note_text(struct cbor *c)
{
    texts[count++] = cbor_take_text(c);
}

/* Every text of an item that was taken before. */
static void note_texts(struct cbor *c)
{
    struct cbor_array a;
    struct cbor_map m;
    struct cbor key;
    switch (cbor_peek(c)) {
    case PC_CBOR_TEXT:
        note_text(c);
        return;
    case PC_CBOR_ARRAY:
        cbor_array_open(c, &a);
        while (cbor_array_next(c, &a))
            note_texts(c);
        return;
    case PC_CBOR_MAP:
        cbor_map_open(c, &m);
        while (cbor_map_next(c, &m, &key)) {
            note_texts(c);
            if (cbor_peek(&key) == PC_CBOR_TEXT)
                note_text(&key);
        }
        return;
    case PC_CBOR_UINT:
    case PC_CBOR_NEGATIVE:
    case PC_CBOR_BYTES:
    case PC_CBOR_TAG:
    case PC_CBOR_OTHER:
    case PC_CBOR_NOTHING:
        cbor_skip(c);
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cbor c = cbor_of(bytes_of(data, size));
    struct cbor_load_result result;
    unsigned char *again = NULL;
    size_t room = 0;
    cbor_skip(&c);
    if (size > sizeof(copy) || !cbor_end(&c))
        return 0;
    memcpy(copy, data, size);
    c = cbor_of(bytes_of(data, size));
    count = 0;
    note_texts(&c);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < texts[i].n; k++)
            copy[(size_t)(texts[i].p - data) + k] &= 0x7f;
    cbor_item_t *item = cbor_load(copy, size, &result);
    if (item == NULL || result.error.code != CBOR_ERR_NONE || result.read != size)
        abort();
    size_t n = cbor_serialize_alloc(item, &again, &room);
    if (n != size || memcmp(again, copy, n) != 0)
        abort();
    free(again);
    cbor_decref(&item);
    return 0;
}
