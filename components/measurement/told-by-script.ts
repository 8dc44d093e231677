/**
 * Set by our scripts, which publish the results first and then report missed conditions with an exit code of their own.
 * Without the scripts, the program itself fails. In a file of its own, because Pulumi's library takes long to load.
 */
export const toldByScript = "PI_SPEEDUP_MISSES_TOLD_BY_SCRIPT";
