// Stand-in for Pulumi's Kubernetes plugin: Namespace, NodePatch and Job, and nothing else of it.
// `node kubernetes.ts ADDRESS` serves it to the engine at that address.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import kubernetesPackage from "@pulumi/kubernetes/package.json" with { type: "json" };
import { changesBetween } from "./difference.ts";
import { annotationsOf, at, isFulfilled, parseWaitFor } from "./kubernetes/annotations.ts";
import { Api, type Place, Refusal, Unreachable } from "./kubernetes/api.ts";
import { isFixed, type Kind, kindOf } from "./kubernetes/kinds.ts";
import { activeCluster, connectionTo } from "./kubernetes/kubeconfig.ts";
import { isOurUpdate, takeOver } from "./kubernetes/managed-fields.ts";
import { type Host, InitFailed, type Plugin, serve, type Target } from "./serve.ts";
import { containsUnknown, isObject, isUnknown, type Json, type JsonObject, reveal, withSecretsOf } from "./wire.ts";

const settings = ["kubeconfig", "context", "clusterIdentifier", "enableServerSideApply", "deleteUnreachable"];
const conflictHelp =
  "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";
const existsHelp =
  "It was left as it is. Give the new one another name, or remove the old one; where only a resource's name in Pulumi has changed, an alias keeps what is there.";

function kubernetesPlugin(host: Host): Plugin {
  let connected: { api: Api; namespace: string } | undefined;
  let whyNot = "the plugin is not configured";
  let forgetsUnreachable = false;
  const cluster = () => {
    if (connected) return connected;
    throw new Unreachable(whyNot);
  };

  return {
    checkConfig(news) {
      const failures = Object.keys(news)
        .filter((key) => !settings.includes(key) && key !== "version" && !key.startsWith("__"))
        .map((property) => ({
          property,
          reason: `${property} is not known to the stand-in for the Kubernetes plugin.`,
        }));
      if (!news.kubeconfig) failures.push({ property: "kubeconfig", reason: "The stand-in needs a kubeconfig." });
      if (String(news.enableServerSideApply ?? "true") !== "true") {
        failures.push({ property: "enableServerSideApply", reason: "The stand-in knows no other way than it." });
      }
      return failures;
    },

    diffConfig(olds, news) {
      return configDifference(reveal(olds), reveal(news));
    },

    configure(inputs) {
      const {
        kubeconfig,
        context,
        deleteUnreachable = process.env.PULUMI_K8S_DELETE_UNREACHABLE ?? "",
      } = reveal(inputs);
      forgetsUnreachable = String(deleteUnreachable) === "true";
      try {
        const connection = connectionTo(String(kubeconfig), context === undefined ? undefined : String(context));
        connected = { api: new Api(connection, host.cancelled), namespace: connection.namespace };
      } catch (error) {
        // No hindrance as long as nothing is asked of the cluster, as in a preview.
        whyNot = error instanceof Error ? error.message : String(error);
      }
    },

    check({ type }, news) {
      const kind = kindOf(type);
      const metadata = news.metadata;
      if (isUnknown(metadata)) return { inputs: news, failures: [] };
      const inputs: JsonObject = { ...news, apiVersion: kind.apiVersion, kind: kind.kind };
      if (kind.namespaced && at(inputs, ["metadata", "namespace"]) === undefined) {
        inputs.metadata = { ...(isObject(metadata) && metadata), namespace: connected?.namespace ?? "default" };
      }
      const revealed = reveal(inputs);
      const failures = [];
      if (!at(revealed, ["metadata", "name"])) {
        failures.push({ property: "metadata.name", reason: "The stand-in invents no names: metadata.name is needed." });
      }
      const { waitFor } = annotationsOf(revealed);
      if (waitFor !== undefined && !isUnknown(waitFor)) parseWaitFor(waitFor);
      if (kind.kind === "Job" && waitFor === undefined && !containsUnknown(metadata)) {
        const reason = "The stand-in does not wait for Jobs to complete: annotate it with pulumi.com/waitFor.";
        failures.push({ property: "metadata.annotations", reason });
      }
      return { inputs, failures };
    },

    async diff({ type, id, urn }, _olds, oldInputs, news) {
      const kind = kindOf(type);
      const [before, after] = [reveal(oldInputs), reveal(news)];
      const changes = changesBetween(before, after, (path) => isFixed(kind, path));
      const otherReplaces: string[] = [];
      if (annotationsOf(after).replaceUnready === "true") {
        if (kind.kind !== "Job") {
          await host.log(urn, "warning", "replaceUnready annotation is not supported for this resource", false);
        } else if (await isUnready(placeOf(kind, id), urn)) {
          otherReplaces.push('.metadata.annotations["pulumi.com/replaceUnready"]');
        }
      }
      const sameName = ["name", "namespace"].every((part) =>
        isDeepStrictEqual(at(before, ["metadata", part]), at(after, ["metadata", part])),
      );
      const replaced = otherReplaces.length > 0 || [...changes.values()].some(({ replace }) => replace);
      return { changes, otherReplaces, deleteBeforeReplace: replaced && sameName };
    },

    async create(target, inputs) {
      const { preview, type, urn } = target;
      const kind = kindOf(type);
      const asIs = { id: "", properties: inputs };
      if (preview && (kind.patch || containsUnknown(inputs))) return asIs;
      const body = reveal(inputs);
      const place = placeOf(kind, idOf(body));
      const manager = `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
      let made: JsonObject;
      try {
        made = await again(target, () => {
          const { api } = cluster();
          return kind.patch
            ? api.apply(place, body, { manager, force: false, dryRun: preview })
            : api.create(place, body, preview);
        });
      } catch (error) {
        if (preview && cannotPreview(error)) return asIs;
        if (error instanceof Unreachable) throw unreachable(error);
        const help = error instanceof Refusal && error.reason === "AlreadyExists" ? `\n\n${existsHelp}` : "";
        throw new Error(
          `resource "${urn}" was not successfully created by the Kubernetes API server: ${explained(error, manager)}${help}`,
        );
      }
      // An empty status would look like a real one.
      if (preview) delete made.status;
      const state = stateOf(inputs, made, manager);
      if (preview) return { id: "", properties: state };
      const id = idOf(made);
      const live = await becoming(target, place, body, made).catch((error: Error) => {
        throw new InitFailed(
          `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${error.message}`,
          id,
          state,
        );
      });
      return { id, properties: stateOf(inputs, live, manager) };
    },

    async read({ type, id, urn }, olds, inputs) {
      if (Object.keys(inputs).length === 0) {
        throw new Error(`${urn}: this stand-in neither imports nor gets things: use the official plugin.`);
      }
      try {
        const kind = kindOf(type);
        const live = await cluster().api.read(placeOf(kind, id));
        const liveInputs = withSecretsOf(inputs, pruned(live, reveal(inputs)));
        const state = stateOf(liveInputs, live, String(olds.__fieldManager));
        if (kind.kind === "Job" && !conditionOf(live, "Complete")) {
          const failed = conditionOf(live, "Failed");
          const why = failed ? `: it failed (${at(failed, ["reason"])}: ${at(failed, ["message"])})` : "";
          throw new InitFailed(`Job ${id} is not complete${why}`, id, state, liveInputs);
        }
        return { properties: state, inputs: liveInputs };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        if (!(error instanceof Unreachable)) throw error;
        if (await mayForget(urn, error)) return undefined;
        throw new Error(`Its state can't be read, since the cluster is unreachable. ${forgetHelp}`);
      }
    },

    async update(target, olds, news) {
      const { id, preview, type, urn } = target;
      const kind = kindOf(type);
      if (preview && containsUnknown(news)) return news;
      const body = reveal(news);
      const place = placeOf(kind, id);
      const manager = String(olds.__fieldManager);
      let live: JsonObject | undefined;
      try {
        const { api } = cluster();
        live = await api.read(place);
        const entries = at(live, ["metadata", "managedFields"]) ?? [];
        const patch = kind.patch || preview ? undefined : takeOver(live, manager);
        if (patch) live = await api.jsonPatch(place, patch);
        const unowned = Array.isArray(entries) && entries.length === 0;
        const force = unowned || (preview && Array.isArray(entries) && entries.some(isOurUpdate));
        live = await api.apply(place, body, { manager, force, dryRun: preview });
        if (preview) return stateOf(news, live, manager);
        live = await becoming(target, place, body, live);
        return stateOf(news, live, manager);
      } catch (error) {
        if (preview && (error instanceof Unreachable || (error instanceof Refusal && error.code === 403))) return news;
        if (error instanceof Unreachable) throw unreachable(error);
        const cause = explained(error, manager);
        if (!live) throw new Error(`update of resource "${urn}" failed: ${cause}`);
        throw new InitFailed(
          `the Kubernetes API server reported that "${id}" failed to fully initialize or become live: ${cause}`,
          id,
          stateOf(news, live, manager),
        );
      }
    },

    async delete(target, olds) {
      const { id, type, urn } = target;
      const kind = kindOf(type);
      const place = placeOf(kind, id);
      try {
        if (kind.patch) return await giveBack(place, String(olds.__fieldManager));
        const { api } = cluster();
        await api.remove(place);
        const uid = at(olds, ["metadata", "uid"]);
        await waitUntil(target, `${id} to be deleted`, async () => {
          // Another thing of that name is not the one that was deleted.
          return uid !== undefined && at(await api.read(place), ["metadata", "uid"]) !== uid ? true : undefined;
        });
      } catch (error) {
        if (isNotFound(error)) return;
        if (!(error instanceof Unreachable)) throw error;
        if (await mayForget(urn, error)) return;
        throw new Error(`configured Kubernetes cluster is unreachable. ${forgetHelp}`);
      }
    },
  };

  /** Whether a Job must be replaced because it is there and not Complete. What can't be told is no reason. */
  async function isUnready(place: Place, urn: string): Promise<boolean> {
    try {
      return conditionOf(await cluster().api.read(place), "Complete") === undefined;
    } catch (error) {
      if (error instanceof Unreachable) {
        const message = `Cluster is unreachable, skipping replaceUnready check: ${error.message}`;
        await host.log(urn, "warning", message, false);
      } else if (!(error instanceof Refusal)) throw error;
      return false;
    }
  }

  /** Makes a thing; while its namespace or kind is missing, up to five times more. */
  async function again({ urn, preview }: Target, make: () => Promise<JsonObject>): Promise<JsonObject> {
    for (let tries = 0; ; tries++) {
      try {
        return await make();
      } catch (error) {
        if (!isNotFound(error) || tries === 5 || (preview && cannotPreview(error))) throw error;
        await host.log(urn, "info", `Retry #${tries}; creation failed: ${error.message}`, true);
        await sleep(1000 * 2 ** tries, undefined, { signal: host.cancelled });
      }
    }
  }

  /** Waits until a thing is what its `waitFor` asks, and returns it as it is then. */
  async function becoming(target: Target, place: Place, inputs: JsonObject, made: JsonObject): Promise<JsonObject> {
    const { waitFor } = annotationsOf(inputs);
    if (waitFor === undefined) return made;
    const condition = parseWaitFor(waitFor);
    if (isFulfilled(condition, made)) return made;
    await host.log(target.urn, "info", `Waiting for ${condition.text}`, true);
    return waitUntil(target, condition.text, async () => {
      const live = await cluster().api.read(place);
      return isFulfilled(condition, live) ? live : undefined;
    });
  }

  /** Asks again and again until there is an answer; throws when there is none in the resource's time, or in ten minutes. */
  async function waitUntil<T>({ timeout }: Target, what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const seconds = timeout || 600;
    const end = performance.now() + seconds * 1000;
    for (let pause = 50; ; pause = Math.min(500, pause * 1.5)) {
      const late = performance.now() > end;
      const found = await ask().catch((error: unknown) => {
        // The cluster may be back in time.
        if (late || !(error instanceof Unreachable)) throw error;
        return undefined;
      });
      if (found !== undefined) return found;
      if (late) throw new Error(`timed out after ${seconds} s waiting for ${what}`);
      await sleep(pause, undefined, { signal: host.cancelled });
    }
  }

  /** Gives back all fields that a manager set; those that nobody else set disappear. */
  async function giveBack(place: Place, manager: string): Promise<void> {
    const { api } = cluster();
    // An apply would create a thing that is gone.
    await api.read(place);
    const { apiVersion, kind } = place.kind;
    const metadata = { name: place.name, ...(place.namespace && { namespace: place.namespace }) };
    await api.apply(place, { apiVersion, kind, metadata }, { manager, force: false, dryRun: false });
  }

  /** Whether the user has said that things on a cluster out of reach may be forgotten. */
  async function mayForget(urn: string, error: Unreachable): Promise<boolean> {
    await host.log(urn, "warning", unreachable(error).message, false);
    if (forgetsUnreachable) await host.log(urn, "info", "Forgotten, since its cluster is unreachable.", false);
    return forgetsUnreachable;
  }
}

const forgetHelp =
  "If it is gone for good, do the same again with PULUMI_K8S_DELETE_UNREACHABLE=true in the environment, which forgets what was on it.";

const unreachable = (error: Unreachable) => new Error(`configured Kubernetes cluster is unreachable: ${error.message}`);

function isNotFound(error: unknown): error is Refusal {
  return error instanceof Refusal && error.code === 404;
}

/** Whether a refused dry run says nothing about the real run. */
function cannotPreview(error: unknown): boolean {
  if (!(error instanceof Refusal)) return error instanceof Unreachable;
  const namespaceMissing = error.code === 404 && error.about === "namespaces";
  // A thing that is there may be one that this deployment is going to replace.
  return namespaceMissing || error.code === 403 || error.reason === "AlreadyExists" || /dry ?run/i.test(error.message);
}

function explained(error: unknown, manager: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Refusal) || error.reason !== "Conflict") return message;
  return `field manager "${manager}" is in conflict with another one: ${message}\nWhat to do about it: ${conflictHelp}`;
}

/** What changed in the provider's settings, and which of it means another cluster. */
function configDifference(olds: JsonObject, news: JsonObject): { diffs: string[]; replaces: string[] } {
  const own = (key: string) => key !== "version" && !key.startsWith("__");
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(own);
  const diffs = keys.filter((key) => !isDeepStrictEqual(olds[key], news[key]));
  const { clusterIdentifier: before } = olds;
  const { clusterIdentifier: after } = news;
  if (after !== undefined && before === after) return { diffs, replaces: [] };
  // Adding or removing the identifier is no change of cluster.
  const replaces = before !== undefined && after !== undefined ? ["clusterIdentifier"] : [];
  const places = ["kubeconfig", "context"];
  const hidden = places.find((key) => isUnknown(news[key]));
  if (hidden) return { diffs, replaces: [...replaces, hidden] };
  const text = (value: Json | undefined) => (value === undefined ? "" : String(value));
  const [from, to] = [olds, news].map(({ kubeconfig, context }) => activeCluster(text(kubeconfig), text(context)));
  const moved = from !== undefined && to !== undefined && !isDeepStrictEqual(from, to);
  return { diffs, replaces: moved ? [...replaces, ...places.filter((key) => diffs.includes(key))] : replaces };
}

function idOf(object: JsonObject): string {
  const [namespace, name] = ["namespace", "name"].map((part) => at(object, ["metadata", part]));
  return namespace ? `${namespace}/${name}` : String(name);
}

function placeOf(kind: Kind, id: string): Place {
  const [name = "", namespace] = id.split("/").reverse();
  return { kind, namespace, name };
}

/** The state of a resource: the live object, and beside it what the next update and deletion need. */
function stateOf(inputs: JsonObject, live: JsonObject, manager: string): JsonObject {
  return {
    ...withSecretsOf(inputs, live),
    __inputs: inputs,
    __initialApiVersion: live.apiVersion ?? "",
    __fieldManager: manager,
  };
}

/** What of a live object the inputs speak of. */
function pruned(live: JsonObject, inputs: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(live)
      .filter(([key]) => Object.hasOwn(inputs, key))
      .map(([key, value]) => [key, prunedValue(value, inputs[key])]),
  );
}

function prunedValue(live: Json, input: Json | undefined): Json {
  if (isObject(live) && isObject(input)) return pruned(live, input);
  if (!Array.isArray(live) || !Array.isArray(input)) return live;
  return live.slice(0, input.length).map((item, i) => prunedValue(item, input[i]));
}

/** A Job's condition of a type, where it holds. */
function conditionOf(job: JsonObject, type: string): Json | undefined {
  const conditions = at(job, ["status", "conditions"]);
  if (!Array.isArray(conditions)) return undefined;
  return conditions.find((one) => at(one, ["type"]) === type && at(one, ["status"]) === "True");
}

serve(kubernetesPackage.version, kubernetesPlugin);
