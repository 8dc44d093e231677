// A resource plugin as the Pulumi engine wants it: a gRPC server on the loopback interface that prints its port.
// This file alone speaks protobuf; plugins are plain functions on plain values.
import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type {
  CheckRequest,
  ConfigureRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  InvokeRequest,
  CheckFailure as Problem,
  ReadRequest,
  UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Change, Changes } from "./difference.ts";
import { fromStruct, type JsonObject, toStruct } from "./wire.ts";

/** An input that the plugin does not accept; `property` is empty when it is about all of them. */
export interface Failure {
  property: string;
  reason: string;
}

export interface Difference {
  changes: Changes;
  /** Reasons to replace that are no change of an input. */
  otherReplaces?: string[];
  /** The old thing must be gone before the new one can be. */
  deleteBeforeReplace?: boolean;
}

/** What the engine tells about the resource of a call. `type` is its type token, `timeout` in seconds, 0 where none is set. */
export interface Target {
  urn: string;
  type: string;
  id: string;
  preview: boolean;
  timeout: number;
}

/** A resource plugin. Properties are in wire form, `olds` the whole state as the last create, update or read returned it. */
export interface Plugin {
  checkConfig(news: JsonObject): Failure[];
  diffConfig(olds: JsonObject, news: JsonObject): { diffs: string[]; replaces: string[] };
  configure(inputs: JsonObject): void;
  check(target: Target, news: JsonObject): { inputs: JsonObject; failures: Failure[] };
  diff(target: Target, olds: JsonObject, oldInputs: JsonObject, news: JsonObject): Promise<Difference>;
  create(target: Target, inputs: JsonObject): Promise<{ id: string; properties: JsonObject }>;
  /** Undefined: the thing is gone. */
  read(
    target: Target,
    olds: JsonObject,
    inputs: JsonObject,
  ): Promise<{ properties: JsonObject; inputs: JsonObject } | undefined>;
  update(target: Target, olds: JsonObject, news: JsonObject): Promise<JsonObject>;
  delete(target: Target, olds: JsonObject): Promise<void>;
}

/** What a plugin may ask of its surroundings. */
export interface Host {
  /** Tells the user about a resource, or about none (""). `passing` texts show while it is worked on, and then go. */
  log(urn: string, severity: "info" | "warning", message: string, passing: boolean): Promise<void>;
  /** Aborted when the user cancels the deployment. */
  cancelled: AbortSignal;
}

/** The thing was made, but did not become what it should: the engine keeps its state and repeats the update next time. */
export class InitFailed extends Error {
  readonly id: string;
  readonly properties: JsonObject;
  /** What a read found of the inputs. */
  readonly inputs: JsonObject | undefined;

  constructor(message: string, id: string, properties: JsonObject, inputs?: JsonObject) {
    super(message);
    this.id = id;
    this.properties = properties;
    this.inputs = inputs;
  }
}

/** Serves a plugin until the engine ends it. The engine's address, when there is one, is the first argument of the process. */
export function serve(version: string, makePlugin: (host: Host) => Plugin): void {
  const [address] = process.argv.slice(2);
  const canceller = new AbortController();
  const log = address ? engineLog(address) : async () => {};
  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 2 ** 20 });
  server.addService(service.ResourceProviderService, {
    ...calls(makePlugin({ log, cancelled: canceller.signal })),
    getPluginInfo: answer(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    attach: answer(() => new empty.Empty()),
    cancel: answer(() => {
      canceller.abort();
      return new empty.Empty();
    }),
  });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
  });
}

/** Messages to the engine, in order. The process ends when the engine is gone: nobody else would end it. */
function engineLog(address: string): Host["log"] {
  const client = new engineService.EngineClient(address, grpc.credentials.createInsecure());
  const channel = client.getChannel();
  const watch = () => {
    const state = channel.getConnectivityState(true);
    if (state === grpc.connectivityState.TRANSIENT_FAILURE) process.exit(0);
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, watch);
  };
  watch();
  let last: Promise<void> = Promise.resolve();
  return (urn, severity, message, passing) => {
    const request = new engine.LogRequest();
    request.setUrn(urn);
    request.setSeverity(severity === "warning" ? engine.LogSeverity.WARNING : engine.LogSeverity.INFO);
    request.setMessage(message);
    request.setEphemeral(passing);
    // A message that can't be delivered must not fail the work that it tells of.
    last = last.then(() => new Promise((resolve) => client.log(request, () => resolve())));
    return last;
  };
}

function calls(plugin: Plugin) {
  return {
    checkConfig: answer((request: CheckRequest) => {
      const response = new provider.CheckResponse();
      response.setInputs(request.getNews());
      response.setFailuresList(plugin.checkConfig(fromStruct(request.getNews())).map(problem));
      return response;
    }),
    diffConfig: answer((request: DiffRequest) => {
      const { diffs, replaces } = plugin.diffConfig(fromStruct(request.getOldInputs()), fromStruct(request.getNews()));
      const response = new provider.DiffResponse();
      response.setChanges(diffs.length ? provider.DiffResponse.DiffChanges.DIFF_SOME : noChange);
      response.setDiffsList(diffs);
      response.setReplacesList(replaces);
      return response;
    }),
    configure: answer((request: ConfigureRequest) => {
      plugin.configure(fromStruct(request.getArgs()));
      const response = new provider.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      return response;
    }),
    check: answer((request: CheckRequest) => {
      const { inputs, failures } = plugin.check(target(request), fromStruct(request.getNews()));
      const response = new provider.CheckResponse();
      response.setInputs(toStruct(inputs));
      response.setFailuresList(failures.map(problem));
      return response;
    }),
    diff: answer(async (request: DiffRequest) => {
      const [olds, inputs, news] = [request.getOlds(), request.getOldInputs(), request.getNews()].map(fromStruct);
      return diffResponse(await plugin.diff(target(request), olds ?? {}, inputs ?? {}, news ?? {}));
    }),
    create: answer(async (request: CreateRequest) => {
      const { id, properties } = await plugin.create(target(request), fromStruct(request.getProperties()));
      const response = new provider.CreateResponse();
      response.setId(id);
      response.setProperties(toStruct(properties));
      return response;
    }),
    read: answer(async (request: ReadRequest) => {
      const olds = fromStruct(request.getProperties());
      const found = await plugin.read(target(request), olds, fromStruct(request.getInputs()));
      const response = new provider.ReadResponse();
      if (found) {
        response.setId(request.getId());
        response.setProperties(toStruct(found.properties));
        response.setInputs(toStruct(found.inputs));
      }
      return response;
    }),
    update: answer(async (request: UpdateRequest) => {
      const olds = fromStruct(request.getOlds());
      const response = new provider.UpdateResponse();
      response.setProperties(toStruct(await plugin.update(target(request), olds, fromStruct(request.getNews()))));
      return response;
    }),
    delete: answer(async (request: DeleteRequest) => {
      await plugin.delete(target(request), fromStruct(request.getProperties()));
      return new empty.Empty();
    }),
    invoke: answer((request: InvokeRequest) => {
      throw new Error(
        `${request.getTok()} is not known to this stand-in, which has no functions: use the official plugin.`,
      );
    }),
  };
}

type Request = CheckRequest | DiffRequest | CreateRequest | ReadRequest | UpdateRequest | DeleteRequest;

function target(request: Request): Target {
  const urn = request.getUrn();
  return {
    urn,
    // urn:pulumi:stack::project::parent$type::name
    type: urn.split("::")[2]?.split("$").at(-1) ?? "",
    id: "getId" in request ? request.getId() : "",
    preview: "getPreview" in request && request.getPreview(),
    timeout: "getTimeout" in request ? request.getTimeout() : 0,
  };
}

const noChange = provider.DiffResponse.DiffChanges.DIFF_NONE;

function diffResponse({ changes, otherReplaces = [], deleteBeforeReplace = false }: Difference) {
  const response = new provider.DiffResponse();
  const replaces = [...changes].filter(([, change]) => change.replace).map(([path]) => path);
  const some = changes.size > 0 || otherReplaces.length > 0;
  response.setChanges(some ? provider.DiffResponse.DiffChanges.DIFF_SOME : noChange);
  // Keys are properties, not paths.
  response.setDiffsList([...new Set([...changes.keys()].map((path) => path.split(/[.[]/)[0] ?? path))]);
  response.setReplacesList([...replaces, ...otherReplaces]);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setHasdetaileddiff(true);
  for (const [path, change] of changes) {
    const detail = new provider.PropertyDiff();
    detail.setKind(changeKind(change));
    detail.setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
  }
  return response;
}

function changeKind({ kind, replace }: Change) {
  const kinds = provider.PropertyDiff.Kind;
  if (kind === "add") return replace ? kinds.ADD_REPLACE : kinds.ADD;
  if (kind === "delete") return replace ? kinds.DELETE_REPLACE : kinds.DELETE;
  return replace ? kinds.UPDATE_REPLACE : kinds.UPDATE;
}

function problem({ property, reason }: Failure): Problem {
  const message = new provider.CheckFailure();
  message.setProperty(property);
  message.setReason(reason);
  return message;
}

/** A call's handler from a function that answers or throws. */
function answer<Q, R>(work: (request: Q) => R | Promise<R>): grpc.handleUnaryCall<Q, R> {
  return async (call, callback) => {
    try {
      callback(null, await work(call.request));
    } catch (error) {
      callback(callError(error));
    }
  };
}

function callError(error: unknown): grpc.ServiceError {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new grpc.Metadata();
  if (error instanceof InitFailed) {
    const failed = new provider.ErrorResourceInitFailed();
    failed.setId(error.id);
    failed.setProperties(toStruct(error.properties));
    if (error.inputs) failed.setInputs(toStruct(error.inputs));
    failed.setReasonsList([message]);
    const details = new any.Any();
    details.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const whole = new status.Status();
    whole.setCode(grpc.status.UNKNOWN);
    whole.setMessage(message);
    whole.addDetails(details);
    metadata.add("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  }
  return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}
