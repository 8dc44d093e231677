// What a component and the program behind its Command agree on. A contract can be imported without running anything.
import type * as v from "valibot";

/**
 * @template Settings schema of what the program reads, as JSON, from stdin
 * @template Result schema of what it prints, as JSON, to stdout if it succeeds
 */
export interface Contract<Settings extends v.GenericSchema, Result extends v.GenericSchema> {
  /** As in `main.ts NAME`. The states of existing stacks contain it, so it never changes. */
  readonly name: string;
  readonly settings: Settings;
  readonly result: Result;
}

/** Creates a contract with types from the schemas. */
export function contract<Settings extends v.GenericSchema, Result extends v.GenericSchema>(
  name: string,
  { settings, result }: { settings: Settings; result: Result },
): Contract<Settings, Result> {
  return { name, settings, result };
}
