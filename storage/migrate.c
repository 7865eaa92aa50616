/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/migrate.h"

static const struct migrate_step *step_from(uint32_t from, const struct migrate_step *steps,
                                            size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (steps[i].from == from)
            return &steps[i];
    return NULL;
}

static enum err_code try_step(struct store_engine *e, const struct store_stamp *next,
                              const struct migrate_step *step)
{
    PC_TRY(e->ops->begin(e, true));
    enum err_code err = step->run(e);
    if (err == PC_OK)
        err = store_stamp_write(e, next);
    if (err == PC_OK)
        return e->ops->commit(e);
    e->ops->abort(e);
    return err;
}

static enum err_code run_step(struct store_engine *e, const struct store_stamp *next,
                              const struct migrate_step *step)
{
    enum err_code err;
    while ((err = try_step(e, next, step)) == PC_E_FULL)
        PC_TRY(e->ops->grow(e));
    return err;
}

enum err_code migrate_run(struct store_engine *e, struct store_stamp *st, uint32_t target,
                          const struct migrate_step *steps, size_t n)
{
    if (st->schema > target)
        return PC_E_UNSUPPORTED;
    while (st->schema < target) {
        const struct migrate_step *step = step_from(st->schema, steps, n);
        if (step == NULL)
            return PC_E_UNSUPPORTED;
        struct store_stamp next = *st;
        next.schema++;
        PC_TRY(run_step(e, &next, step));
        *st = next;
    }
    return PC_OK;
}

enum err_code migrate_to_current(struct store_engine *e, struct store_stamp *st)
{
    /* Schema 1 is the first: nothing older exists. */
    return migrate_run(e, st, STORE_SCHEMA, NULL, 0);
}
