// The nodes' image that is built if K3s' own can't be pulled, attacked from one of its nodes.
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { load } from "js-yaml";
import * as v from "valibot";
import { ownImages } from "../../components/cluster/embedded/node-image.ts";
import { type ForeignCluster, foreignCluster } from "../helpers/foreign-cluster.ts";
import { command, docker } from "../helpers/stack.ts";

let cluster: ForeignCluster;
let isOurs = false;

test.serial.before("a cluster of two agents", async () => {
  cluster = await foreignCluster();
  isOurs = (await docker("inspect", "--format={{.Config.Image}}", cluster.server)).trim() === ownImages.node;
});
test.serial.after.always("nothing is left, whatever happened", async () => {
  await cluster.remove();
});

/** A test of what K3s' own image does in its own way. */
function whereOurs(title: string, work: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async (t) => {
    if (isOurs) return work(t);
    t.log("not tried: the nodes run K3s' own image");
    t.pass();
  });
}

const inside = (node: string, script: string) => command("docker", "exec", node, "/bin/sh", "-c", script);

whereOurs("an agent holds no key but its own", async (t) => {
  const [agent = ""] = cluster.agents;
  const { stdout } = await inside(agent, "cd /var/lib/k3s-node/certificates && ls *.key");
  t.is(stdout, "kubelet.key\nnode.key\n");
  const server = await inside(cluster.server, "cd /var/lib/k3s-node/certificates && ls ca.key");
  t.is(server.stdout, "ca.key\n");
});

whereOurs("an agent's own credentials change no other node, and read no secret", async (t) => {
  const [agent = "", other = ""] = cluster.agents;
  for (const [what, refused] of [
    [`label node ${other} stolen=yes`, /forbidden/i],
    [`taint node ${other} stolen=yes:NoSchedule`, /forbidden/i],
    [`label node ${agent} node-role.kubernetes.io/control-plane=true`, /forbidden|not allowed/i],
    ["get secrets --all-namespaces", /forbidden/i],
    [`delete node ${other}`, /forbidden/i],
  ] as const) {
    const { code, stderr } = await inside(agent, `kubectl ${what}`);
    t.not(code, 0, what);
    t.regex(stderr, refused, what);
  }
  t.notRegex(await cluster.kubectl("get", "nodes", "--show-labels"), /stolen/);
});

whereOurs("the administrator can still label a node as a worker", async (t) => {
  const [agent = ""] = cluster.agents;
  await cluster.kubectl("label", "node", agent, "role=worker");
  t.regex(await cluster.kubectl("get", "node", agent, "--show-labels"), /role=worker/);
});

whereOurs("on the server neither etcd nor the kubelet's check of its health listens on a port", async (t) => {
  const { stdout } = await inside(cluster.server, "cat /proc/net/tcp /proc/net/tcp6");
  const ports = stdout.split("\n").flatMap((row) => {
    const [, local = "", , state] = row.trim().split(/\s+/);
    return state === "0A" ? [Number.parseInt(local.split(":").at(-1) ?? "", 16)] : [];
  });
  for (const port of [6443, 6444, 10250]) t.true(ports.includes(port), `${port}`);
  for (const port of [2379, 2380, 10248]) t.false(ports.includes(port), `${port}`);
});

/** What the port by which agents join answers to a request, or why it answers nothing. */
async function atJoinPort(credentials: { cert?: string; key?: string }): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const host = (await docker("inspect", `--format=${format}`, cluster.server)).trim();
  return new Promise((resolve) => {
    // Whom it speaks to is what is tried, not who it is.
    const socket = connect({ host, port: 6444, rejectUnauthorized: false, ...credentials });
    socket.write("POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.once("error", (error) => resolve(error.message));
    socket.once("end", () => resolve(text));
  });
}

whereOurs("who does not hold the cluster's token can't speak to the port by which agents join", async (t) => {
  t.regex(await atJoinPort({}), /certificate required/);
  const [agent = ""] = cluster.agents;
  // A certificate of the cluster's own authority is not enough.
  const read = async (name: string) => (await inside(agent, `cat /var/lib/k3s-node/certificates/${name}`)).stdout;
  t.regex(
    await atJoinPort({ cert: await read("node.crt"), key: await read("node.key") }),
    /unknown ca|bad certificate/i,
  );
});

whereOurs("an agent's certificate as a server is no user's to the API server", async (t) => {
  const [agent = ""] = cluster.agents;
  const files = "--client-certificate=kubelet.crt --client-key=kubelet.key --certificate-authority=ca.crt";
  const { code, stderr } = await inside(
    agent,
    `cd /var/lib/k3s-node/certificates && KUBECONFIG=/dev/null kubectl ${files} --server=https://${cluster.server}:6443 get namespaces`,
  );
  t.not(code, 0);
  t.regex(stderr, /must be logged in|Unauthorized/i);
});

whereOurs("certificates last a year", async (t) => {
  const kubeconfig = v.parse(
    v.object({ users: v.tuple([v.object({ user: v.object({ "client-certificate-data": v.string() }) })]) }),
    load(cluster.kubeconfig),
  );
  const data = kubeconfig.users[0].user["client-certificate-data"];
  const days = (new X509Certificate(Buffer.from(data, "base64")).validToDate.getTime() - Date.now()) / 86_400_000;
  t.true(days > 360 && days < 367, `${days}`);
});

whereOurs("nodes that are started again join again, and the cluster keeps its authority", async (t) => {
  const [agent = ""] = cluster.agents;
  const authority = () => inside(cluster.server, "sha256sum /var/lib/k3s-node/certificates/ca.crt");
  const before = (await authority()).stdout;
  await docker("restart", cluster.server, agent);
  const ready = `kubectl wait --for=condition=Ready --timeout=120s node ${cluster.server} ${agent}`;
  // It waits for nodes, but not for the API server.
  const { code, stderr } = await inside(cluster.server, `until kubectl get --raw=/readyz; do sleep 1; done; ${ready}`);
  t.is(code, 0, stderr);
  t.is((await authority()).stdout, before);
  const sameAuthority = await inside(agent, "sha256sum /var/lib/k3s-node/certificates/ca.crt");
  t.is(sameAuthority.stdout.split(" ")[0], before.split(" ")[0]);
});
