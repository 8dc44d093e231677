import test from "ava";
import {
  agentNodes,
  clusterNameFor,
  clusterOfServer,
  isNode,
  isNodeOf,
  scratchFolderOf,
  serverNode,
} from "../../../../components/cluster/embedded/names.ts";

const cluster = clusterNameFor("dev", "/home/pi/pi-speedup");

test("a stack of a checkout always has the same cluster, and no other one has it", (t) => {
  t.is(clusterNameFor("dev", "/home/pi/pi-speedup"), cluster);
  t.not(clusterNameFor("raspi", "/home/pi/pi-speedup"), cluster);
  t.not(clusterNameFor("dev", "/home/pi/other"), cluster);
});

test("a cluster's name is one that k3d takes", (t) => {
  t.regex(clusterNameFor("a stack with a long name".repeat(10), "/x"), /^[a-z][a-z0-9-]{0,31}$/);
});

test("a cluster is found again by its server alone", (t) => {
  t.is(clusterOfServer(serverNode(cluster)), cluster);
  for (const agent of agentNodes(cluster, 2)) t.is(clusterOfServer(agent), undefined);
});

test("nodes are told from the containers of other clusters, and from those that are no nodes", (t) => {
  for (const node of [serverNode(cluster), ...agentNodes(cluster, 2)]) t.true(isNode(node) && isNodeOf(cluster, node));
  t.true(isNode("k3d-other-server-0"));
  t.false(isNodeOf(cluster, "k3d-other-server-0"));
  t.false(isNode(`${cluster}-baseline`));
});

test("what k3d forgets lies in the checkout, where no other user can make a folder of that name first", (t) => {
  t.is(scratchFolderOf(cluster, "/home/pi/pi-speedup"), `/home/pi/pi-speedup/.pi-speedup/k3d/${cluster}`);
});
