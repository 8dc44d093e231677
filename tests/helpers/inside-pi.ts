// Python with pi.py loaded but not run, to test its parts, how it reads other machines, and its output. One process serves
// a whole test file, and does each task in a fork of itself: that takes milliseconds, and no task changes another one's pi.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import * as v from "valibot";
import { python } from "./python.ts";

const server = `
import gc, json, os, sys, tempfile
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, ${JSON.stringify(resolve("components/workload"))})
import pi
gc.freeze()  # so that a fork copies less
for line in sys.stdin:
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            for file, descriptor in (open(os.devnull), 0), (stdout, 1), (stderr, 2):
                os.dup2(file.fileno(), descriptor)
            exec(json.loads(line), {"json": json, "os": os, "sys": sys, "Path": Path, "pi": pi})
            sys.exit()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        stdout.seek(0)
        stderr.seek(0)
        print(json.dumps({"status": status, "stdout": stdout.read().decode(), "stderr": stderr.read().decode()}), flush=True)
`;

const endedSchema = v.object({ status: v.number(), stdout: v.string(), stderr: v.string() });

/** The end of a task, as of a process. */
export type Ended = v.InferOutput<typeof endedSchema>;

export class PythonWithPi {
  private readonly process = spawn(python, ["-X", "utf8", "-c", server], { stdio: ["pipe", "pipe", "inherit"] });
  private readonly answers = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();

  /** Runs this code, which can use `pi`. Returns the output without the last line break. */
  async inside(code: string): Promise<string> {
    const { status, stdout, stderr } = await this.does(code);
    if (status !== 0) throw new Error(`Python ended with exit code ${status}: ${stderr}`);
    return stdout.trimEnd();
  }

  /** Runs the program with these arguments, and this environment alone. */
  main(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    return this.does(`
os.environ.clear()
os.environ.update(${JSON.stringify(env)})
sys.argv[1:] = ${JSON.stringify(args)}
pi.main()`);
  }

  /** Answers come in the order of the tasks. */
  private async does(code: string): Promise<Ended> {
    this.process.stdin.write(`${JSON.stringify(code)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error("Python ended before it had answered.");
    return v.parse(endedSchema, JSON.parse(value));
  }

  end(): void {
    this.process.stdin.end();
  }
}
