/**
 * Set in the environment by our scripts, which publish the results first and then tell the conditions that were missed, with an
 * exit code of their own. Where Pulumi is run without them, the program itself fails. Apart from what reads it, since Pulumi's
 * library takes long to load.
 */
export const toldByScript = "PI_SPEEDUP_MISSES_TOLD_BY_SCRIPT";
