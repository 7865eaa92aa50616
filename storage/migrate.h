/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate.h - lift a store of an older schema, one step at a time.
 *
 * A step runs in one write transaction together with the new stamp, so a kill leaves the store at a
 * whole version. Add a step here whenever STORE_SCHEMA grows; steps are never removed.
 */
#ifndef PC_STORAGE_MIGRATE_H
#define PC_STORAGE_MIGRATE_H

#include "storage/store_engine.h"

struct migrate_step {
    uint32_t from; /* the schema that it lifts to from + 1 */
    enum err_code (*run)(struct store_engine *e);
};

/* From st->schema to `target` by the steps given; st is updated. PC_E_UNSUPPORTED: st is newer than
 * target, or a step is missing (nothing was changed by the missing step or any later one). */
PC_MUST_USE enum err_code migrate_run(struct store_engine *e, struct store_stamp *st,
                                      uint32_t target, const struct migrate_step *steps, size_t n);

/* migrate_run to STORE_SCHEMA by this program's steps. */
PC_MUST_USE enum err_code migrate_to_current(struct store_engine *e, struct store_stamp *st);

#endif
