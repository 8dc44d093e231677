// The whole program under Pulumi's mocks, to see its resources and their order.
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { ExecutionContext } from "ava";
import { exampleConfig } from "./example-config.ts";
import type { Declared } from "./mock-cluster.ts";

interface MockedProgram {
  declared: Declared[];
  /** When each resource, except components, was started and finished. */
  steps: string[];
}

interface Mocked {
  /** The answer of the program behind a Command, by the Command's name. */
  resultOf(name: string): unknown;
  /** The engine's answer to a call. Default: the call's arguments. */
  call?: pulumi.runtime.Mocks["call"];
  /** Default: none. */
  organization?: string;
  /**
   * Resources for which others must wait, each as a type and a name. They take so long that anything that does not wait for
   * them starts earlier.
   */
  awaited?: readonly string[];
  /** Settings in addition to those of the example. */
  config?: Record<string, string>;
}

/** To be called before index.ts is imported. */
export function mockProgram(mocked: Mocked): MockedProgram {
  const { resultOf, call = ({ inputs }) => inputs, organization, awaited = [], config } = mocked;
  const declared: Declared[] = [];
  const steps: string[] = [];
  const newResource: pulumi.runtime.Mocks["newResource"] = async ({ type, name, inputs }) => {
    declared.push({ type, name, inputs });
    const custom = !type.startsWith("pi-speedup:");
    if (custom) steps.push(`begin ${type} ${name}`);
    await sleep(awaited.includes(`${type} ${name}`) ? 250 : 20);
    if (custom) steps.push(`end ${type} ${name}`);
    const metadata = inputs.metadata && { ...inputs.metadata, uid: `uid-of-${name}` };
    return { id: `id-of-${name}`, state: { ...inputs, metadata, stdout: JSON.stringify(resultOf(name)) } };
  };
  pulumi.runtime.setMocks({ newResource, call }, "pi-speedup", "dev", false, organization);
  const settings = Object.entries({ ...exampleConfig, ...config });
  pulumi.runtime.setAllConfig(Object.fromEntries(settings.map(([key, value]) => [`pi-speedup:${key}`, value])));
  return { declared, steps };
}

/** @param earlier and `later` are a type and a name, such as `command:local:Command image`. */
export function assertWaits(t: ExecutionContext, steps: readonly string[], earlier: string, later: string): void {
  const [end, begin] = [steps.indexOf(`end ${earlier}`), steps.indexOf(`begin ${later}`)];
  t.true(end >= 0 && end < begin, `${later}\n${steps.join("\n")}`);
}
