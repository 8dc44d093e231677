// Pulumi's SDK quotes the engine's answers in its debug messages, secrets in plain text among them, and they reach the
// screen by `--debug` and the log by `-v=9`. Which step was done stays, what was answered goes.
import log from "@pulumi/pulumi/log/index.js";

const { debug } = log;
// The SDK's own modules call it through this same object.
log.debug = (message, ...rest) => debug(message.replace(/\bresp: .*$/s, "resp: (not shown)"), ...rest);
