// Pulumi's SDK quotes the engine's answers in its debug messages, including secrets in plain text. They reach the
// screen with `--debug` and the log with `-v=9`. This keeps the name of each step and removes the answers.
import log from "@pulumi/pulumi/log/index.js";

const { debug } = log;
// The SDK's own modules call it through this same object.
log.debug = (message, ...rest) => debug(message.replace(/\bresp: .*$/s, "resp: (not shown)"), ...rest);
