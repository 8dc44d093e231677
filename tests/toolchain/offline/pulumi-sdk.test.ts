import test from "ava";
import { guardPort, sdkRecipe, versionIn } from "../../../toolchain/offline/pulumi-sdk.ts";
import { assertFault } from "../../helpers/faults.ts";

const serves = "if err := srv.Serve(lis); err != nil {";

test("the line that answers on a port is given a listener for its own user alone, and nothing else is changed", (t) => {
  t.is(
    guardPort(`before\n\t${serves}\nafter\n`),
    "before\n\tif err := srv.Serve(onlyOwnUser(lis)); err != nil {\nafter\n",
  );
});

for (const [what, source] of [
  ["nowhere", "srv.ServeTLS(lis)"],
  ["in two places", `${serves}\n${serves}`],
] as const) {
  test(`a source that answers ${what} is refused`, (t) => {
    const { message } = t.throws(() => guardPort(source)) ?? { message: "" };
    assertFault(t, "sdk-changed", message);
  });
}

test("added files determine the recipe, and their tests do not", async (t) => {
  const recipe = await sdkRecipe();
  t.true(recipe.some((text) => text.includes("func onlyOwnUser(")));
  t.true(recipe.some((text) => text.includes("/proc/self/net/tcp")));
  t.false(recipe.some((text) => text.includes("testing.T")));
});

test("a version is found in a go.mod by the module's whole name", (t) => {
  const goMod =
    "require (\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.1.0\n\tgithub.com/pulumi/pulumi/sdk/v3 v3.2.0 // indirect\n)\n";
  t.is(versionIn(goMod, "github.com/pulumi/pulumi/sdk/v3"), "v3.2.0");
  assertFault(t, "go-mod-changed", t.throws(() => versionIn(goMod, "github.com/pulumi/pulumi")).message);
});
