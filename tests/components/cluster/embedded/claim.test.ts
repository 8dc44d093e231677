import test from "ava";
import fc from "fast-check";
import { type Claim, type Found, type Occasion, refusal } from "../../../../components/cluster/embedded/claim.ts";
import type { FolderState, Whereabouts } from "../../../../components/host/whereabouts.ts";
import type { DockerLabels } from "../../../../components/ownership.ts";
import { messageOf } from "../../../helpers/faults.ts";
import { thing, wholeCluster } from "../../../helpers/labelled.ts";

const name = "pi-speedup-00000000";
const here: Whereabouts = { host: "desk", user: "1000", folder: "/home/pi/a", place: "place-a" };
const claim: Claim = { name, stack: "dev", identity: "mine" };
const formerClaim: Claim = { name, stack: "dev" };

const mine: Required<DockerLabels> = { ...here, stack: "dev", identity: "mine", digest: "" };
const another = { ...mine, identity: "another" };
const former = { ...mine, identity: "", place: "", host: "", user: "" };
/** Where the original of a copy lies. */
const elsewhere = { folder: "/home/pi/original", place: "place-of-the-original" };

type Verdict = "ours" | "elsewhere" | "another state" | "unlabelled";

function verdict(found: readonly Found[], by: Claim, occasion: Occasion, folder: FolderState): Verdict {
  const refused = refusal(found, by, occasion, { here, look: () => folder });
  if (refused === undefined) return "ours";
  if (refused.id === "cluster-unlabelled") return "unlabelled";
  return refused.id === "cluster-of-another-state" ? "another state" : "elsewhere";
}

const cases: {
  title: string;
  labels: Required<DockerLabels>;
  by?: Claim;
  folder?: FolderState;
  recorded: Verdict;
  unrecorded?: Verdict;
}[] = [
  { title: "this state's, made here", labels: mine, recorded: "ours" },
  { title: "the original of a copied checkout", labels: { ...mine, ...elsewhere }, recorded: "elsewhere" },
  {
    title: "the original of a copied checkout that can't be seen",
    labels: { ...mine, ...elsewhere },
    folder: "unknown",
    recorded: "elsewhere",
  },
  {
    title: "this state's, its checkout moved within the file system, and another one at the old place",
    labels: { ...mine, folder: "/home/pi/old" },
    recorded: "ours",
  },
  {
    title: "this state's, its checkout moved to another file system",
    labels: { ...mine, ...elsewhere },
    folder: "gone",
    recorded: "ours",
  },
  {
    title: "this state's, its checkout moved to another disk, with a link to it in the old place",
    labels: { ...mine, ...elsewhere },
    folder: "here",
    recorded: "ours",
  },
  {
    title: "this state's, its checkout put back from a backup",
    labels: { ...mine, place: "place-before" },
    recorded: "ours",
  },
  { title: "this state's, under another host name", labels: { ...mine, host: "c0ffee" }, recorded: "ours" },
  {
    title: "a copy's in a container, with the same paths, another host name and the host's Docker",
    labels: { ...mine, host: "c0ffee", place: "place-in-the-container" },
    folder: "gone",
    recorded: "elsewhere",
  },
  { title: "this state's, made with sudo", labels: { ...mine, user: "0" }, recorded: "ours" },
  {
    title: "another user's, whose checkout was copied with its state",
    labels: { ...mine, ...elsewhere, user: "1001" },
    folder: "gone",
    recorded: "elsewhere",
  },
  { title: "another login's, with the same stack in the same folder", labels: another, recorded: "another state" },
  {
    title: "another container's, with the same paths and a state of its own",
    labels: { ...another, host: "c0ffee", place: "place-in-the-container" },
    recorded: "elsewhere",
  },
  {
    title: "a renamed stack's, whose old name is another stack's now",
    labels: { ...another, stack: "dev" },
    recorded: "another state",
  },
  {
    title: "this state's, made before the stack was renamed",
    labels: mine,
    by: { ...claim, stack: "renamed" },
    recorded: "ours",
  },
  {
    title: "a newer state's, by a state of the former release",
    labels: mine,
    by: formerClaim,
    recorded: "another state",
  },
  {
    title: "the former release's, by a state of it",
    labels: former,
    by: formerClaim,
    recorded: "ours",
    unrecorded: "another state",
  },
  {
    title: "the former release's, by a state that took it over",
    labels: former,
    recorded: "ours",
    unrecorded: "another state",
  },
  {
    title: "the former release's, of another stack",
    labels: { ...former, stack: "other" },
    by: formerClaim,
    recorded: "another state",
  },
  {
    title: "the former release's, by a copied checkout",
    labels: { ...former, folder: "/home/pi/original" },
    by: formerClaim,
    recorded: "elsewhere",
  },
  {
    title: "the former release's, by a moved checkout",
    labels: { ...former, folder: "/home/pi/old" },
    by: formerClaim,
    folder: "gone",
    recorded: "ours",
    unrecorded: "another state",
  },
];
for (const { title, labels, by = claim, folder = "there", recorded, unrecorded = recorded } of cases) {
  test(`a cluster in the state that is ${title}: ${recorded}`, (t) => {
    t.is(verdict(wholeCluster(name, labels), by, "recorded", folder), recorded);
  });
  test(`a cluster in no state that is ${title}: ${unrecorded}`, (t) => {
    t.is(verdict(wholeCluster(name, labels), by, "unrecorded", folder), unrecorded);
  });
}

test("remains of a killed creation by the previous release are removed: its nodes were never started", (t) => {
  const created = wholeCluster(name, former).map((each) => ({
    ...each,
    state: each.kind === "container" ? "created" : "",
  }));
  t.is(verdict(created, claim, "unrecorded", "there"), "ours");
});

test("one foreign object among ours protects the whole cluster", (t) => {
  for (const stranger of wholeCluster(name, another)) {
    const others = wholeCluster(name, mine).filter((each) => each.name !== stranger.name);
    t.is(verdict([...others, stranger], claim, "recorded", "there"), "another state", stranger.name);
  }
});

test("a container without labels belongs to ours, and to nobody if it is alone", (t) => {
  const tools = thing("container", `k3d-${name}-tools`);
  t.is(verdict([...wholeCluster(name, mine), tools], claim, "recorded", "there"), "ours");
  t.is(verdict([thing("volume", `k3d-${name}-images`, { labels: mine }), tools], claim, "unrecorded", "there"), "ours");
  t.is(verdict([tools], claim, "unrecorded", "there"), "unlabelled");
});

test("an unused network and volume without labels are left over from the previous release", (t) => {
  t.is(
    verdict([thing("network", `k3d-${name}`), thing("volume", `k3d-${name}-images`)], claim, "unrecorded", "there"),
    "ours",
  );
});

test("an empty list belongs to nobody", (t) => {
  t.is(verdict([], claim, "recorded", "unknown"), "ours");
});

test("a refusal says whose the cluster is, where, and the command that removes all of it", (t) => {
  const labels = { ...mine, ...elsewhere, user: "1001", host: "c0ffee" };
  const refused = messageOf(refusal(wholeCluster(name, labels), claim, "recorded", { here, look: () => "there" }));
  t.true(refused.includes('the checkout "/home/pi/original" of user 1001 on host "c0ffee"'), refused);
  t.true(refused.includes('This is the checkout "/home/pi/a" of user 1000 on host "desk"'), refused);
  t.true(
    refused.includes(`label=k3d.cluster=${name}`) && refused.includes(`docker volume rm k3d-${name}-images`),
    refused,
  );
});

test("a cluster with another identity is never ours, whatever its labels", (t) => {
  const text = fc.constantFrom("", "desk", "1000", "/home/pi/a", "place-a", "dev", "x");
  const labels = fc.record({
    stack: text,
    folder: fc.constantFrom("/home/pi/a", "/x"),
    place: text,
    host: text,
    user: text,
    digest: text,
  });
  const where = fc.constantFrom<FolderState>("here", "there", "gone", "unknown");
  const when = fc.constantFrom<Occasion>("recorded", "unrecorded");
  fc.assert(
    fc.property(labels, where, when, (others, folder, occasion) => {
      t.not(verdict(wholeCluster(name, { ...others, identity: "another" }), claim, occasion, folder), "ours");
    }),
  );
});
