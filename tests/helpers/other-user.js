// What another user of this machine can do with a loopback port. Plain JavaScript, which loads everything before it
// becomes that user, who can't read the checkout.
//
// Reads { port, command?, user? } from its arguments. Prints whether an HTTP/2 server greets it, or the output of a
// command that it asked Pulumi's Command plugin to run.
import { createRequire } from "node:module";
import { connect } from "node:net";

// Pulumi's own packages, as it finds them.
const pulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const grpc = pulumi("@grpc/grpc-js");
const provider = pulumi("@pulumi/pulumi/proto/provider_grpc_pb.js");
const messages = pulumi("@pulumi/pulumi/proto/provider_pb.js");
const struct = pulumi("google-protobuf/google/protobuf/struct_pb.js");

const { port, command, user } = JSON.parse(process.argv[2] ?? "{}");
if (user !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(user);
  process.setuid?.(user);
}

/** Whether a server of HTTP/2 says its settings, which is the first thing that one does. */
function isGreeted() {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      // An empty frame of settings.
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    });
    socket.setTimeout(10_000, () => socket.destroy());
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
}

/** What the Command plugin prints of a command, or why it was not run. */
function run() {
  const client = new provider.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const request = new messages.CreateRequest();
  request.setUrn("urn:pulumi:dev::pi-speedup::command:local:Command::attack");
  request.setType("command:local:Command");
  request.setProperties(
    struct.Struct.fromJavaScript({ create: command, addPreviousOutputInEnv: false, logging: "none" }),
  );
  return new Promise((resolve) => {
    const deadline = { deadline: Date.now() + 10_000 };
    /** @param {{ code: number } | null} error @param {any} answer of a library without types here */
    const done = (error, answer) => {
      resolve(error ? `refused: ${error.code}` : String(answer.getProperties().toJavaScript().stdout));
      client.close();
    };
    client.create(request, new grpc.Metadata(), deadline, done);
  });
}

console.log(JSON.stringify(await (command === undefined ? isGreeted() : run())));
process.exit();
