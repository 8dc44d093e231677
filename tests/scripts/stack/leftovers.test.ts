import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { baselineContainer, clusterNameFor } from "../../../components/cluster/embedded/names.ts";
import type { Labelled } from "../../../components/host/labelled.ts";
import { containersOf, removeLeftovers, warnAboutOrphans } from "../../../scripts/stack/leftovers.ts";
import { fakePrograms } from "../../helpers/fake-programs.ts";
import { assertFault } from "../../helpers/faults.ts";
import { inEnvironment } from "../../helpers/in-environment.ts";
import { formerLabels, labelsHere, listing, thing, wholeCluster } from "../../helpers/labelled.ts";

/** Does `work` in a world where Docker has these things. */
async function withThings<T>(t: ExecutionContext, things: readonly Labelled[], work: () => Promise<T>) {
  const { env, calls } = fakePrograms(t, { docker: listing(things) });
  const done = await inEnvironment(env, work);
  return { ...done, removals: calls().filter((call) => /^docker (network |volume )?rm /.test(call)) };
}

/** A folder that is gone, beside one that is there. */
function goneFolder(t: ExecutionContext): string {
  const parent = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(parent, { recursive: true }));
  writeFileSync(join(parent, "something"), "");
  return join(parent, "gone");
}

const cluster = "pi-speedup-00000001";
const ofGone = (t: ExecutionContext) => ({
  ...labelsHere("dev", "another"),
  folder: goneFolder(t),
  place: "its-place",
});

test("a cluster whose folder is gone is reported, with the commands that remove it (folder-gone)", async (t) => {
  const things = [...wholeCluster(cluster, ofGone(t)), ...wholeCluster("pi-speedup-00000002", labelsHere("dev", "x"))];
  const { stderr } = await withThings(t, things, warnAboutOrphans);
  assertFault(t, "folder-gone", stderr);
  t.is(stderr.trim().split("\n").length, 1);
});

const silences: [what: string, labels: (t: ExecutionContext) => Labelled["labels"]][] = [
  ["of another user", (t) => ({ ...ofGone(t), user: "4711" })],
  ["of another host, such as a container with this Docker", (t) => ({ ...ofGone(t), host: "c0ffee" })],
  ["without a label of host and user", (t) => formerLabels("dev", goneFolder(t))],
  [
    "whose folder may lie on a disk that is not mounted",
    (t) => ({ ...ofGone(t), folder: join(emptyFolder(t), "gone") }),
  ],
  ["whose folder was moved here", (t) => ({ ...ofGone(t), place: labelsHere("dev", "x").place })],
];
for (const [what, labels] of silences) {
  test(`a cluster ${what} is not named: its folder may well be there`, async (t) => {
    t.is((await withThings(t, wholeCluster(cluster, labels(t)), warnAboutOrphans)).stderr, "");
  });
}

function emptyFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "pi-speedup-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("a foreign name is not copied into a command", async (t) => {
  const evil = thing("container", "k3d-$(reboot)-server-0", { labels: ofGone(t) });
  t.is((await withThings(t, [evil], warnAboutOrphans)).stderr, "");
});

test("only the containers of this folder, host, user and stack belong to the stack", async (t) => {
  const mine = labelsHere("dev", "mine");
  const things = [
    thing("container", "a", { labels: mine }),
    thing("container", "former", { labels: formerLabels("dev") }),
    thing("container", "b", { labels: { ...mine, folder: "/elsewhere" } }),
    thing("container", "c", { labels: { ...mine, host: "c0ffee" } }),
    thing("container", "d", { labels: { ...mine, user: "4711" } }),
  ];
  const { result } = await withThings(t, things, () => containersOf("dev"));
  t.deepEqual(
    result.map(({ name }) => name),
    ["a", "former"],
  );
});

const down = () => removeLeftovers("leftovers-test", "mine", true);
const downWithoutCluster = () => removeLeftovers("leftovers-test", undefined, false);
const own = clusterNameFor("leftovers-test", process.cwd());

test("`down` removes remains of a killed run of its own state", async (t) => {
  const things = wholeCluster(own, labelsHere("leftovers-test", "mine"));
  const { stderr, removals } = await withThings(t, things, down);
  t.is(stderr, "");
  t.is(removals.length, 3);
});

test("`down` leaves a cluster that its state does not know, and says so (cluster-of-another-state)", async (t) => {
  const { stderr, removals } = await withThings(t, wholeCluster(own, labelsHere("renamed", "another")), down);
  assertFault(t, "cluster-of-another-state", stderr);
  t.deepEqual(removals, []);
});

const baseline = baselineContainer("leftovers-test", process.cwd());
test("`down` removes the baseline of its own stack", async (t) => {
  const mine = thing("container", baseline, { labels: labelsHere("leftovers-test", "") });
  const { removals } = await withThings(t, [mine], downWithoutCluster);
  t.deepEqual(removals, [`docker rm --force --volumes ${mine.id}`]);
});

test("`down` leaves the baseline of another checkout with the same paths alone", async (t) => {
  const labels = { ...labelsHere("leftovers-test", ""), host: "c0ffee", place: "place-in-the-container" };
  const theirs = thing("container", baseline, { labels });
  const { removals } = await withThings(t, [theirs], downWithoutCluster);
  t.deepEqual(removals, []);
});
