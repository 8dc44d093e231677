import test from "ava";
import { stackName } from "../../scripts/stack.ts";

const cases: [args: string[], name: string, passedOn: string[]][] = [
  [[], "dev", []],
  [["baseline", "--stack", "raspi", "--refresh"], "raspi", ["baseline", "--refresh"]],
  [["--stack=raspi", "--refresh"], "raspi", ["--refresh"]],
  [["-s", "raspi"], "raspi", []],
  [["--config=pi-speedup:run=a=b"], "dev", ["--config=pi-speedup:run=a=b"]],
];

for (const [args, name, passedOn] of cases) {
  test(`«${args.join(" ")}» is the stack ${name}, and «${passedOn.join(" ")}» is Pulumi's`, (t) => {
    t.deepEqual(stackName(args), { name, passedOn });
  });
}
