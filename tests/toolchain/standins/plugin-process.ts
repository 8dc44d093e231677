// Runs a stand-in as the engine does: a process that prints its port, spoken to by gRPC, with an engine to log to.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import service from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { JsonObject } from "../../../toolchain/standins/wire.ts";

const toStruct = (properties: JsonObject) => struct.Struct.fromJavaScript(properties);
// A Struct holds JSON by definition.
const fromStruct = (message: InstanceType<typeof struct.Struct> | undefined) =>
  (message?.toJavaScript() ?? {}) as JsonObject;

/** An error of a call: what the engine sees. `state` and `inputs` are what it is to keep of a thing that is not ready. */
export interface CallError extends grpc.ServiceError {
  state?: JsonObject;
  inputs?: JsonObject;
  id?: string;
}

export interface StandIn {
  /** Messages logged so far, "passing" ones marked. */
  logged: { urn: string; message: string; passing: boolean }[];
  exited: Promise<unknown>;
  end(): Promise<void>;
  version(): Promise<string>;
  checkConfig(news: JsonObject): Promise<string[]>;
  diffConfig(olds: JsonObject, news: JsonObject): Promise<{ changed: boolean; diffs: string[]; replaces: string[] }>;
  configure(inputs: JsonObject): Promise<void>;
  check(urn: string, news: JsonObject): Promise<{ inputs: JsonObject; failures: string[] }>;
  diff(urn: string, id: string, oldInputs: JsonObject, news: JsonObject): Promise<DiffAnswer>;
  create(urn: string, inputs: JsonObject, options?: { preview?: boolean; timeout?: number }): Promise<Made>;
  read(urn: string, id: string, state: JsonObject, inputs: JsonObject): Promise<Made & { inputs: JsonObject }>;
  update(urn: string, id: string, olds: JsonObject, news: JsonObject, preview?: boolean): Promise<JsonObject>;
  delete(urn: string, id: string, state: JsonObject): Promise<void>;
  invoke(token: string): Promise<void>;
  cancel(): Promise<void>;
  /** Ends the engine, without a word to the stand-in. */
  endEngine(): void;
}

export interface Made {
  id: string;
  state: JsonObject;
}

export interface DiffAnswer {
  changed: boolean;
  replaces: string[];
  deleteBeforeReplace: boolean;
  /** Kind of change by property path, as `UPDATE_REPLACE`. */
  details: Record<string, string>;
}

export function urnOf(type: string, name = "it"): string {
  return `urn:pulumi:dev::test::parent:module:Type$${type}::${name}`;
}

/** Starts `toolchain/standins/FILE`, until `end()`. */
export async function startStandIn(
  file: string,
  { cwd, env }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<StandIn> {
  const logged: StandIn["logged"] = [];
  const engine = new grpc.Server();
  engine.addService(engineService.EngineService, {
    log: (call: grpc.ServerUnaryCall<LogRequest, unknown>, callback: grpc.sendUnaryData<unknown>) => {
      const request = call.request;
      logged.push({
        urn: request.getUrn(),
        message: request.getMessage(),
        passing: request.getEphemeral(),
      });
      callback(null, new empty.Empty());
    },
  });
  const enginePort = await promisify(engine.bindAsync.bind(engine))(
    "127.0.0.1:0",
    grpc.ServerCredentials.createInsecure(),
  );
  const path = fileURLToPath(new URL(`../../../toolchain/standins/${file}`, import.meta.url));
  const child = spawn(process.execPath, [path, `127.0.0.1:${enginePort}`], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(cwd && { cwd }),
    env: { ...process.env, ...env },
  });
  const exited = once(child, "exit");
  const [port]: string[] = await once(createInterface(child.stdout), "line");
  const client = new service.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const end = async () => {
    client.close();
    child.kill();
    await exited;
    engine.forceShutdown();
  };

  const methods = service.ResourceProviderService;
  const call =
    <Q, R>({ path, requestSerialize, responseDeserialize }: grpc.MethodDefinition<Q, R>) =>
    (request: Q) =>
      new Promise<R>((resolve, reject) => {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) => {
          if (error || answer === undefined) reject(error && withState(error));
          else resolve(answer);
        });
      });
  const failuresOf = (message: { getFailuresList(): { getProperty(): string; getReason(): string }[] }) =>
    message.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
  const diffRequest = (urn: string, id: string, oldInputs: JsonObject, news: JsonObject) => {
    const request = new provider.DiffRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOlds(toStruct(oldInputs));
    request.setOldInputs(toStruct(oldInputs));
    request.setNews(toStruct(news));
    return request;
  };

  return {
    logged,
    exited,
    end,
    endEngine: () => engine.forceShutdown(),
    version: async () => (await call(methods.getPluginInfo)(new empty.Empty())).getVersion(),
    cancel: async () => void (await call(methods.cancel)(new empty.Empty())),
    async checkConfig(news) {
      const request = new provider.CheckRequest();
      request.setNews(toStruct(news));
      return failuresOf(await call(methods.checkConfig)(request));
    },
    async diffConfig(olds, news) {
      const answer = await call(methods.diffConfig)(diffRequest("", "", olds, news));
      return {
        changed: answer.getChanges() === provider.DiffResponse.DiffChanges.DIFF_SOME,
        diffs: answer.getDiffsList(),
        replaces: answer.getReplacesList(),
      };
    },
    async configure(inputs) {
      const request = new provider.ConfigureRequest();
      request.setArgs(toStruct(inputs));
      await call(methods.configure)(request);
    },
    async check(urn, news) {
      const request = new provider.CheckRequest();
      request.setUrn(urn);
      request.setNews(toStruct(news));
      const answer = await call(methods.check)(request);
      return { inputs: fromStruct(answer.getInputs()), failures: failuresOf(answer) };
    },
    async diff(urn, id, oldInputs, news) {
      const answer = await call(methods.diff)(diffRequest(urn, id, oldInputs, news));
      const kinds = Object.entries(provider.PropertyDiff.Kind);
      const details: Record<string, string> = {};
      answer.getDetaileddiffMap().forEach((detail, path) => {
        details[path] = kinds.find(([, kind]) => kind === detail.getKind())?.[0] ?? "?";
      });
      return {
        changed: answer.getChanges() === provider.DiffResponse.DiffChanges.DIFF_SOME,
        replaces: answer.getReplacesList(),
        deleteBeforeReplace: answer.getDeletebeforereplace(),
        details,
      };
    },
    async create(urn, inputs, { preview = false, timeout = 0 } = {}) {
      const request = new provider.CreateRequest();
      request.setUrn(urn);
      request.setProperties(toStruct(inputs));
      request.setPreview(preview);
      request.setTimeout(timeout);
      const answer = await call(methods.create)(request);
      return { id: answer.getId(), state: fromStruct(answer.getProperties()) };
    },
    async read(urn, id, state, inputs) {
      const request = new provider.ReadRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setProperties(toStruct(state));
      request.setInputs(toStruct(inputs));
      const answer = await call(methods.read)(request);
      return {
        id: answer.getId(),
        state: fromStruct(answer.getProperties()),
        inputs: fromStruct(answer.getInputs()),
      };
    },
    async update(urn, id, olds, news, preview = false) {
      const request = new provider.UpdateRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setOlds(toStruct(olds));
      request.setNews(toStruct(news));
      request.setPreview(preview);
      return fromStruct((await call(methods.update)(request)).getProperties());
    },
    async delete(urn, id, state) {
      const request = new provider.DeleteRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setProperties(toStruct(state));
      await call(methods.delete)(request);
    },
    async invoke(token) {
      const request = new provider.InvokeRequest();
      request.setTok(token);
      await call(methods.invoke)(request);
    },
  };
}

/** Unpacks what the engine would keep of a thing that was made but did not become ready. */
function withState(error: CallError): CallError {
  const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(details)) return error;
  const packed = status.Status.deserializeBinary(details).getDetailsList()[0];
  const failed = packed?.unpack(
    provider.ErrorResourceInitFailed.deserializeBinary,
    "pulumirpc.ErrorResourceInitFailed",
  );
  if (!failed) return error;
  const [state, inputs] = [failed.getProperties(), failed.getInputs()].map(fromStruct);
  return Object.assign(error, { id: failed.getId(), state, inputs });
}
