/* SPDX-License-Identifier: Apache-2.0 */
/* polyclaved: see polyclaved.h. */
#include "base/log.h"
#include "node/polyclaved/polyclaved.h"

static struct polyclaved polyclaved; /* one per process; large */

int main(int argc, char **argv)
{
    static struct daemon_spec spec;
    struct polyclaved *p = &polyclaved;
    polyclaved_spec(&spec, p);
    if (daemon_begin(&p->d, &spec, argc, argv) != PC_OK)
        return DAEMON_EXIT_USAGE;
    if (polyclaved_configure(p, p->d.config_path) != PC_OK)
        return DAEMON_EXIT_FAULT;
    log_init("polyclaved", p->config.log_level);
    if (polyclaved_start(p) != PC_OK)
        return DAEMON_EXIT_FAULT;
    const struct sandbox_path paths[] = {{p->config.data_dir, true}};
    if (daemon_seal(&p->d, paths, PC_ARRAY_LEN(paths)) != PC_OK)
        return DAEMON_EXIT_FAULT;
    int code = daemon_run(&p->d);
    polyclaved_end(p);
    return code;
}
