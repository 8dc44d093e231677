// How much the tests try: enough for every day, and ten times as much in `.ci/run`, which sets THOROUGH.

/** Whether everything is tried, however long it takes. */
export const thorough = process.env.THOROUGH === "yes";
